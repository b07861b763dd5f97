/* onnx_reshape.c: gives values another shape. An image that becomes a vector keeps the order in which it
 * lies, for the product that follows. */
#include "formats/onnx/onnx_reader.h"
#include "base/checked.h"
#include <string.h>

static int64_t features_of(const oc_shape *s) {
  int64_t count = 1;
  for (int i = 1; i < s->rank; i++) count *= s->dim[i];
  return count;
}

/* (n,c,h,w) to (n,c*h*w). */
static oc_status flatten_image(oc_onnx_reader *r, const oc_onnx_value *v) {
  const int64_t c = v->shape.dim[1], h = v->shape.dim[2], w = v->shape.dim[3];
  oc_node image;
  TRY(oc_onnx_image(r, v, NULL, &image));
  TRY(oc_onnx_give_plain(r, oc_flatten(r->out->g, image)));
  if (c == 1 || h * w == 1) return OC_OK;
  oc_onnx_value *flat = oc_onnx_value_find(r, r->node->output[0]);
  flat->flat[0] = h, flat->flat[1] = w, flat->flat[2] = c;
  return OC_OK;
}

/* ---- any other shape ----------------------------------------------------------------------------------- */

/* Axes of one shape and those of another that have as many elements together. */
typedef struct group {
  int from, from_end, to, to_end;
  int place; /* the first place of its axes in the node, those of size 1 left aside */
} group;

/* Both shapes as groups, each as small as it can be; returns how many. Sizes are at least 1. */
static int find_groups(const oc_onnx_value *v, const oc_shape *to, group *list) {
  int count = 0;
  for (int i = 0, k = 0; i < v->shape.rank && k < to->rank; count++) {
    group *g = &list[count];
    *g = (group){i, i + 1, k, k + 1, OC_MAX_RANK};
    int64_t p = v->shape.dim[i++], q = to->dim[k++];
    while (p != q)
      if (p < q)
        p *= v->shape.dim[i++];
      else
        q *= to->dim[k++];
    g->from_end = i;
    g->to_end = k;
  }
  list[count - 1].from_end = v->shape.rank; /* axes of size 1 may be left */
  list[count - 1].to_end = to->rank;
  for (int n = 0; n < count; n++)
    for (int i = list[n].from; i < list[n].from_end; i++)
      if (v->shape.dim[i] != 1 && v->perm[i] < list[n].place) list[n].place = v->perm[i];
  return count;
}

static void sort_groups(group *list, int count) {
  for (int i = 1; i < count; i++)
    for (int k = i; k > 0 && list[k].place < list[k - 1].place; k--) {
      const group moved = list[k];
      list[k] = list[k - 1];
      list[k - 1] = moved;
    }
}

/* The groups stay in the order in which they lie; within each the axes get that of ONNX, for which the node
 * is transposed if need be. So channels become several axes, and one again, without moving the rows. */
static oc_status give_regrouped(oc_onnx_reader *r, const oc_onnx_value *v, const oc_shape *to) {
  oc_graph *g = r->out->g;
  group list[OC_MAX_RANK];
  int perm[OC_MAX_RANK], place = 0, n = 0;
  oc_onnx_value y = {.shape = *to};
  oc_shape shape = {.rank = to->rank};
  TRY(oc_onnx_as_it_lies(r, v, &y.node));
  const int count = find_groups(v, to, list);
  sort_groups(list, count);
  for (int i = 0; i < count; i++) {
    for (int k = list[i].from; k < list[i].from_end; k++) perm[n++] = v->perm[k];
    for (int k = list[i].to; k < list[i].to_end; k++) {
      shape.dim[place] = to->dim[k];
      y.perm[k] = place++;
    }
  }
  y.node = oc_reshape(g, oc_onnx_reordered(g, y.node, perm), shape);
  return oc_onnx_give_like(r, y.node, &y);
}

/* Without a batch. */
static oc_status reshape_fixed(oc_onnx_reader *r, const oc_onnx_value *v, oc_shape shape) {
  oc_node x;
  int64_t count;
  if (!oc_onnx_elements(&shape, &count) || count != oc_onnx_count(v))
    return oc_onnx_invalid(r, "the shape has another number of elements");
  TRY(oc_onnx_plain(r, v, &x));
  return oc_onnx_give_plain(r, oc_reshape(r->out->g, x, shape));
}

