/* read_order.c: Split, ArgMax, TopK, Range. */
#include "formats/onnx/onnx_reader.h"
#include "base/checked.h"
#include <math.h>

/* ---- Split --------------------------------------------------------------------------------------------- */

/* The size of part i of `parts`: of a list; without one all are the same, except the last one. */
static oc_status read_parts(oc_onnx_reader *r, int64_t size, const int64_t **list, int64_t *parts) {
  int64_t given, sum = 0;
  TRY(oc_onnx_list_of(r, 1, 13, "split", list, parts));
  TRY(oc_onnx_get_int(r, "num_outputs", (int64_t)r->node->n_output, &given));
  if (!*parts) *list = NULL, *parts = given;
  if (*parts != (int64_t)r->node->n_output)
    return oc_onnx_invalid(r, "%lld parts for %zu outputs", (long long)*parts, r->node->n_output);
  for (int64_t i = 0; *list && i < *parts; i++)
    if ((*list)[i] < 0 || !oc_add_i64(sum, (*list)[i], &sum)) return oc_onnx_invalid(r, "a size below 0");
  if (*list && sum != size)
    return oc_onnx_invalid(r, "parts of %lld of %lld elements", (long long)sum, (long long)size);
  return OC_OK;
}

oc_status oc_onnx_read_Split(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  const int64_t *list;
  int64_t given, parts, begin = 0;
  int axis;
  void *room;
  TRY(oc_onnx_only(r, (const char *const[]){"axis", "num_outputs", "split", NULL}));
  TRY(oc_onnx_get_int(r, "axis", 0, &given));
  TRY(oc_onnx_need(r, 0, &x));
  TRY(oc_onnx_axis(r, given, x->shape.rank, &axis));
  if (axis == 0 && oc_onnx_is_batched(x)) return oc_onnx_unsupported(r, "a part of the batch");
  const int64_t size = x->shape.dim[axis];
  TRY(read_parts(r, size, &list, &parts));
  const oc_shape all = OC_SHAPE(size);
  TRY(oc_onnx_take_room(r, &all, sizeof(int64_t), &room));
  for (int64_t i = 0; i < size; i++) ((int64_t *)room)[i] = i;
  for (int64_t i = 0; i < parts; i++) {
    oc_onnx_value y;
    const int64_t count = list ? list[i] : oc_min_i64(oc_ceil_div(size, parts), size - begin);
    TRY(oc_onnx_take(r, x, axis, (int64_t *)room + begin, count, &y));
    TRY(oc_onnx_give_at(r, (size_t)i, &y));
    begin += count;
  }
  return OC_OK;
}

/* ---- ArgMax, TopK -------------------------------------------------------------------------------------- */

/* The place in a reversed axis of n elements, counted from the other end; a float holds it. */
static oc_node turn(oc_graph *g, oc_node place, int64_t n) {
  const oc_node from_end = oc_subtract(g, oc_scalar(g, (double)(n - 1)), oc_cast(g, place, OC_F32));
  return oc_cast(g, from_end, OC_I32);
}

/* The axis backward, in which the first of equal elements is the last one. */
static oc_status reverse(oc_onnx_reader *r, const oc_onnx_value *x, int axis, oc_onnx_value *out) {
  const int64_t n = x->shape.dim[axis];
  const oc_shape all = OC_SHAPE(n);
  void *room;
  if (n > 1 << 24) return oc_onnx_unsupported(r, "select_last_index of %lld elements", (long long)n);
  TRY(oc_onnx_take_room(r, &all, sizeof(int64_t), &room));
  for (int64_t i = 0; i < n; i++) ((int64_t *)room)[i] = n - 1 - i;
  return oc_onnx_take(r, x, axis, room, n, out);
}

