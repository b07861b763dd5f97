/* emit_concat.c: writes tensors joined along an axis: for each place on the axes before it, a piece of each.
 * */
#include "export/c/c_emit.h"

static void concat_body(oc_c_text *t, const oc_c_network *n, const oc_c_step *s) {
  const int *axis = oc_c_attribute(s->info, "axis");
  const oc_shape *y = &s->info->out[0].shape;
  int64_t pieces = 1;
  for (int i = 1; axis && i < *axis; i++) pieces *= y->dim[i];
  const long long step = n->values[s->out].count / pieces;
  long long at = 0;
  oc_c_put(t, "  for (int i = 0; i < %lld; i++) {\n", (long long)pieces);
  for (int k = 0; k < s->info->n_in; k++) {
    const long long size = n->values[s->in[k]].count / pieces;
    oc_c_put(t, "    for (int k = 0; k < %lld; k++) y[i * %lld + %lld + k] = ", size, step, at);
    oc_c_put(t, "in%d[i * %lld + k];\n", k, size);
    at += size;
  }
  oc_c_put(t, "  }\n");
}

/* Axes are counted with the batch, which each of them must have. */
static oc_status concat_prepare(oc_c_network *n, oc_c_step *s, oc_error *err) {
  for (int i = 0; i < s->info->n_in; i++)
    if (!oc_tensor_desc_batched(&n->values[s->in[i]].type))
      return oc_c_refuse(s, "it joins tensors that do not follow from the image", err);
  return OC_OK;
}

OC_C_EMITTER(concat, .prepare = concat_prepare, .body = concat_body);
