/* session_options.c: options of sessions and plans with their defaults, and what a session made of them. */
#include "plan/session.h"
#include "base/options.h"

oc_session_options oc_session_defaults(void) {
  return (oc_session_options){
      .struct_size = sizeof(oc_session_options), .seed = 123, .seed_set = true, .cached_plans = 32};
}

oc_session_options oc_session_resolve(const oc_session_options *given) {
  const oc_session_options defaults = oc_session_defaults();
  oc_session_options o = defaults;
  if (given) OC_OPTIONS_READ(o, given);
  if (!o.seed && !o.seed_set) o.seed = defaults.seed;
  if (!o.cached_plans) o.cached_plans = defaults.cached_plans;
  o.seed_set = true;
  return o;
}

oc_plan_options oc_plan_defaults(void) {
  return (oc_plan_options){.struct_size = sizeof(oc_plan_options), .batch = 64};
}

oc_plan_options oc_plan_resolve(const oc_plan_options *given) {
  oc_plan_options o = oc_plan_defaults();
  if (given) OC_OPTIONS_READ(o, given);
  if (!o.batch) o.batch = oc_plan_defaults().batch;
  return o;
}

int oc_session_threads(const oc_session *s) {
  if (!s) return 0;
  return oc_thread_pool_size(s->pool);
}

oc_isa oc_session_isa(const oc_session *s) {
  if (!s) return OC_ISA_AUTO;
  return s->isa;
}

oc_thread_pool *oc_session_thread_pool(oc_session *s) {
  return s->pool;
}
