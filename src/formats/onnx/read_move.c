/* read_move.c: Transpose, Concat, Slice and reductions. */
#include "formats/onnx/onnx_reader.h"
#include "base/checked.h"
#include <string.h>

/* ---- Transpose ----------------------------------------------------------------------------------------- */

static oc_status read_perm(oc_onnx_reader *r, int rank, int perm[OC_MAX_RANK]) {
  const int64_t *list;
  int64_t count;
  unsigned seen = 0;
  TRY(oc_onnx_get_ints(r, "perm", &list, &count));
  if (count && count != rank) return oc_onnx_invalid(r, "perm has %lld axes, not %d", (long long)count, rank);
  for (int i = 0; i < rank; i++) {
    TRY(oc_onnx_axis(r, count ? list[i] : rank - 1 - i, rank, &perm[i]));
    if (seen >> perm[i] & 1) return oc_onnx_invalid(r, "perm names axis %d twice", perm[i]);
    seen |= 1u << perm[i];
  }
  return OC_OK;
}

static oc_status transpose_constant(oc_onnx_reader *r, const oc_onnx_value *x, const int *perm) {
  oc_onnx_value y;
  TRY(oc_onnx_permuted_constant(r, x, perm, &y));
  return oc_onnx_give(r, &y);
}

/* Only what is meant by the axes changes. */
oc_status oc_onnx_read_Transpose(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  int perm[OC_MAX_RANK] = {0};
  TRY(oc_onnx_only(r, (const char *const[]){"perm", NULL}));
  TRY(oc_onnx_need(r, 0, &x));
  TRY(read_perm(r, x->shape.rank, perm));
  if (oc_onnx_is_constant(x)) return transpose_constant(r, x, perm);
  if (oc_onnx_is_batched(x) && perm[0] != 0) return oc_onnx_unsupported(r, "moving the batch");
  oc_onnx_value y = *x;
  y.step = OC_ONNX_NO_STEP;
  for (int i = 0; i < x->shape.rank; i++) {
    y.perm[i] = x->perm[perm[i]];
    y.shape.dim[i] = x->shape.dim[perm[i]];
  }
  return oc_onnx_give(r, &y);
}

/* ---- Concat -------------------------------------------------------------------------------------------- */

/* Constants of one type, along any axis. */
static oc_status check_constants(oc_onnx_reader *r, int axis, oc_shape *y) {
  const oc_onnx_value *first = oc_onnx_input(r, 0);
  *y = first->shape;
  for (int i = 1; i < oc_onnx_inputs(r); i++) {
    const oc_onnx_value *x = oc_onnx_input(r, i);
    oc_shape like = x->shape;
    if (like.rank != y->rank || !x->real != !first->real)
      return oc_onnx_invalid(r, "inputs that do not match");
    like.dim[axis] = y->dim[axis];
    if (!oc_shape_equal(&like, y) || !oc_add_i64(y->dim[axis], x->shape.dim[axis], &y->dim[axis]))
      return oc_onnx_invalid(r, "inputs that do not match");
  }
  return OC_OK;
}

static oc_status concat_constants(oc_onnx_reader *r, int axis) {
  oc_onnx_value y = {0};
  const bool reals = oc_onnx_input(r, 0)->real != NULL;
  const size_t size = reals ? sizeof(float) : sizeof(int64_t);
  int64_t outer = 1;
  void *room;
  TRY(check_constants(r, axis, &y.shape));
  TRY(oc_onnx_take_room(r, &y.shape, size, &room));
  if (reals) y.real = room;
  if (!reals) y.whole = room;
  for (int i = 0; i < axis; i++) outer *= y.shape.dim[i];
  for (int64_t o = 0; o < outer; o++)
    for (int i = 0; i < oc_onnx_inputs(r); i++) {
      const oc_onnx_value *x = oc_onnx_input(r, i);
      const size_t bytes = (size_t)(oc_onnx_count(x) / outer) * size;
      const char *from = reals ? (const char *)x->real : (const char *)x->whole;
      if (bytes) memcpy(room, from + (size_t)o * bytes, bytes);
      room = (char *)room + bytes;
    }
  return oc_onnx_give(r, &y);
}

