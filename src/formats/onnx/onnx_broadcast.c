/* onnx_broadcast.c: broadcasting of constants, and the operators that do nothing else: Expand, Where. */
#include "formats/onnx/onnx_reader.h"
#include "base/checked.h"
#include <string.h>

/* Size of the axis that is `back` from the last one; 1 where there is none. */
static int64_t size_at(const oc_shape *s, int back) {
  return back < s->rank ? s->dim[s->rank - 1 - back] : 1;
}

oc_status oc_onnx_broadcast_shape(const oc_onnx_reader *r, const oc_shape *a, const oc_shape *b,
                                  oc_shape *out) {
  char left[192], right[192];
  oc_shape y = {.rank = a->rank > b->rank ? a->rank : b->rank};
  for (int back = 0; back < y.rank; back++) {
    const int64_t p = size_at(a, back), q = size_at(b, back);
    if (p != q && p != 1 && q != 1)
      return oc_onnx_invalid(r, "shapes %s and %s do not broadcast", oc_shape_text(a, left, sizeof left),
                             oc_shape_text(b, right, sizeof right));
    y.dim[y.rank - 1 - back] = p == 1 ? q : p;
  }
  *out = y;
  return OC_OK;
}

oc_status oc_onnx_broadcast(oc_onnx_reader *r, const oc_onnx_value *v, const oc_shape *shape,
                            oc_onnx_value *out) {
  const size_t size = v->real ? sizeof(float) : sizeof(int64_t);
  const char *from = v->real ? (const char *)v->real : (const char *)v->whole;
  int64_t step[OC_MAX_RANK] = {0}, index[OC_MAX_RANK] = {0}, below = 1, at = 0, count;
  void *room;
  *out = (oc_onnx_value){.name = v->name, .shape = *shape, .real = v->real, .whole = v->whole};
  if (oc_shape_equal(&v->shape, shape)) return OC_OK;
  for (int back = 0; back < v->shape.rank; below *= size_at(&v->shape, back++))
    if (size_at(&v->shape, back) != 1) step[shape->rank - 1 - back] = below;
  TRY(oc_onnx_take_room(r, shape, size, &room));
  (void)oc_onnx_elements(shape, &count);
  for (int64_t i = 0; i < count; i++) {
    memcpy((char *)room + (size_t)i * size, from + (size_t)at * size, size);
    for (int axis = shape->rank - 1; axis >= 0; axis--) {
      at += step[axis];
      if (++index[axis] < shape->dim[axis]) break;
      at -= step[axis] * shape->dim[axis];
      index[axis] = 0;
    }
  }
  out->real = v->real ? room : NULL;
  out->whole = v->whole ? room : NULL;
  return OC_OK;
}

/* ---- Expand -------------------------------------------------------------------------------------------- */

/* A node times ones, of which there are as many as the file justifies. */
static oc_status expand_node(oc_onnx_reader *r, const oc_onnx_value *x, oc_shape to) {
  const float one = 1;
  const oc_onnx_value single = {.real = &one};
  oc_onnx_value ones;
  oc_node in;
  if (to.rank == x->shape.rank && oc_onnx_is_batched(x)) to.dim[0] = 1;
  TRY(oc_onnx_plain(r, x, &in));
  TRY(oc_onnx_broadcast(r, &single, &to, &ones));
  ones.name = r->node->output[0];
  const oc_node by = oc_onnx_weight_of(r, &ones, to, ones.real, false);
  return oc_onnx_give_plain(r, oc_multiply(r->out->g, in, by));
}

oc_status oc_onnx_read_Expand(oc_onnx_reader *r) {
  const oc_onnx_value *x, *sizes;
  oc_onnx_value y;
  oc_shape to, shape;
  TRY(oc_onnx_only(r, (const char *const[]){NULL}));
  TRY(oc_onnx_need(r, 0, &x));
  TRY(oc_onnx_need_whole(r, 1, &sizes));
  const int64_t rank = oc_onnx_count(sizes);
  if (rank > OC_MAX_RANK) return oc_onnx_unsupported(r, "%lld axes", (long long)rank);
  to = oc_shape_make((int)rank, sizes->whole);
  for (int i = 0; i < rank; i++) {
    if (to.dim[i] == OC_ONNX_BATCH_SIZE && i == 0 && oc_onnx_is_batched(x) && rank == x->shape.rank)
      to.dim[i] = 1;
    if (to.dim[i] < 0) return oc_onnx_invalid(r, "size %lld", (long long)to.dim[i]);
  }
  if (!oc_onnx_is_constant(x)) return expand_node(r, x, to);
  TRY(oc_onnx_broadcast_shape(r, &x->shape, &to, &shape));
  TRY(oc_onnx_broadcast(r, x, &shape, &y));
  return oc_onnx_give(r, &y);
}

/* ---- Where --------------------------------------------------------------------------------------------- */

static oc_status select_elements(oc_onnx_reader *r, const oc_onnx_value *test, const oc_onnx_value *x,
                                 const oc_onnx_value *y) {
  oc_onnx_value out = {.shape = test->shape};
  void *room;
  TRY(oc_onnx_take_room(r, &out.shape, x->real ? sizeof(float) : sizeof(int64_t), &room));
  for (int64_t i = 0, n = oc_onnx_count(&out); i < n; i++) {
    if (x->real) ((float *)room)[i] = test->whole[i] ? x->real[i] : y->real[i];
    if (x->whole) ((int64_t *)room)[i] = test->whole[i] ? x->whole[i] : y->whole[i];
  }
  if (x->real) out.real = room;
  if (x->whole) out.whole = room;
  return oc_onnx_give(r, &out);
}

/* Of constants. */
oc_status oc_onnx_read_Where(oc_onnx_reader *r) {
  const oc_onnx_value *in[3];
  oc_onnx_value as[3];
  oc_shape shape;
  TRY(oc_onnx_only(r, (const char *const[]){NULL}));
  TRY(oc_onnx_need_whole(r, 0, &in[0]));
  for (int i = 1; i < 3; i++) {
    TRY(oc_onnx_need(r, i, &in[i]));
    if (!in[i]->whole) TRY(oc_onnx_need_real(r, i, &in[i]));
  }
  if (!in[1]->real != !in[2]->real) return oc_onnx_invalid(r, "inputs of two types");
  TRY(oc_onnx_broadcast_shape(r, &in[0]->shape, &in[1]->shape, &shape));
  TRY(oc_onnx_broadcast_shape(r, &shape, &in[2]->shape, &shape));
  for (int i = 0; i < 3; i++) TRY(oc_onnx_broadcast(r, in[i], &shape, &as[i]));
  return select_elements(r, &as[0], &as[1], &as[2]);
}
