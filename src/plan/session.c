/* session.c: a session's life. What can be done with its variables: variables.c. */
#include "plan/session.h"
#include "base/checked.h"
#include "graph/init.h"
#include <string.h>

oc_session_options oc_session_defaults(void) {
  return (oc_session_options){.seed = 123, .seed_set = true};
}
oc_session_options oc_session_resolve(const oc_session_options *given) {
  const oc_session_options defaults = oc_session_defaults();
  oc_session_options o = given ? *given : defaults;
  if (!o.seed && !o.seed_set) o.seed = defaults.seed;
  o.seed_set = true;
  return o;
}

oc_plan_options oc_plan_defaults(void) {
  return (oc_plan_options){.batch = 64};
}
oc_plan_options oc_plan_resolve(const oc_plan_options *given) {
  oc_plan_options o = given ? *given : oc_plan_defaults();
  if (!o.batch) o.batch = oc_plan_defaults().batch;
  return o;
}

static oc_status check_isa(oc_isa isa, oc_error *err) {
  if ((int)isa < OC_ISA_AUTO || isa > OC_ISA_AVX512)
    return oc_fail(err, OC_E_ARGUMENT, "oc_session_options.isa", "Use OC_ISA_AUTO for the best there is.",
                   "%d is not an instruction-set level", (int)isa);
  if (isa > oc_isa_best())
    return oc_fail(err, OC_E_ARGUMENT, "oc_session_options.isa", "Use OC_ISA_AUTO for the best there is.",
                   "this computer has no %s (or OCELLUS_CPU forbids it)", oc_isa_name(isa));
  return OC_OK;
}

static oc_status create(oc_graph *g, const oc_session_options *options, bool sketch, oc_session **out,
                        oc_error *err) {
  *out = NULL;
  const oc_session_options o = oc_session_resolve(options);
  TRY(oc_graph_status(g, err));
  TRY(oc_environment_check(err));
  TRY(check_isa(o.isa, err));
  if (o.kernels) TRY(oc_kernels_check(o.kernels, err));
  oc_session *s = oc_memory_alloc(sizeof *s);
  if (!s) return oc_fail_memory(err, sizeof *s);
  pthread_mutex_init(&s->turning, NULL); /* cannot fail on Linux with default attributes */
  s->g = g;
  s->sketch = sketch;
  s->options = o;
  s->isa = o.isa == OC_ISA_AUTO ? oc_isa_best() : o.isa;
  s->options.kernels = o.kernels ? oc_memory_string(o.kernels) : NULL;
  oc_status status = o.kernels && !s->options.kernels ? oc_fail_memory(err, strlen(o.kernels) + 1) : OC_OK;
  if (status == OC_OK) status = oc_pool_create(o.threads, &s->pool, err);
  if (status == OC_OK) status = oc_session_update(s, err);
  if (status == OC_OK)
    *out = s;
  else
    oc_session_free(s);
  return status;
}

oc_status oc_session_create(oc_graph *g, const oc_session_options *options, oc_session **out, oc_error *err) {
  NEED(g, out);
  return create(g, options, false, out, err);
}

oc_status oc_session_sketch(oc_graph *g, const oc_session_options *options, oc_session **out, oc_error *err) {
  return create(g, options, true, out, err);
}

void oc_session_free(oc_session *s) {
  if (!s) return;
  oc_session_free_kept(s);
  oc_pool_free(s->pool);
  oc_memory_free(s->transposed);
  oc_memory_free(s->spare);
  pthread_mutex_destroy(&s->turning);
  oc_memory_free(s->values);
  oc_memory_free((void *)(uintptr_t)s->options.kernels);
  oc_arena_free(&s->blocks);
  oc_memory_free(s);
}

/* All variables that are new since the last time share one block, each at a multiple of 64 bytes. */
oc_status oc_session_update(oc_session *s, oc_error *err) {
  const int count = oc_graph_variable_count(s->g);
  if (count == s->variable_count) return OC_OK;
  const size_t element = oc_dtype_size(oc_graph_real(s->g));
  size_t bytes = OC_ALIGNMENT;
  for (int i = s->variable_count; i < count; i++) {
    const oc_value *v = oc_graph_value(s->g, oc_graph_variable_at(s->g, i));
    bytes += oc_round_up((size_t)oc_value_row(v) * element, OC_ALIGNMENT);
  }
  void **values =
      oc_memory_grow(s->values, (size_t)s->variable_count * sizeof *values, (size_t)count * sizeof *values);
  if (!values) return oc_fail_memory(err, (size_t)count * sizeof *values);
  s->values = values;
  bool *transposed = oc_memory_grow(s->transposed, (size_t)s->variable_count * sizeof *transposed,
                                    (size_t)count * sizeof *transposed);
  if (!transposed) return oc_fail_memory(err, (size_t)count * sizeof *transposed);
  s->transposed = transposed;
  if (s->sketch) {
    s->variable_count = count;
    return OC_OK;
  }
  TRY(oc_memory_check("the variables of the network", bytes, err));
  unsigned char *block = oc_arena_alloc(&s->blocks, bytes);
  if (!block) return oc_fail_memory(err, bytes);
  block += oc_round_up((size_t)(uintptr_t)block, OC_ALIGNMENT) - (size_t)(uintptr_t)block;
  for (int i = s->variable_count; i < count; i++) {
    const oc_value *v = oc_graph_value(s->g, oc_graph_variable_at(s->g, i));
    s->values[i] = block;
    const oc_init *init = oc_graph_variable_init(s->g, i);
    if (init->kind != OC_INIT_ZEROS) /* which it is already */
      TRY(oc_init_fill(init, &v->shape, v->dtype, s->options.seed, (uint64_t)i, block, err));
    block += oc_round_up((size_t)oc_value_row(v) * element, OC_ALIGNMENT);
  }
  s->variable_count = count;
  return OC_OK;
}

int oc_session_threads(const oc_session *s) {
  if (!s) return 0;
  return oc_pool_threads(s->pool);
}
oc_isa oc_session_isa(const oc_session *s) {
  if (!s) return OC_ISA_AUTO;
  return s->isa;
}
oc_pool *oc_session_pool(oc_session *s) {
  return s->pool;
}