/* All with the same order of axes, or all in that of ONNX. */
static oc_status concat_nodes(oc_onnx_reader *r, oc_node *in, int axis) {
  const oc_onnx_value *first = oc_onnx_input(r, 0);
  bool same = !first->flat[0] && !oc_onnx_is_constant(first);
  for (int i = 1; i < oc_onnx_inputs(r); i++) {
    const oc_onnx_value *x = oc_onnx_input(r, i);
    same = same && x->shape.rank == first->shape.rank && !x->flat[0] && !oc_onnx_is_constant(x) &&
           memcmp(x->perm, first->perm, sizeof x->perm) == 0;
  }
  for (int i = 0; i < oc_onnx_inputs(r); i++)
    TRY(same ? oc_onnx_as_it_lies(r, oc_onnx_input(r, i), &in[i])
             : oc_onnx_plain(r, oc_onnx_input(r, i), &in[i]));
  const oc_node y = oc_concat(r->out->g, in, oc_onnx_inputs(r), same ? first->perm[axis] : axis);
  TRY(oc_graph_status(r->out->g, r->err));
  if (!same) return oc_onnx_give_plain(r, y);
  oc_onnx_value like = *first;
  like.shape.dim[axis] = oc_node_shape(r->out->g, y).dim[first->perm[axis]];
  return oc_onnx_give_like(r, y, &like);
}

oc_status oc_onnx_read_Concat(oc_onnx_reader *r) {
  int64_t given;
  int axis, constants = 0;
  const oc_onnx_value *x;
  const int count = oc_onnx_inputs(r);
  TRY(oc_onnx_only(r, (const char *const[]){"axis", NULL}));
  TRY(oc_onnx_get_int(r, "axis", 1, &given));
  if (count < 1) return oc_onnx_invalid(r, "it has no inputs");
  for (int i = 0; i < count; i++) {
    TRY(oc_onnx_need(r, i, &x));
    constants += oc_onnx_is_constant(x);
  }
  TRY(oc_onnx_axis(r, given, oc_onnx_input(r, 0)->shape.rank, &axis));
  if (constants == count) return concat_constants(r, axis);
  oc_node *in = oc_memory_array((size_t)count, sizeof *in);
  if (!in) return oc_fail_memory(r->err, (size_t)count * sizeof *in);
  const oc_status status = concat_nodes(r, in, axis);
  oc_memory_free(in);
  return status;
}

/* ---- Slice --------------------------------------------------------------------------------------------- */

typedef struct ranges {
  const int64_t *begin, *end, *axes, *steps;
  int64_t count;
} ranges;

static oc_status read_ranges(oc_onnx_reader *r, ranges *out) {
  int64_t ends, axes, steps;
  TRY(oc_onnx_list_of(r, 1, 10, "starts", &out->begin, &out->count));
  TRY(oc_onnx_list_of(r, 2, 10, "ends", &out->end, &ends));
  TRY(oc_onnx_list_of(r, 3, 10, "axes", &out->axes, &axes));
  out->steps = NULL;
  steps = 0;
  if (r->opset >= 10) TRY(oc_onnx_list_of(r, 4, 10, "steps", &out->steps, &steps));
  if (ends != out->count || (axes && axes != out->count) || (steps && steps != out->count))
    return oc_onnx_invalid(r, "its lists have several lengths");
  for (int64_t i = 0; i < out->count; i++)
    if (out->begin[i] == OC_ONNX_BATCH_SIZE || out->end[i] == OC_ONNX_BATCH_SIZE)
      return oc_onnx_unsupported(r, "a range up to the size of the batch");
  return OC_OK;
}

/* From the end if it is negative, and within 0 to size. */
static int64_t within(int64_t at, int64_t size) {
  if (at < 0) at = at < -size ? 0 : at + size;
  return oc_min_i64(at, size);
}

/* The elements of a range, as numpy has them. */
static oc_status list_range(oc_onnx_reader *r, const ranges *s, int64_t i, int64_t size, int64_t **at,
                            int64_t *count) {
  const int64_t step = s->steps ? s->steps[i] : 1;
  void *room;
  if (step == 0) return oc_onnx_invalid(r, "a step of 0");
  int64_t begin = within(s->begin[i], size), end = within(s->end[i], size);
  if (step < 0) { /* from the last element down; before the first one is -1 */
    begin = oc_min_i64(s->begin[i] < 0 ? oc_max_i64(-1, s->begin[i] + size) : s->begin[i], size - 1);
    end = s->end[i] < -size ? -1 : s->end[i] < 0 ? s->end[i] + size : oc_min_i64(s->end[i], size - 1);
  }
  const uint64_t length = (uint64_t)(step > 0 ? oc_max_i64(0, end - begin) : oc_max_i64(0, begin - end)),
                 stride = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
  *count = length ? (int64_t)((length - 1) / stride) + 1 : 0;
  const oc_shape shape = OC_SHAPE(*count);
  TRY(oc_onnx_take_room(r, &shape, sizeof **at, &room));
  *at = room;
  for (int64_t k = 0; k < *count; k++) (*at)[k] = begin + k * step;
  return OC_OK;
}