oc_status oc_onnx_give_reshaped(oc_onnx_reader *r, const oc_onnx_value *v, oc_shape shape) {
  oc_node x;
  if (!oc_onnx_is_batched(v)) return reshape_fixed(r, v, shape);
  if (shape.rank < 1 || shape.dim[0] != OC_BATCH)
    return oc_onnx_unsupported(r, "a shape without the batch in front");
  if (features_of(&v->shape) != features_of(&shape))
    return oc_onnx_invalid(r, "%lld elements cannot become %lld", (long long)features_of(&v->shape),
                           (long long)features_of(&shape));
  if (oc_shape_equal(&v->shape, &shape)) return oc_onnx_give(r, v);
  if (v->shape.rank == 4 && shape.rank == 2) return flatten_image(r, v);
  if (!v->flat[0] && features_of(&shape) > 0 && !(shape.rank == 4 && v->shape.rank == 2))
    return give_regrouped(r, v, &shape);
  TRY(oc_onnx_plain(r, v, &x));
  if (shape.rank == 4 && shape.dim[2] == 1 && shape.dim[3] == 1)
    return oc_onnx_give_image(r, oc_reshape(r->out->g, x, OC_SHAPE(OC_BATCH, 1, 1, shape.dim[1])));
  return oc_onnx_give_plain(r, oc_reshape(r->out->g, x, shape));
}

/* ---- a constant with another shape --------------------------------------------------------------------- */

static oc_status give_constant(oc_onnx_reader *r, const oc_onnx_value *v, const oc_shape *shape) {
  oc_onnx_value y = *v;
  int64_t count;
  if (!oc_onnx_elements(shape, &count) || count != oc_onnx_count(v))
    return oc_onnx_invalid(r, "the shape has another number of elements");
  y.shape = *shape;
  return oc_onnx_give(r, &y);
}

static oc_status give(oc_onnx_reader *r, const oc_onnx_value *v, const oc_shape *shape) {
  return oc_onnx_is_constant(v) ? give_constant(r, v, shape) : oc_onnx_give_reshaped(r, v, *shape);
}

/* ---- Reshape ------------------------------------------------------------------------------------------- */

/* What a size in the list stands for; -1 for the one that follows from the others. */
static oc_status resolve(const oc_onnx_reader *r, const oc_onnx_value *v, int64_t size, int i, bool zero,
                         int64_t *out) {
  const bool first = i == 0 && oc_onnx_is_batched(v);
  *out = size;
  if (size == 0 && !zero) {
    if (i >= v->shape.rank) return oc_onnx_invalid(r, "size 0 of axis %d, which the input does not have", i);
    *out = v->shape.dim[i];
  }
  if (first && (size == OC_ONNX_BATCH_SIZE || size == -1 || (size == 1 && r->fixed_batch))) *out = OC_BATCH;
  if (!first && (size == OC_ONNX_BATCH_SIZE || *out == OC_BATCH) && size != -1)
    return oc_onnx_unsupported(r, "the batch is not its first axis");
  return *out >= -1 ? OC_OK : oc_onnx_invalid(r, "size %lld", (long long)size);
}

/* Elements of axes from `first` on, without the open one; false if that overflows. */
static bool known_elements(const oc_shape *s, int first, int open, int64_t *count) {
  *count = 1;
  for (int i = first; i < s->rank; i++)
    if (i != open && !oc_mul_i64(*count, s->dim[i], count)) return false;
  return true;
}

oc_status oc_onnx_read_Reshape(oc_onnx_reader *r) {
  const oc_onnx_value *v, *list;
  int64_t zero = 0, known;
  int open = -1;
  TRY(oc_onnx_only(r, (const char *const[]){"allowzero", NULL}));
  TRY(oc_onnx_get_int(r, "allowzero", 0, &zero));
  TRY(oc_onnx_need(r, 0, &v));
  TRY(oc_onnx_need_whole(r, 1, &list));
  const int first = oc_onnx_is_batched(v) ? 1 : 0;
  const int64_t rank = oc_onnx_count(list);
  if (rank > OC_MAX_RANK) return oc_onnx_unsupported(r, "%lld axes", (long long)rank);
  oc_shape shape = {.rank = (int)rank};
  for (int i = 0; i < rank; i++) {
    TRY(resolve(r, v, list->whole[i], i, zero != 0, &shape.dim[i]));
    if (i < first || shape.dim[i] != -1) continue;
    if (open >= 0) return oc_onnx_invalid(r, "two sizes are -1");
    open = i;
  }
  const int64_t all = first ? features_of(&v->shape) : oc_onnx_count(v);
  if (!known_elements(&shape, first, open, &known)) return oc_onnx_invalid(r, "the shape is too large");
  if (open >= 0 && (known == 0 || all % known)) return oc_onnx_invalid(r, "no size fits for -1");
  if (open >= 0) shape.dim[open] = all / known;
  return give(r, v, &shape);
}

