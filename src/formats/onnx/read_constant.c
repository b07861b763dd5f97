/* read_constant.c: constants, and the computation of shapes, which ends before the graph is made. */
#include "formats/onnx/onnx_reader.h"
#include "base/checked.h"
#include <math.h>
#include <string.h>

/* ---- Constant ------------------------------------------------------------------------------------------ */

/* Copies `count` numbers of `size` bytes; `from` may be NULL for none. */
static oc_status copy_numbers(oc_onnx_reader *r, const void *from, size_t size, size_t count,
                              const oc_shape *shape, void **room) {
  TRY(oc_onnx_take_room(r, shape, size, room));
  if (count) memcpy(*room, from, count * size);
  return OC_OK;
}

static oc_status copy_reals(oc_onnx_reader *r, const float *from, size_t count, oc_shape shape) {
  void *room;
  TRY(copy_numbers(r, from, sizeof *from, count, &shape, &room));
  return oc_onnx_give(r, &(oc_onnx_value){.shape = shape, .real = room});
}

static oc_status copy_wholes(oc_onnx_reader *r, const int64_t *from, size_t count, oc_shape shape) {
  void *room;
  TRY(copy_numbers(r, from, sizeof *from, count, &shape, &room));
  return oc_onnx_give(r, &(oc_onnx_value){.shape = shape, .whole = room});
}

oc_status oc_onnx_read_Constant(oc_onnx_reader *r) {
  const OcOnnx__AttributeProto *a;
  oc_onnx_value y = {.weight = true};
  TRY(oc_onnx_only(
      r, (const char *const[]){"value", "value_float", "value_floats", "value_int", "value_ints", NULL}));
  if ((a = oc_onnx_attribute(r, "value"))) {
    if (!a->t) return oc_onnx_invalid(r, "attribute 'value' is not a tensor");
    TRY(oc_onnx_tensor(r, a->t, &y));
    return oc_onnx_give(r, &y);
  }
  if ((a = oc_onnx_attribute(r, "value_float"))) return copy_reals(r, &a->f, 1, OC_SCALAR_SHAPE);
  if ((a = oc_onnx_attribute(r, "value_int"))) return copy_wholes(r, &a->i, 1, OC_SCALAR_SHAPE);
  if ((a = oc_onnx_attribute(r, "value_floats")))
    return copy_reals(r, a->floats, a->n_floats, OC_SHAPE((int64_t)a->n_floats));
  if ((a = oc_onnx_attribute(r, "value_ints")))
    return copy_wholes(r, a->ints, a->n_ints, OC_SHAPE((int64_t)a->n_ints));
  return oc_onnx_invalid(r, "it has no value");
}

/* ---- ConstantOfShape ----------------------------------------------------------------------------------- */

oc_status oc_onnx_read_ConstantOfShape(oc_onnx_reader *r) {
  const OcOnnx__AttributeProto *a = oc_onnx_attribute(r, "value");
  const oc_onnx_value *sizes;
  const float zero = 0;
  oc_onnx_value filler = {.real = &zero}, y = {0};
  void *room;
  TRY(oc_onnx_only(r, (const char *const[]){"value", NULL}));
  TRY(oc_onnx_need_whole(r, 0, &sizes));
  if (a && a->t) filler.real = NULL;
  if (a && a->t) TRY(oc_onnx_tensor(r, a->t, &filler));
  if (oc_onnx_count(&filler) != 1) return oc_onnx_invalid(r, "attribute 'value' is not a single number");
  const int64_t rank = oc_onnx_count(sizes);
  if (rank > OC_MAX_RANK) return oc_onnx_unsupported(r, "%lld axes", (long long)rank);
  y.shape.rank = (int)rank;
  for (int i = 0; i < rank; i++) y.shape.dim[i] = sizes->whole[i];
  TRY(oc_onnx_take_room(r, &y.shape, filler.real ? sizeof(float) : sizeof(int64_t), &room));
  for (int64_t i = 0, n = oc_onnx_count(&y); i < n; i++) {
    if (filler.real) ((float *)room)[i] = filler.real[0];
    if (filler.whole) ((int64_t *)room)[i] = filler.whole[0];
  }
  if (filler.real) y.real = room;
  if (filler.whole) y.whole = room;
  return oc_onnx_give(r, &y);
}

/* ---- Shape, Gather, Cast ------------------------------------------------------------------------------- */

