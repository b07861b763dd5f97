/* c_golden.c: computes what the self-test of a C file compares. The answers are those of the reference
 * implementation, which sums in double in one order: the same on every machine. */
#include "export/c/c_float.h"
#include <string.h>

void oc_c_golden_image(uint32_t *random, int number, uint8_t *pixels, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    *random = *random * 1664525u + 1013904223u;
    pixels[i] = (uint8_t)(*random >> 24 >> number);
  }
}

static void add_array(void *context, const char *name, const float *values, int64_t count) {
  uint32_t *sum = context, bits;
  (void)name;
  for (int64_t i = 0; i < count; i++) {
    memcpy(&bits, &values[i], sizeof bits);
    *sum = (*sum ^ bits) * 16777619u;
  }
}

static oc_status run_images(const oc_model *m, oc_plan *plan, oc_c_golden *golden, oc_error *err) {
  oc_input in;
  uint32_t random = 1;
  TRY(oc_input_create(1, m->size, NULL, 0, &in, err));
  oc_status status = oc_plan_bind(plan, m->nodes.x, in.x, err);
  for (int i = 0; i < OC_C_GOLDEN && status == OC_OK; i++) {
    oc_c_golden_image(&random, i, in.pixels, in.image);
    oc_standardizer_apply(&m->standardizer, in.pixels, 1, in.x);
    status = oc_plan_run(plan, 1, (oc_rng_counter){0, 0}, err);
    if (status == OC_OK)
      memcpy(golden->probabilities + i * m->classes, oc_plan_result(plan, 0).data,
             (size_t)m->classes * sizeof *golden->probabilities);
  }
  oc_input_release(&in);
  return status;
}

static oc_status run_reference(const oc_model *m, oc_session *s, oc_c_golden *golden, oc_error *err) {
  const oc_plan_options options = {.struct_size = sizeof options, .batch = 1};
  oc_plan *plan;
  oc_variables_copy(s, m->session, m->own.variable_count);
  TRY(oc_plan_create(s, &m->nodes.outputs[0].answer, 1, &options, &plan, err));
  const oc_status status = run_images(m, plan, golden, err);
  oc_plan_free(plan);
  return status;
}

/* On a copy of the graph, so that nobody else's session is in the way. */
static oc_status compute(const oc_model *m, oc_c_golden *golden, oc_error *err) {
  const oc_session_options options = {.threads = 1, .isa = OC_ISA_PORTABLE, .reference_only = true};
  oc_graph *g;
  oc_session *s;
  TRY(oc_model_copy_graph(m, &m->own, OC_F32, &g, err));
  oc_model_skip_init(g);
  oc_status status = oc_session_create(g, &options, &s, err);
  if (status == OC_OK) status = run_reference(m, s, golden, err);
  oc_session_free(s);
  oc_graph_free(g);
  return status;
}

oc_status oc_c_golden_compute(const oc_c_network *n, oc_c_golden *golden, oc_error *err) {
  const size_t count = (size_t)OC_C_GOLDEN * (size_t)n->model->classes;
  *golden = (oc_c_golden){.checksum = 2166136261u};
  oc_c_visit_arrays(n, add_array, &golden->checksum);
  golden->probabilities = oc_memory_array(count, sizeof *golden->probabilities);
  if (!golden->probabilities) return oc_fail_memory(err, count * sizeof *golden->probabilities);
  TRY(compute(n->model, golden, err));
  for (size_t i = 0; i < count; i++)
    if (!(golden->probabilities[i] >= 0 && golden->probabilities[i] <= 1))
      return oc_fail(err, OC_E_NOT_FINITE, "self-test", "Train the model again, with a lower learning rate.",
                     "a probability of a random image is NaN");
  return OC_OK;
}
