/* fusions.c: lists the fusions, and runs the pass over a plan. */
#include "plan/fuse/fuse.h"

#define OC_ROW(id) extern const oc_fusion oc_fusion_##id;
#include "plan/fuse/fusions.def"
#undef OC_ROW

static const oc_fusion *const fusions[] = {
#define OC_ROW(id) &oc_fusion_##id,
#include "plan/fuse/fusions.def"
#undef OC_ROW
};

const oc_fusion *oc_fusion_at(int index) {
  return index >= 0 && (size_t)index < sizeof fusions / sizeof *fusions ? fusions[index] : NULL;
}

oc_status oc_plan_fuse(oc_plan *p, oc_error *err) {
  const oc_fusion *fusion;
  for (int k = 0; (fusion = oc_fusion_at(k)); k++)
    for (int32_t i = 0; i < p->step_count; i++)
      if (oc_step_is(p, i, fusion->op)) TRY(fusion->apply(p, i, err));
  return OC_OK;
}
