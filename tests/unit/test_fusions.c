/* Does every fusion of fusions.def happen, and leave the values that the reference implementations give
 * without it? A row without a case fails. */
#include "plan_fixture.h"
#include "plan/fuse/fuse.h"

enum { STEPS = 3, VALUES = STEPS + SEEN * CLASSES };

typedef struct fusion_case {
  const char *fusion, *net;
  int size, channels;
  const char *made, *kernel; /* a step and a kernel that a plan has only with the fusion; NULL: any */
  const char *gone;          /* a step that it has only without the fusion; NULL: any */
  int times;                 /* how many steps `made` it has at least */
} fusion_case;

static const fusion_case cases[] = {
#define OC_ROW(...) {__VA_ARGS__},
#include "fusion_cases.def"
#undef OC_ROW
};
#define CASES ((int)(sizeof cases / sizeof *cases))

static bool has_fusion(const oc_plan *plan, const fusion_case *c) {
  return (!c->made || count_steps(plan, c->made) >= c->times) &&
         (!c->kernel || has_kernel(plan, c->kernel)) && (!c->gone || !has_step(plan, c->gone));
}

/* The losses of some steps with Adam, whose last ones depend on all gradients, and predictions
 * after them. Returns true if a plan of training or of predicting has what the fusion makes. */
static bool train(const fusion_case *c, bool fusion, float values[VALUES]) {
  oc_session_options options = oc_session_defaults();
  options.reference_only = options.no_fusion = !fusion;
  fixture *f = make(c->net, c->size, c->channels, &options);
  oc_error err = {0};
  oc_plan *plan, *predict_plan = predictor(f);
  const oc_optimizer_options adam = {.name = "adam", .learning_rate = 0.01};
  const oc_node fetches[] = {f->fetches[0], oc_minimize(f->g, f->fetches[0], &adam)};
  const oc_plan_options o = {.batch = BATCH, .training = true};
  check(oc_plan_create(f->s, fetches, 2, &o, &plan, &err), &err);
  check(oc_plan_bind(plan, f->tf_x, f->x, &err), &err);
  check(oc_plan_bind(plan, f->tf_y, f->y, &err), &err);
  for (int i = 0; i < STEPS; i++) {
    check(oc_plan_run(plan, BATCH, (oc_rng_counter){0, (uint64_t)(i * BATCH)}, &err), &err);
    const oc_tensor loss = oc_plan_result(plan, 0);
    values[i] = *(const float *)loss.data;
  }
  predict(predict_plan, SEEN, values + STEPS);
  const bool made = has_fusion(plan, c) || has_fusion(predict_plan, c);
  oc_plan_free(predict_plan);
  oc_plan_free(plan);
  release(f);
  return made;
}

static void check_case(const fusion_case *c) {
  float with[VALUES], without[VALUES];
  if (!train(c, true, with)) fail_msg("fusion %s does not happen in %s", c->fusion, c->net);
  if (train(c, false, without)) fail_msg("fusion %s happens without fusion in %s", c->fusion, c->net);
  for (int i = 0; i < VALUES; i++)
    if (!(fabsf(with[i] - without[i]) <= 1e-3f * fmaxf(1, fabsf(without[i]))))
      fail_msg("fusion %s, %s: value %d is %.9g, without it %.9g", c->fusion, c->net, i, (double)with[i],
               (double)without[i]);
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
    if (!found) fail_msg("fusion %s has no case in tests/unit/fusion_cases.def", f->name);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(fusions_keep_values)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
