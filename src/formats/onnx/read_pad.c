/* read_pad.c: Pad: constants, or elements again, before and after its axes. Negative numbers cut. */
#include "formats/onnx/onnx_reader.h"
#include "base/checked.h"
#include <math.h>
#include <string.h>

/* Elements before and after each axis of ONNX. */
typedef struct padding {
  int64_t before[OC_MAX_RANK], after[OC_MAX_RANK];
} padding;

/* ---- modes --------------------------------------------------------------------------------------------- */

/* Which of the n elements of an axis stands at i, which may be before or after them. */
typedef int64_t source(int64_t i, int64_t n);

static int64_t itself(int64_t i, int64_t n) {
  (void)n;
  return i;
}

static int64_t nearest(int64_t i, int64_t n) {
  return oc_max_i64(0, oc_min_i64(i, n - 1));
}

static int64_t wrapped(int64_t i, int64_t n) {
  return (i % n + n) % n;
}

/* The first and the last element are not repeated. */
static int64_t mirrored(int64_t i, int64_t n) {
  const int64_t period = oc_max_i64(1, 2 * (n - 1)), at = wrapped(i, period);
  return oc_min_i64(at, period - at);
}

static const struct {
  const char *name;
  source *of; /* NULL: constants */
} MODES[] = {{"", NULL}, {"constant", NULL}, {"edge", nearest}, {"reflect", mirrored}, {"wrap", wrapped}};

static oc_status read_mode(oc_onnx_reader *r, source **of) {
  char mode[32];
  TRY(oc_onnx_get_text(r, "mode", mode));
  for (size_t i = 0; i < sizeof MODES / sizeof *MODES; i++) {
    *of = MODES[i].of;
    if (strcmp(mode, MODES[i].name) == 0) return OC_OK;
  }
  return oc_onnx_unsupported(r, "mode '%s'", mode);
}

/* ---- zeros around images ------------------------------------------------------------------------------- */

/* The padding of four axes as that of axes 1 and 2 of the node; false if it is of others, or cuts. */
static bool find_pads(const oc_onnx_value *x, const padding *p, int64_t pad[4]) {
  memset(pad, 0, 4 * sizeof *pad);
  for (int i = 0; i < 4; i++) {
    const int axis = x->perm[i];
    if (p->before[i] < 0 || p->after[i] < 0) return false;
    if (axis == 0 || axis == 3) {
      if (p->before[i] || p->after[i]) return false;
      continue;
    }
    pad[2 * axis - 2] = p->before[i];
    pad[2 * axis - 1] = p->after[i];
  }
  return true;
}

/* Zeros around rows and columns are left to the nodes that read them: a Conv has padding of its own. *done is
 * false if it is other padding, neither as the image lies nor with its axes in our order. */
static oc_status leave_to_readers(oc_onnx_reader *r, const oc_onnx_value *x, const padding *p, bool *done) {
  const oc_onnx_value ours = {.perm = {0, 3, 1, 2}};
  oc_onnx_value y = *x;
  int64_t pad[4];
  *done = x->shape.rank == 4 && (find_pads(x, p, pad) || find_pads(&ours, p, pad));
  if (!*done) return OC_OK;
  if (!find_pads(x, p, pad)) {
    TRY(oc_onnx_image(r, x, NULL, &y.node));
    memcpy(y.perm, ours.perm, sizeof y.perm);
    memset(y.pad, 0, sizeof y.pad);
    (void)find_pads(&y, p, pad);
  }
  y.step = OC_ONNX_NO_STEP;
  for (int i = 0; i < 4; i++) {
    y.shape.dim[i] += y.shape.dim[i] == OC_BATCH ? 0 : p->before[i] + p->after[i];
    y.pad[i] += pad[i];
    if (y.pad[i] > INT32_MAX) return oc_onnx_invalid(r, "too much padding");
  }
  return oc_onnx_give(r, &y);
}

/* ---- any axis ------------------------------------------------------------------------------------------ */

/* Both below 0: what is left; else each element is one of the axis. */
static oc_status select_elements(oc_onnx_reader *r, oc_onnx_value *y, int axis, int64_t before, int64_t after,
                                 source *of) {
  const oc_onnx_value from = *y;
  const int64_t size = y->shape.dim[axis], count = size + before + after;
  const oc_shape list = OC_SHAPE(count);
  void *at;
  if (before == 0 && after == 0) return OC_OK;
  if (count < 0 || (size == 0 && count))
    return oc_onnx_invalid(r, "padding of %lld and %lld around %lld elements", (long long)before,
                           (long long)after, (long long)size);
  TRY(oc_onnx_take_room(r, &list, sizeof(int64_t), &at));
  for (int64_t i = 0; i < count; i++) ((int64_t *)at)[i] = of(i - before, size);
  return oc_onnx_take(r, &from, axis, at, count, y);
}

