/* read_move.c: Transpose, Concat, Split, Slice and reductions. */
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
  const oc_onnx_steps s = oc_onnx_steps_permuted(x, perm);
  oc_onnx_value y;
  TRY(oc_onnx_gathered(r, x, &s, &y));
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
  if (perm[0] != 0) return oc_onnx_unsupported(r, "moving the batch");
  if (x->step > OC_ONNX_SCALED) return oc_onnx_unsupported(r, "Erf outside of Gelu");
  oc_onnx_value y = *x;
  y.step = OC_ONNX_NO_STEP;
  for (int i = 0; i < x->shape.rank; i++) {
    y.perm[i] = x->perm[perm[i]];
    y.shape.dim[i] = x->shape.dim[perm[i]];
  }
  return oc_onnx_give(r, &y);
}

/* ---- Concat -------------------------------------------------------------------------------------------- */

/* Lists of numbers: constants of rank 1, and of any rank along axis 0. */
static oc_status concat_constants(oc_onnx_reader *r, int axis) {
  oc_onnx_value y = *oc_onnx_input(r, 0);
  const bool reals = y.real != NULL;
  const size_t size = reals ? sizeof(float) : sizeof(int64_t);
  void *room;
  if (axis != 0) return oc_onnx_unsupported(r, "constants along axis %d", axis);
  for (int i = 1; i < oc_onnx_inputs(r); i++) {
    const oc_onnx_value *x = oc_onnx_input(r, i);
    oc_shape like = x->shape;
    if (like.rank != y.shape.rank || (x->real != NULL) != reals)
      return oc_onnx_invalid(r, "inputs that do not match");
    like.dim[0] = y.shape.dim[0];
    if (!oc_shape_equal(&like, &y.shape) || !oc_add_i64(y.shape.dim[0], x->shape.dim[0], &y.shape.dim[0]))
      return oc_onnx_invalid(r, "inputs that do not match");
  }
  TRY(oc_onnx_take_room(r, &y.shape, size, &room));
  if (reals) y.real = room;
  if (!reals) y.whole = room;
  for (int i = 0; i < oc_onnx_inputs(r); i++) {
    const oc_onnx_value *x = oc_onnx_input(r, i);
    const size_t bytes = (size_t)oc_onnx_count(x) * size;
    if (bytes) memcpy(room, reals ? (const void *)x->real : x->whole, bytes);
    room = (char *)room + bytes;
  }
  return oc_onnx_give(r, &y);
}