oc_status oc_onnx_read_Flatten(oc_onnx_reader *r) {
  const oc_onnx_value *v;
  int64_t axis;
  TRY(oc_onnx_only(r, (const char *const[]){"axis", NULL}));
  TRY(oc_onnx_get_int(r, "axis", 1, &axis));
  TRY(oc_onnx_need_node(r, 0, &v));
  if (axis < 0) axis += v->shape.rank;
  if (axis < 0 || axis > v->shape.rank) return oc_onnx_invalid(r, "axis %lld", (long long)axis);
  if (oc_onnx_is_batched(v)) {
    if (axis != 1) return oc_onnx_unsupported(r, "axis %lld; only 1 is", (long long)axis);
    return oc_onnx_give_reshaped(r, v, OC_SHAPE(OC_BATCH, features_of(&v->shape)));
  }
  int64_t before = 1, after = 1;
  for (int i = 0; i < v->shape.rank; i++) *(i < axis ? &before : &after) *= v->shape.dim[i];
  return oc_onnx_give_reshaped(r, v, OC_SHAPE(before, after));
}

/* ---- Squeeze, Unsqueeze -------------------------------------------------------------------------------- */

/* Bits of the axes in a list, of `rank`. */
static oc_status read_axes(oc_onnx_reader *r, const int64_t *list, int64_t count, int rank, unsigned *out) {
  *out = 0;
  if (rank > OC_MAX_RANK) return oc_onnx_unsupported(r, "more than %d axes", OC_MAX_RANK);
  for (int64_t i = 0; i < count; i++) {
    int axis;
    TRY(oc_onnx_axis(r, list[i], rank, &axis));
    if (*out >> axis & 1) return oc_onnx_invalid(r, "axis %d twice", axis);
    *out |= 1u << axis;
  }
  return OC_OK;
}

oc_status oc_onnx_read_Squeeze(oc_onnx_reader *r) {
  const oc_onnx_value *v;
  const int64_t *list;
  int64_t count;
  unsigned axes;
  oc_shape shape = {0};
  TRY(oc_onnx_only(r, (const char *const[]){"axes", NULL}));
  TRY(oc_onnx_need(r, 0, &v));
  TRY(oc_onnx_list_of(r, 1, 13, "axes", &list, &count));
  TRY(read_axes(r, list, count, v->shape.rank, &axes));
  if (!count && r->fixed_batch && oc_onnx_is_batched(v))
    return oc_onnx_unsupported(r, "all axes of size 1, among which is the batch");
  for (int i = 0; i < v->shape.rank; i++) {
    const bool gone = count ? axes >> i & 1 : v->shape.dim[i] == 1;
    if (gone && v->shape.dim[i] != 1) return oc_onnx_unsupported(r, "axis %d is not of size 1", i);
    if (!gone) shape.dim[shape.rank++] = v->shape.dim[i];
  }
  return give(r, v, &shape);
}

oc_status oc_onnx_read_Unsqueeze(oc_onnx_reader *r) {
  const oc_onnx_value *v;
  const int64_t *list;
  int64_t count;
  unsigned axes;
  TRY(oc_onnx_only(r, (const char *const[]){"axes", NULL}));
  TRY(oc_onnx_need(r, 0, &v));
  TRY(oc_onnx_list_of(r, 1, 13, "axes", &list, &count));
  if (count > OC_MAX_RANK) return oc_onnx_unsupported(r, "more than %d axes", OC_MAX_RANK);
  oc_shape shape = {.rank = v->shape.rank + (int)count};
  TRY(read_axes(r, list, count, shape.rank, &axes));
  if (oc_onnx_is_batched(v) && (axes & 1)) return oc_onnx_unsupported(r, "an axis before the batch");
  for (int i = 0, from = 0; i < shape.rank; i++) shape.dim[i] = axes >> i & 1 ? 1 : v->shape.dim[from++];
  return give(r, v, &shape);
}