oc_status oc_onnx_read_ArgMax(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  oc_onnx_value like, turned;
  int64_t given, keep, last;
  int axis;
  oc_node in;
  TRY(oc_onnx_only(r, (const char *const[]){"axis", "keepdims", "select_last_index", NULL}));
  TRY(oc_onnx_get_int(r, "axis", 0, &given));
  TRY(oc_onnx_get_int(r, "keepdims", 1, &keep));
  TRY(oc_onnx_get_int(r, "select_last_index", 0, &last));
  TRY(oc_onnx_need_node(r, 0, &x));
  TRY(oc_onnx_axis(r, given, x->shape.rank, &axis));
  if (axis == 0 && oc_onnx_is_batched(x)) return oc_onnx_unsupported(r, "the batch as its axis");
  if (last) TRY(reverse(r, x, axis, &turned));
  TRY(oc_onnx_plain(r, last ? &turned : x, &in));
  turned = (oc_onnx_value){.node = in, .shape = x->shape};
  for (int i = 0; i < x->shape.rank; i++) turned.perm[i] = i;
  TRY(oc_onnx_axis_last(r, &turned, axis, &in, &like));
  oc_node y = oc_argmax(r->out->g, in);
  if (last) y = turn(r->out->g, y, x->shape.dim[axis]);
  if (!keep) return oc_onnx_give_plain(r, y);
  like.shape.dim[axis] = 1;
  return oc_onnx_give_plain(r, oc_reshape(r->out->g, y, like.shape));
}

static oc_status read_k(oc_onnx_reader *r, int64_t *k) {
  const oc_onnx_value *v;
  TRY(oc_onnx_get_int(r, "k", 0, k));
  if (r->opset < 10) return OC_OK;
  TRY(oc_onnx_need_whole(r, 1, &v));
  if (oc_onnx_count(v) != 1) return oc_onnx_invalid(r, "k is not a single number");
  *k = v->whole[0];
  return OC_OK;
}

oc_status oc_onnx_read_TopK(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  oc_onnx_value like;
  int64_t given, largest;
  int axis;
  oc_node in;
  oc_top_k_attrs a = {0};
  TRY(oc_onnx_only(r, (const char *const[]){"axis", "k", "largest", "sorted", NULL}));
  TRY(oc_onnx_get_int(r, "axis", -1, &given));
  TRY(oc_onnx_get_int(r, "largest", 1, &largest));
  TRY(read_k(r, &a.k));
  a.smallest = !largest;
  TRY(oc_onnx_need_node(r, 0, &x));
  TRY(oc_onnx_axis(r, given, x->shape.rank, &axis));
  TRY(oc_onnx_axis_last(r, x, axis, &in, &like));
  const oc_node y = oc_graph_add(r->out->g, OC_OP(r->out->g, top_k), &in, 1, &a);
  like.shape.dim[axis] = a.k;
  TRY(oc_onnx_give_like(r, y, &like));
  like.node = (oc_node){y.number, 1};
  like.known = true;
  return oc_onnx_give_at(r, 1, &like);
}

/* ---- Range --------------------------------------------------------------------------------------------- */

static oc_status read_limits(oc_onnx_reader *r, const oc_onnx_value *in[3]) {
  TRY(oc_onnx_only(r, (const char *const[]){NULL}));
  for (int i = 0; i < 3; i++) {
    TRY(oc_onnx_need(r, i, &in[i]));
    if (!in[i]->whole) TRY(oc_onnx_need_real(r, i, &in[i]));
    if (oc_onnx_count(in[i]) != 1) return oc_onnx_invalid(r, "input %d is not a single number", i);
    if (!in[i]->whole != !in[0]->whole) return oc_onnx_invalid(r, "inputs of two types");
    if (in[i]->whole && (in[i]->whole[0] < -(1LL << 52) || in[i]->whole[0] > 1LL << 52))
      return oc_onnx_unsupported(r, "a limit beyond 2^52, or the size of the batch");
  }
  return OC_OK;
}

oc_status oc_onnx_read_Range(oc_onnx_reader *r) {
  const oc_onnx_value *in[3];
  double at[3];
  void *room;
  TRY(read_limits(r, in));
  const bool whole = in[0]->whole;
  for (int i = 0; i < 3; i++) at[i] = whole ? (double)in[i]->whole[0] : (double)in[i]->real[0];
  const double count = ceil((at[1] - at[0]) / at[2]);
  if (!(count < 0x1p40)) return oc_onnx_invalid(r, "a range without end");
  oc_onnx_value y = {.shape = OC_SHAPE(count > 0 ? (int64_t)count : 0)};
  TRY(oc_onnx_take_room(r, &y.shape, whole ? sizeof(int64_t) : sizeof(float), &room));
  for (int64_t i = 0; i < y.shape.dim[0]; i++) {
    if (whole) ((int64_t *)room)[i] = in[0]->whole[0] + i * in[2]->whole[0];
    if (!whole) ((float *)room)[i] = (float)(at[0] + (double)i * at[2]);
  }
  if (whole) y.whole = room;
  if (!whole) y.real = room;
  return oc_onnx_give(r, &y);
}
