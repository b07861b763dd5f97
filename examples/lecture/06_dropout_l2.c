/* 06_dropout_l2.c: "Regularizing a Neural Network with Dropout": L2 adds lambda * w to each gradient; dropout
 * keeps a unit with probability p and divides it by p, in training only, and its gradient goes through the
 * same units. */
#include "lecture.h"

enum { UNITS = 10000 };

int main(int argc, char **argv) {
  double keep = 0.8;
  read_arguments(argc, argv, "Dropout of hidden units and the L2 penalty, with their gradients.",
                 (argument[]){{"--keep", "share of the units that is kept (0.8)", .number = &keep}, {0}});
  static float x[UNITS];
  for (int i = 0; i < UNITS; i++) x[i] = 1;
  oc_error err;
  oc_graph *g;
  oc_session *s;
  CHECK(oc_graph_create(NULL, &g, &err));
  oc_node X = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, UNITS));
  oc_node h = oc_named(g, oc_dropout(g, X, oc_scalar(g, keep)), "h");
  oc_node dx;
  oc_gradients(g, oc_reduce_sum(g, h, 0), &X, 1, &dx);
  oc_init three = oc_init_of(OC_INIT_CONSTANT);
  three.value = 3;
  oc_node w = oc_variable(g, "w", OC_SHAPE(2, 2), three);
  oc_node penalty = oc_named(g, oc_multiply(g, oc_l2_penalty(g, w), oc_scalar(g, 0.1)), "penalty");
  oc_node dw;
  oc_gradients(g, penalty, &w, 1, &dw);
  CHECK(oc_graph_status(g, &err));
  CHECK(oc_session_create(g, NULL, &s, &err));

  for (int training = 1; training >= 0; training--) {
    const oc_node fetches[] = {h, dx};
    const oc_plan_options options = {.batch = 1, .training = training};
    oc_plan *plan;
    CHECK(oc_plan_create(s, fetches, 2, &options, &plan, &err));
    CHECK(oc_plan_bind(plan, X, x, &err));
    CHECK(oc_plan_run(plan, 1, (oc_rng_counter){0, 0}, &err));
    const float *hv = oc_plan_result(plan, 0).data, *dv = oc_plan_result(plan, 1).data;
    int kept = 0, same = 0;
    double sum = 0;
    for (int i = 0; i < UNITS; i++) {
      kept += hv[i] != 0;
      same += hv[i] == dv[i]; /* x is 1, so h and its gradient are the mask over p */
      sum += (double)hv[i];
    }
    float value = 0;
    for (int i = 0; i < UNITS && value == 0; i++) value = hv[i];
    printf("%s: %d of %d units kept, each 1 now %.4g, mean %.4f, gradient through the same units: %d\n",
           training ? "training  " : "evaluating", kept, UNITS, (double)value, sum / UNITS, same);
    oc_plan_free(plan);
  }

  oc_tensor loss, grad;
  CHECK(oc_run(s, NULL, 0, (const char *const[]){"penalty"}, 1, &loss, &err));
  printf("L2: 0.1 * sum(w^2)/2 = %.2f", (double)*(const float *)loss.data);
  CHECK(oc_run(s, NULL, 0, (const char *const[]){oc_node_name(g, dw)}, 1, &grad, &err));
  printf(", its gradient 0.1 * w = %.2f\n", (double)*(const float *)grad.data);
  oc_session_free(s);
  oc_graph_free(g);
}