oc_status oc_onnx_read_Shape(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  int64_t begin, end, sizes[OC_MAX_RANK] = {0};
  TRY(oc_onnx_only(r, (const char *const[]){"end", "start", NULL}));
  TRY(oc_onnx_get_int(r, "start", 0, &begin));
  TRY(oc_onnx_get_int(r, "end", INT64_MAX, &end));
  TRY(oc_onnx_need(r, 0, &x));
  const int64_t rank = x->shape.rank;
  begin = begin < 0 ? oc_max_i64(0, begin + rank) : oc_min_i64(begin, rank);
  end = oc_max_i64(begin, end < 0 ? end + rank : oc_min_i64(end, rank));
  for (int i = 0; i < rank; i++)
    sizes[i] = x->shape.dim[i] == OC_BATCH ? OC_ONNX_BATCH_SIZE : x->shape.dim[i];
  return copy_wholes(r, sizes + begin, (size_t)(end - begin), OC_SHAPE(end - begin));
}

/* The numbers of elements, from 0 on. */
static oc_status read_places(oc_onnx_reader *r, const oc_onnx_value *at, int64_t size, int64_t **out) {
  void *room;
  TRY(oc_onnx_take_room(r, &at->shape, sizeof **out, &room));
  *out = room;
  for (int64_t i = 0, n = oc_onnx_count(at); i < n; i++) {
    const int64_t index = at->whole[i] < 0 ? at->whole[i] + size : at->whole[i];
    if (at->whole[i] < -size || index >= size)
      return oc_onnx_invalid(r, "index %lld of %lld", (long long)at->whole[i], (long long)size);
    (*out)[i] = index;
  }
  return OC_OK;
}

/* The axes of the indices are in the place of the axis. */
static oc_status put_axes(oc_onnx_reader *r, const oc_shape *x, int axis, const oc_shape *at, oc_shape *out) {
  *out = (oc_shape){.rank = x->rank - 1 + at->rank};
  if (out->rank > OC_MAX_RANK) return oc_onnx_unsupported(r, "%d axes", out->rank);
  for (int i = 0; i < out->rank; i++)
    out->dim[i] = i < axis ? x->dim[i] : i < axis + at->rank ? at->dim[i - axis] : x->dim[i + 1 - at->rank];
  return OC_OK;
}

oc_status oc_onnx_read_Gather(oc_onnx_reader *r) {
  const oc_onnx_value *x, *at;
  int64_t given, *places;
  int axis;
  oc_shape shape;
  oc_onnx_value y;
  TRY(oc_onnx_only(r, (const char *const[]){"axis", NULL}));
  TRY(oc_onnx_get_int(r, "axis", 0, &given));
  TRY(oc_onnx_need(r, 0, &x));
  TRY(oc_onnx_need_whole(r, 1, &at));
  TRY(oc_onnx_axis(r, given, x->shape.rank, &axis));
  if (axis == 0 && oc_onnx_is_batched(x)) return oc_onnx_unsupported(r, "a part of the batch");
  TRY(read_places(r, at, x->shape.dim[axis], &places));
  TRY(put_axes(r, &x->shape, axis, &at->shape, &shape));
  TRY(oc_onnx_take(r, x, axis, places, oc_onnx_count(at), &y));
  if (!oc_onnx_is_constant(&y)) return oc_onnx_give_reshaped(r, &y, shape);
  y.shape = shape;
  return oc_onnx_give(r, &y);
}

static bool is_whole_type(int64_t to) {
  return to == OC_ONNX_INT64 || to == OC_ONNX_INT32;
}

static oc_status cast_constant(oc_onnx_reader *r, const oc_onnx_value *x, bool to_real) {
  oc_onnx_value y = {.shape = x->shape};
  void *room;
  if (to_real == (x->real != NULL)) return oc_onnx_give(r, x);
  TRY(oc_onnx_take_room(r, &y.shape, to_real ? sizeof(float) : sizeof(int64_t), &room));
  for (int64_t i = 0, n = oc_onnx_count(x); i < n; i++) {
    if (to_real && x->whole[i] == OC_ONNX_BATCH_SIZE)
      return oc_onnx_unsupported(r, "arithmetic with the size of the batch");
    if (!to_real && !(fabsf(x->real[i]) < 0x1p62f))
      return oc_onnx_invalid(r, "a number that is not an integer");
    if (to_real)
      ((float *)room)[i] = (float)x->whole[i];
    else
      ((int64_t *)room)[i] = (int64_t)x->real[i];
  }
  if (to_real) y.real = room;
  if (!to_real) y.whole = room;
  return oc_onnx_give(r, &y);
}

oc_status oc_onnx_read_Cast(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  int64_t to;
  TRY(oc_onnx_only(r, (const char *const[]){"to", NULL}));
  TRY(oc_onnx_get_int(r, "to", 0, &to));
  TRY(oc_onnx_need(r, 0, &x));
  if (oc_onnx_is_constant(x) && (to == OC_ONNX_FLOAT || is_whole_type(to)))
    return cast_constant(r, x, to == OC_ONNX_FLOAT);
  if (!oc_onnx_is_constant(x) && to == OC_ONNX_FLOAT) return oc_onnx_give(r, x);
  return oc_onnx_unsupported(r, "a cast to type %lld", (long long)to);
}
