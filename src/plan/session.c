/* session.c: makes and frees sessions. See variables.c for their variables. */
#include "plan/session.h"
#include "base/options.h"
#include <string.h>

static oc_status check_isa(oc_isa isa, oc_error *err) {
  if ((int)isa < OC_ISA_AUTO || isa > OC_ISA_AVX512)
    return oc_fail(err, OC_E_ARGUMENT, "oc_session_options.isa",
                   "Use OC_ISA_AUTO for the best available level.", "unknown instruction-set level %d",
                   (int)isa);
  if (isa > oc_isa_best())
    return oc_fail(err, OC_E_ARGUMENT, "oc_session_options.isa",
                   "Use OC_ISA_AUTO for the best available level.",
                   "this CPU does not support %s, or OCELLUS_CPU disables it", oc_isa_name(isa));
  return OC_OK;
}

static oc_status create(oc_graph *g, const oc_session_options *options, bool sketch, oc_session **out,
                        oc_error *err) {
  *out = NULL;
  const oc_session_options o = oc_session_resolve(options);
  TRY(oc_options_check(o.struct_size, sizeof o, "oc_session_options", err));
  TRY(oc_graph_status(g, err));
  TRY(oc_environment_check(err));
  TRY(check_isa(o.isa, err));
  if (o.cached_plans < 1)
    return oc_fail(err, OC_E_ARGUMENT, "oc_session_options.cached_plans", "Use 0 for the default.",
                   "must be 1 or more, got %d", o.cached_plans);
  if (o.kernels) TRY(oc_kernels_check(o.kernels, err));
  oc_session *s = oc_memory_alloc(sizeof *s);
  if (!s) return oc_fail_memory(err, sizeof *s);
  pthread_mutex_init(&s->transpose_lock, NULL); /* cannot fail on Linux with default attributes */
  s->g = g;
  s->sketch = sketch;
  s->options = o;
  s->isa = o.isa == OC_ISA_AUTO ? oc_isa_best() : o.isa;
  s->options.kernels = o.kernels ? oc_memory_string(o.kernels) : NULL;
  oc_status status = o.kernels && !s->options.kernels ? oc_fail_memory(err, strlen(o.kernels) + 1) : OC_OK;
  if (status == OC_OK) status = oc_thread_pool_create(o.threads, &s->pool, err);
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
  oc_session_purge_plans(s);
  oc_thread_pool_free(s->pool);
  oc_memory_free(s->transpose_buffer);
  pthread_mutex_destroy(&s->transpose_lock);
  oc_variable_table_release(s);
  oc_memory_free((void *)(uintptr_t)s->options.kernels);
  oc_memory_free(s);
}