/* The axis becomes the columns of an image, and all axes after it become its channels. */
static oc_status surround(oc_onnx_reader *r, oc_onnx_value *y, int axis, int64_t before, int64_t after,
                          double value) {
  oc_graph *g = r->out->g;
  const int of = y->perm[axis], batch = oc_onnx_is_batched(y);
  oc_shape s = oc_node_shape(g, y->node), image = OC_SHAPE(batch ? OC_BATCH : 1, 1, s.dim[of], 1);
  const oc_shape list = OC_SHAPE(s.dim[of] + before + after);
  void *filler;
  if (before == 0 && after == 0) return OC_OK;
  for (int i = batch; i < s.rank; i++)
    if (i != of) image.dim[i < of ? 1 : 3] *= s.dim[i];
  oc_node node = oc_reshape(g, y->node, image);
  TRY(oc_onnx_padded(r, &node, (const int64_t[]){0, 0, before, after}));
  s.dim[of] = y->shape.dim[axis] = list.dim[0];
  y->node = oc_reshape(g, node, s);
  TRY(oc_graph_status(g, r->err));
  if (value == 0) return OC_OK;
  TRY(oc_onnx_take_room(r, &list, sizeof(float), &filler));
  for (int64_t i = 0; i < list.dim[0]; i++)
    ((float *)filler)[i] = i < before || i >= list.dim[0] - after ? (float)value : 0;
  return oc_onnx_add_along(r, &y->node, of, filler);
}

/* The value as it lies, with the zeros that are meant around it; a flattened image in the order of ONNX. */
static oc_status begin(oc_onnx_reader *r, const oc_onnx_value *x, oc_onnx_value *y) {
  oc_node node;
  TRY(x->flat[0] ? oc_onnx_plain(r, x, &node) : oc_onnx_as_it_lies(r, x, &node));
  if (x->flat[0]) return oc_onnx_value_of(r, node, false, y);
  *y = *x;
  y->node = node;
  memset(y->pad, 0, sizeof y->pad);
  return OC_OK;
}

/* ---- the operator -------------------------------------------------------------------------------------- */

static oc_status read_padding(oc_onnx_reader *r, const oc_onnx_value *x, padding *p) {
  const int64_t *list, *axes;
  int64_t count, listed;
  unsigned seen = 0;
  TRY(oc_onnx_list_of(r, 1, 11, "pads", &list, &count));
  TRY(oc_onnx_list_of(r, 3, 0, "axes", &axes, &listed));
  const int64_t n = oc_onnx_input(r, 3) ? listed : x->shape.rank;
  if (count / 2 != n || count % 2)
    return oc_onnx_invalid(r, "%lld pads of %lld axes", (long long)count, (long long)n);
  *p = (padding){{0}, {0}};
  for (int64_t i = 0; i < n; i++) {
    int axis;
    TRY(oc_onnx_axis(r, oc_onnx_input(r, 3) ? axes[i] : i, x->shape.rank, &axis));
    if (seen >> axis & 1) return oc_onnx_invalid(r, "it names axis %d twice", axis);
    seen |= 1u << axis;
    p->before[axis] = list[i];
    p->after[axis] = list[n + i];
    if (list[i] < -INT32_MAX || list[i] > INT32_MAX || list[n + i] < -INT32_MAX || list[n + i] > INT32_MAX)
      return oc_onnx_unsupported(r, "padding of more than 2^31 elements");
    if (axis == 0 && oc_onnx_is_batched(x) && (list[i] || list[n + i]))
      return oc_onnx_unsupported(r, "padding of the batch");
  }
  return OC_OK;
}

static oc_status read_filler(oc_onnx_reader *r, double *value) {
  const oc_onnx_value *filler;
  TRY(oc_onnx_get_float(r, "value", 0, value));
  if (!oc_onnx_input(r, 2)) return OC_OK;
  TRY(oc_onnx_need_real(r, 2, &filler));
  if (oc_onnx_count(filler) != 1) return oc_onnx_invalid(r, "its value is not a single number");
  *value = (double)filler->real[0];
  return isfinite(*value) ? OC_OK : oc_onnx_unsupported(r, "padding with NaN or infinite values");
}

oc_status oc_onnx_read_Pad(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  oc_onnx_value y;
  padding p;
  double value;
  source *of;
  bool done = false;
  TRY(oc_onnx_only(r, (const char *const[]){"mode", "pads", "value", NULL}));
  TRY(read_mode(r, &of));
  TRY(oc_onnx_need_node(r, 0, &x));
  TRY(read_padding(r, x, &p));
  TRY(read_filler(r, &value));
  if (!of && value == 0) TRY(leave_to_readers(r, x, &p, &done));
  if (done) return OC_OK;
  TRY(begin(r, x, &y));
  for (int i = 0; i < x->shape.rank; i++) {
    const int64_t before = oc_max_i64(0, p.before[i]), after = oc_max_i64(0, p.after[i]);
    TRY(select_elements(r, &y, i, p.before[i] - before, p.after[i] - after, itself));
    TRY(of ? select_elements(r, &y, i, before, after, of) : surround(r, &y, i, before, after, value));
  }
  return oc_onnx_give_like(r, y.node, &y);
}