/* All with the same order of axes, or all in that of ONNX. */
static oc_status concat_nodes(oc_onnx_reader *r, oc_node *in, int axis) {
  const oc_onnx_value *first = oc_onnx_input(r, 0);
  bool same = !first->flat[0];
  for (int i = 1; i < oc_onnx_inputs(r); i++) {
    const oc_onnx_value *x = oc_onnx_input(r, i);
    same = same && x->shape.rank == first->shape.rank && !x->flat[0] &&
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
  if (constants) return oc_onnx_unsupported(r, "a constant next to a computed value");
  oc_node *in = oc_memory_array((size_t)count, sizeof *in);
  if (!in) return oc_fail_memory(r->err, (size_t)count * sizeof *in);
  const oc_status status = concat_nodes(r, in, axis);
  oc_memory_free(in);
  return status;
}

/* ---- Split --------------------------------------------------------------------------------------------- */

/* Equal parts, except for a smaller last one. */
static int64_t equal_part(const oc_onnx_reader *r, int64_t size, int64_t begin) {
  const int64_t parts = (int64_t)r->node->n_output;
  return oc_min_i64(oc_ceil_div(size, parts), size - begin);
}

/* Output `i` of the node at hand: elements begin to end of an axis. */
static oc_status give_part(oc_onnx_reader *r, const oc_onnx_value *x, int axis, int64_t begin, int64_t end) {
  oc_onnx_value y = *x;
  oc_node node;
  TRY(oc_onnx_as_it_lies(r, x, &node));
  y.shape.dim[axis] = end - begin;
  return oc_onnx_give_like(r, oc_slice(r->out->g, node, x->perm[axis], begin, end), &y);
}

static oc_status read_parts(oc_onnx_reader *r, const oc_onnx_value *x, int axis, const int64_t *list) {
  const int64_t size = x->shape.dim[axis];
  int64_t begin = 0;
  for (size_t i = 0; i < r->node->n_output; i++) {
    const int64_t part = list ? list[i] : equal_part(r, size, begin);
    if (part < 1 || part > size - begin) return oc_onnx_invalid(r, "%lld elements in parts", (long long)size);
    r->output = i;
    if (*r->node->output[i]) TRY(give_part(r, x, axis, begin, begin + part));
    begin += part;
  }
  return begin == size ? OC_OK : oc_onnx_invalid(r, "parts of %lld elements", (long long)size);
}

oc_status oc_onnx_read_Split(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  const int64_t *list;
  int64_t count, given, parts;
  int axis;
  TRY(oc_onnx_only(r, (const char *const[]){"axis", "num_outputs", "split", NULL}));
  TRY(oc_onnx_get_int(r, "axis", 0, &given));
  TRY(oc_onnx_get_int(r, "num_outputs", (int64_t)r->node->n_output, &parts));
  TRY(oc_onnx_need_node(r, 0, &x));
  TRY(oc_onnx_list_of(r, 1, 13, "split", &list, &count));
  TRY(oc_onnx_axis(r, given, x->shape.rank, &axis));
  if (axis == 0) return oc_onnx_unsupported(r, "parts of the batch");
  if (x->flat[0]) return oc_onnx_unsupported(r, "parts of a flattened image");
  if ((count && count != (int64_t)r->node->n_output) || parts != (int64_t)r->node->n_output)
    return oc_onnx_invalid(r, "%lld sizes for %zu outputs", (long long)count, r->node->n_output);
  const oc_status status = read_parts(r, x, axis, count ? list : NULL);
  r->output = 0;
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
  return OC_OK;
}

/* From the end if it is negative, and within 0 to size. */
static int64_t within(int64_t at, int64_t size) {
  if (at < 0) at = at < -size ? 0 : at + size;
  return oc_min_i64(at, size);
}

/* The first of the elements begin, begin + step and so on before `end`, and how many there are. */
static int64_t count_range(int64_t size, int64_t step, int64_t *begin, int64_t end) {
  if (step > 0) {
    *begin = within(*begin, size);
    return oc_max_i64(0, oc_ceil_div(within(end, size) - *begin, step));
  }
  *begin = *begin < -size ? -1 : oc_min_i64(*begin < 0 ? *begin + size : *begin, size - 1);
  end = end < -size ? -1 : oc_min_i64(end < 0 ? end + size : end, size - 1);
  return oc_max_i64(0, oc_ceil_div(*begin - end, -step));
}

static oc_status slice_constant(oc_onnx_reader *r, const oc_onnx_value *x, const ranges *list) {
  oc_onnx_steps s = oc_onnx_steps_permuted(x, NULL);
  oc_onnx_value y;
  unsigned seen = 0;
  for (int64_t i = 0; i < list->count; i++) {
    int axis;
    int64_t begin = list->begin[i];
    const int64_t step = list->steps ? list->steps[i] : 1;
    TRY(oc_onnx_axis(r, list->axes ? list->axes[i] : i, x->shape.rank, &axis));
    if (step == 0 || step < -INT32_MAX || step > INT32_MAX || (seen >> axis & 1))
      return oc_onnx_invalid(r, "step %lld of axis %d", (long long)step, axis);
    seen |= 1u << axis;
    s.shape.dim[axis] = count_range(x->shape.dim[axis], step, &begin, list->end[i]);
    if (s.shape.dim[axis] > 0) s.begin += begin * s.step[axis];
    if (s.shape.dim[axis] > 1) s.step[axis] *= step;
  }
  TRY(oc_onnx_gathered(r, x, &s, &y));
  return oc_onnx_give(r, &y);
}

oc_status oc_onnx_read_Slice(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  ranges s;
  oc_node node;
  TRY(oc_onnx_only(r, (const char *const[]){"axes", "ends", "starts", NULL}));
  TRY(oc_onnx_need(r, 0, &x));
  TRY(read_ranges(r, &s));
  if (oc_onnx_is_constant(x)) return slice_constant(r, x, &s);
  oc_onnx_value y = *x;
  if (x->flat[0]) return oc_onnx_unsupported(r, "parts of a flattened image");
  TRY(oc_onnx_as_it_lies(r, x, &node));
  for (int64_t i = 0; i < s.count; i++) {
    int axis;
    TRY(oc_onnx_axis(r, s.axes ? s.axes[i] : i, x->shape.rank, &axis));
    const int64_t size = y.shape.dim[axis];
    if (s.steps && s.steps[i] != 1) return oc_onnx_unsupported(r, "steps other than 1");
    if (axis == 0) return oc_onnx_unsupported(r, "a part of the batch");
    const int64_t begin = within(s.begin[i], size), end = oc_max_i64(begin, within(s.end[i], size));
    node = oc_slice(r->out->g, node, x->perm[axis], begin, end);
    y.shape.dim[axis] = end - begin;
  }
  return oc_onnx_give_like(r, node, &y);
}

/* ---- reductions ---------------------------------------------------------------------------------------- */

typedef oc_node reduction(oc_graph *g, oc_node x, unsigned axes);

/* The axes as bits, of ONNX. */
static oc_status read_mask(oc_onnx_reader *r, const oc_onnx_value *x, int since, unsigned *mask) {
  const int64_t *list;
  int64_t count;
  TRY(oc_onnx_list_of(r, 1, since, "axes", &list, &count));
  *mask = 0;
  for (int64_t i = 0; i < count; i++) {
    int axis;
    TRY(oc_onnx_axis(r, list[i], x->shape.rank, &axis));
    *mask |= 1u << axis;
  }
  if (!count || (*mask & 1)) return oc_onnx_unsupported(r, "the batch among its axes");
  return OC_OK;
}

/* The result again with axes of size 1 for those that vanished. */
static oc_status give_reduced(oc_onnx_reader *r, oc_node y, const oc_onnx_value *x, unsigned mask,
                              bool keep) {
  oc_shape shape = {.rank = x->shape.rank};
  TRY(oc_graph_status(r->out->g, r->err));
  if (!keep) return oc_onnx_give_plain(r, y);
  for (int i = 0; i < shape.rank; i++) shape.dim[i] = mask >> i & 1 ? 1 : x->shape.dim[i];
  if (shape.rank == 4 && shape.dim[2] == 1 && shape.dim[3] == 1)
    return oc_onnx_give_image(r, oc_reshape(r->out->g, y, OC_SHAPE(OC_BATCH, 1, 1, shape.dim[1])));
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
