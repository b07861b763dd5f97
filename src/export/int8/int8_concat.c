/* int8_concat.c: tensors joined along their channels: all get one scale, so that each is copied. */
#include "export/c/c_emit.h"
#include "export/int8/int8.h"

static oc_status copy_quantize(oc_int8_network *q, oc_int8_layer *l, oc_error *err) {
  (void)q, (void)l, (void)err;
  return OC_OK;
}

static oc_status concat_make(oc_int8_network *q, const oc_c_step *s, oc_error *err) {
  const int *axis = oc_c_attribute(s->info, "axis");
  int32_t offset = 0;
  if (!axis || *axis != s->info->out[0].shape.rank - 1)
    return oc_int8_refuse(s, "it does not join channels", err);
  for (int k = 0; k < s->info->n_in; k++) {
    oc_int8_layer *l = oc_int8_add(q, OC_INT8_copy, s);
    if (!l) return oc_fail_memory(err, sizeof *l);
    TRY(oc_int8_take(q, l, k, err));
    l->quantize = copy_quantize;
    l->code.offset = offset;
    offset += l->code.ic;
    oc_int8_unite(q, l->x, l->y);
  }
  return OC_OK;
}

OC_INT8_OP(concat, concat_make);