oc_status oc_onnx_read_Slice(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  ranges s;
  TRY(oc_onnx_only(r, (const char *const[]){"axes", "ends", "starts", NULL}));
  TRY(oc_onnx_need(r, 0, &x));
  TRY(read_ranges(r, &s));
  oc_onnx_value y = *x;
  for (int64_t i = 0; i < s.count; i++) {
    const oc_onnx_value from = y;
    int64_t *at = NULL, count = 0;
    int axis;
    TRY(oc_onnx_axis(r, s.axes ? s.axes[i] : i, x->shape.rank, &axis));
    if (axis == 0 && oc_onnx_is_batched(x)) return oc_onnx_unsupported(r, "a part of the batch");
    TRY(list_range(r, &s, i, y.shape.dim[axis], &at, &count));
    TRY(oc_onnx_take(r, &from, axis, at, count, &y));
  }
  return oc_onnx_is_constant(&y) ? oc_onnx_give(r, &y) : oc_onnx_give_like(r, y.node, &y);
}

/* ---- reductions ---------------------------------------------------------------------------------------- */

typedef oc_node reduction(oc_graph *g, oc_node x, unsigned axes);

/* The axes as bits, of ONNX. */
static oc_status read_mask(oc_onnx_reader *r, const oc_onnx_value *x, int since, unsigned *mask) {
  const int64_t *list;
  int64_t count, noop;
  TRY(oc_onnx_get_int(r, "noop_with_empty_axes", 0, &noop));
  TRY(oc_onnx_list_of(r, 1, since, "axes", &list, &count));
  *mask = 0;
  for (int64_t i = 0; i < count; i++) {
    int axis;
    TRY(oc_onnx_axis(r, list[i], x->shape.rank, &axis));
    *mask |= 1u << axis;
  }
  if (!count && !noop) *mask = (1u << x->shape.rank) - 1;
  return oc_onnx_is_batched(x) && (*mask & 1) ? oc_onnx_unsupported(r, "the batch among its axes") : OC_OK;
}

/* The result again with axes of size 1 for those that vanished. */
static oc_status give_reduced(oc_onnx_reader *r, oc_node y, const oc_onnx_value *x, unsigned mask,
                              bool keep) {
  oc_shape shape = {.rank = x->shape.rank};
  TRY(oc_graph_status(r->out->g, r->err));
  if (!keep) return oc_onnx_give_plain(r, y);
  for (int i = 0; i < shape.rank; i++) shape.dim[i] = mask >> i & 1 ? 1 : x->shape.dim[i];
  if (shape.rank == 4 && shape.dim[2] == 1 && shape.dim[3] == 1)
    return oc_onnx_give_image(r, oc_reshape(r->out->g, y, OC_SHAPE(shape.dim[0], 1, 1, shape.dim[1])));
  return oc_onnx_give_plain(r, oc_reshape(r->out->g, y, shape));
}

static oc_status read_reduction(oc_onnx_reader *r, reduction *f, int since) {
  const oc_onnx_value *x;
  int64_t keep;
  unsigned mask;
  oc_node in;
  TRY(oc_onnx_only(r, (const char *const[]){"axes", "keepdims", "noop_with_empty_axes", NULL}));
  TRY(oc_onnx_get_int(r, "keepdims", 1, &keep));
  TRY(oc_onnx_need_node(r, 0, &x));
  TRY(read_mask(r, x, since, &mask));
  if (!mask) return oc_onnx_give(r, x);
  if (x->shape.rank == 4 && mask == (1u << 2 | 1u << 3)) { /* rows and columns of an image */
    TRY(oc_onnx_image(r, x, NULL, &in));
    const oc_node y =
        f == oc_reduce_mean ? oc_global_mean_pool(r->out->g, in) : f(r->out->g, in, 1u << 1 | 1u << 2);
    return give_reduced(r, y, x, mask, keep != 0);
  }
  TRY(oc_onnx_plain(r, x, &in));
  return give_reduced(r, f(r->out->g, in, mask), x, mask, keep != 0);
}

oc_status oc_onnx_read_ReduceMean(oc_onnx_reader *r) {
  return read_reduction(r, oc_reduce_mean, 18);
}
oc_status oc_onnx_read_ReduceSum(oc_onnx_reader *r) {
  return read_reduction(r, oc_reduce_sum, 13);
}
oc_status oc_onnx_read_ReduceMax(oc_onnx_reader *r) {
  return read_reduction(r, oc_reduce_max, 18);
}
