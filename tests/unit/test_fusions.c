/* Does every fusion of fusions.def happen, and leave the values that the reference implementations give without
 * it? A row without a case fails. */
#include "plan_fixture.h"
#include "plan/fuse/fuse.h"

enum { STEPS = 3 };

typedef struct fusion_case {
  const char *fusion, *net;
  int size, channels;
  const char *made, *kernel; /* a step and a kernel that a plan has only with the fusion; NULL: any */
  const char *gone;          /* a step that it has only without the fusion; NULL: any */
} fusion_case;

static const fusion_case cases[] = {
    {"conv", "conv 3x3x6 leakyrelu same | maxpool 2 | conv 3x3x5 tanh | dense 10", 12, 2, "conv_block", NULL,
     "max_pool"},
    {"conv", "conv 3x3x8 relu | maxpool 2 | dense 10", 14, 1, "conv_block_grad", NULL, "max_pool_grad"},
    {"conv_grad", "conv 3x3x8 same relu | conv 3x3x9 nobias same | dense 10", 13, 1, "conv2d_grad", NULL,
     "conv2d_grad_x"},
    {"dense", "dense 40 relu | dropout 0.5 | dense 20 tanh | dense 10", 6, 1, "dense_block", NULL, "dropout"},
    {"update", "dense 200 relu | dense 10", 15, 1, "matmul_adam", NULL, NULL},
    {"transposed", "dense 200 relu | dropout 0.5 | dense 520 relu | dropout 0.5 | dense 10", 15, 1, NULL,
     "dense_block_transposed", NULL},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

/* The losses of some steps of a training with Adam, whose last ones depend on all gradients; and whether the
 * plan has what the fusion makes. */
static bool train(const fusion_case *c, bool fusion, double losses[STEPS]) {
  oc_session_options options = oc_session_defaults();
  options.reference_only = options.no_fusion = !fusion;
  fixture *f = make(c->net, c->size, c->channels, &options);
  oc_error err = {0};
  oc_plan *plan;
  const oc_optimizer_options adam = {.name = "adam", .learning_rate = 0.01};
  const oc_node fetches[] = {f->fetches[0], oc_minimize(f->g, f->fetches[0], &adam)};
  const oc_plan_options o = {.batch = BATCH, .training = true};
  check(oc_plan_create(f->s, fetches, 2, &o, &plan, &err), &err);
  check(oc_plan_bind(plan, f->tf_x, f->x, &err), &err);
  check(oc_plan_bind(plan, f->tf_y, f->y, &err), &err);
  for (int i = 0; i < STEPS; i++) {
    check(oc_plan_run(plan, BATCH, (oc_rng_counter){0, (uint64_t)(i * BATCH)}, &err), &err);
    const oc_tensor loss = oc_plan_result(plan, 0);
    losses[i] = (double)*(const float *)loss.data;
  }
  const bool made = (!c->made || has_step(plan, c->made)) && (!c->kernel || has_kernel(plan, c->kernel)) &&
                    (!c->gone || !has_step(plan, c->gone));
  oc_plan_free(plan);
  release(f);
  return made;
}

static void check_case(const fusion_case *c) {
  double with[STEPS], without[STEPS];
  if (!train(c, true, with)) fail_msg("fusion %s does not happen in %s", c->fusion, c->net);
  if (train(c, false, without)) fail_msg("fusion %s happens without fusion in %s", c->fusion, c->net);
  for (int i = 0; i < STEPS; i++)
    if (!(fabs(with[i] - without[i]) <= 2e-4 * fabs(without[i])))
      fail_msg("fusion %s, %s: the loss of step %d is %.9g, without it %.9g", c->fusion, c->net, i, with[i],
               without[i]);
}

static void fusions_keep_values(void **state) {
  (void)state;
  const oc_fusion *f;
  for (int i = 0; (f = oc_fusion_at(i)); i++) {
    int found = 0;
    for (int k = 0; k < CASES; k++) {
      if (strcmp(cases[k].fusion, f->name) != 0) continue;
      check_case(&cases[k]);
      found++;
    }
    if (!found) fail_msg("fusion %s has no case", f->name);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(fusions_keep_values)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
