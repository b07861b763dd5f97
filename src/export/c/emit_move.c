/* emit_move.c: writes operations that move numbers, and sums and means over some axes. */
#include "export/c/c_emit.h"
#include "ops/stored_attrs.h"
#include <stdio.h>
#include <string.h>

/* y is written in its order, one number after the other; `from` has the steps in input 0 and a begin. */
static void put_gather(oc_c_text *t, const oc_shape *y, const int64_t *from, int64_t begin) {
  char place[OC_C_PLACE];
  oc_c_put_loops(t, y);
  oc_c_put(t, "    *y++ = in0[%lld + %s];\n", (long long)begin, oc_c_place_of(y, from, place));
}

static void transpose_body(oc_c_text *t, const oc_c_network *n, const oc_c_step *s) {
  const oc_transpose_attrs *a = s->info->attrs;
  const oc_shape *y = &s->info->out[0].shape;
  int64_t steps[OC_MAX_RANK], from[OC_MAX_RANK];
  oc_c_steps(oc_c_shape(n, s->in[0]), steps);
  for (int i = 0; i < y->rank; i++) from[i] = steps[a->perm[i]];
  put_gather(t, y, from, 0);
}

static void slice_body(oc_c_text *t, const oc_c_network *n, const oc_c_step *s) {
  const oc_slice_attrs *a = s->info->attrs;
  const oc_shape *x = oc_c_shape(n, s->in[0]);
  int64_t steps[OC_MAX_RANK];
  oc_c_steps(x, steps);
  put_gather(t, &s->info->out[0].shape, steps, a->begin * steps[a->axis]);
}

static void reduce_body(oc_c_text *t, const oc_c_network *n, const oc_c_step *s) {
  const oc_reduce_attrs *a = s->info->attrs;
  const oc_shape *x = oc_c_shape(n, s->in[0]), *y = &s->info->out[0].shape;
  const long long count = n->values[s->out].count, all = n->values[s->in[0]].count;
  int64_t steps[OC_MAX_RANK], to[OC_MAX_RANK];
  char place[OC_C_PLACE];
  oc_c_steps(y, steps);
  for (int i = 0, k = 0; i < x->rank; i++) to[i] = a->axes >> i & 1 ? 0 : steps[k++];
  oc_c_put(t, "  for (int i = 0; i < %lld; i++) y[i] = 0.0f;\n", count);
  oc_c_put_loops(t, x);
  oc_c_put(t, "    y[%s] += *in0++;\n", oc_c_place_of(x, to, place));
  if (strcmp(s->info->op->name, "reduce_mean") == 0)
    oc_c_put(t, "  for (int i = 0; i < %lld; i++) y[i] /= %lld.0f;\n", count, all / count);
}

/* The batch is one image: it must not be summed or moved. */
static oc_status move_prepare(oc_c_network *n, oc_c_step *s, oc_error *err) {
  const bool reduces = strncmp(s->info->op->name, "reduce", 6) == 0;
  const oc_reduce_attrs *a = s->info->attrs;
  if (!oc_tensor_desc_batched(&n->values[s->in[0]].type) || (reduces && (a->axes & 1)))
    return oc_c_refuse(s, "it does not follow from the image, or is over the batch", err);
  return OC_OK;
}

OC_C_EMITTER(transpose, .prepare = move_prepare, .body = transpose_body);
OC_C_EMITTER(slice, .prepare = move_prepare, .body = slice_body);
OC_C_EMITTER(reduce_sum, .prepare = move_prepare, .body = reduce_body);
OC_C_EMITTER(reduce_mean, .prepare = move_prepare, .body = reduce_body);
