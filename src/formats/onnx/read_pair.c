/* read_pair.c: operators on two tensors, element by element, with broadcasting; PRelu. */
#include "formats/onnx/onnx_reader.h"
#include "base/checked.h"
#include <math.h>
#include <string.h>

typedef oc_node pair_function(oc_graph *g, oc_node a, oc_node b);
typedef struct pair {
  const char *type;
  pair_function *make;
  float (*real)(float a, float b);
  bool (*whole)(int64_t a, int64_t b, int64_t *out); /* NULL: not of integers */
} pair;

/* ---- two constants ------------------------------------------------------------------------------------- */

static float add_real(float a, float b) {
  return a + b;
}
static float sub_real(float a, float b) {
  return a - b;
}
static float mul_real(float a, float b) {
  return a * b;
}
static float div_real(float a, float b) {
  return a / b;
}
static float max_real(float a, float b) {
  return a > b || isnan(a) ? a : b;
}
static float min_real(float a, float b) {
  return a < b || isnan(a) ? a : b;
}
static bool sub_whole(int64_t a, int64_t b, int64_t *out) {
  return !__builtin_sub_overflow(a, b, out);
}
static bool add_whole(int64_t a, int64_t b, int64_t *out) {
  return !__builtin_add_overflow(a, b, out);
}
static bool mul_whole(int64_t a, int64_t b, int64_t *out) {
  return !__builtin_mul_overflow(a, b, out);
}
static bool max_whole(int64_t a, int64_t b, int64_t *out) {
  *out = oc_max_i64(a, b);
  return true;
}
static bool min_whole(int64_t a, int64_t b, int64_t *out) {
  *out = oc_min_i64(a, b);
  return true;
}
static bool div_whole(int64_t a, int64_t b, int64_t *out) {
  if (b == 0 || (a == INT64_MIN && b == -1)) return false;
  *out = a / b;
  return true;
}

static oc_status fold(oc_onnx_reader *r, const pair *p, const oc_onnx_value *a, const oc_onnx_value *b) {
  oc_onnx_value y = {0}, x1, x2;
  void *room;
  const bool reals = a->real && b->real;
  if (!reals && !(a->whole && b->whole && p->whole))
    return oc_onnx_unsupported(r, "constants of these types");
  TRY(oc_onnx_broadcast_shape(r, &a->shape, &b->shape, &y.shape));
  TRY(oc_onnx_broadcast(r, a, &y.shape, &x1));
  TRY(oc_onnx_broadcast(r, b, &y.shape, &x2));
  TRY(oc_onnx_take_room(r, &y.shape, reals ? sizeof(float) : sizeof(int64_t), &room));
  for (int64_t i = 0, count = oc_onnx_count(&y); i < count; i++) {
    if (reals)
      ((float *)room)[i] = p->real(x1.real[i], x2.real[i]);
    else if (x1.whole[i] == OC_ONNX_BATCH_SIZE || x2.whole[i] == OC_ONNX_BATCH_SIZE)
      return oc_onnx_unsupported(r, "arithmetic with the size of the batch");
    else if (!p->whole(x1.whole[i], x2.whole[i], (int64_t *)room + i))
      return oc_onnx_invalid(r, "an integer overflows, or is divided by 0");
  }
  if (reals) y.real = room;
  if (!reals) y.whole = room;
  return oc_onnx_give(r, &y);
}

/* ---- a constant and a node ----------------------------------------------------------------------------- */

/* The constant that goes with `x`: its axes in the order of the node, without 1s in front. */
static oc_status beside(oc_onnx_reader *r, const oc_onnx_value *c, const oc_onnx_value *x, oc_node *out) {
  oc_onnx_value as = *c;
  const int rank = x->shape.rank, more = rank - c->shape.rank;
  int inverse[OC_MAX_RANK] = {0}, ones = 0;
  oc_shape shape;
  const float *values;
  if (!c->real) return oc_onnx_unsupported(r, "'%.60s' is of integers", c->name);
  if (oc_onnx_count(c) == 1) {
    *out = oc_scalar(r->out->g, (double)c->real[0]);
    return OC_OK;
  }
  if (more < 0) return oc_onnx_unsupported(r, "'%.60s' has more axes than what it goes with", c->name);
  as.shape.rank = rank;
  for (int i = 0; i < rank; i++) {
    as.shape.dim[i] = i < more ? 1 : c->shape.dim[i - more];
    inverse[x->perm[i]] = i;
  }
  TRY(oc_onnx_permuted(r, &as, inverse, &shape, &values));
  while (ones + 1 < rank && shape.dim[ones] == 1) ones++;
  oc_shape rest = {.rank = rank - ones};
  for (int i = 0; i < rest.rank; i++) rest.dim[i] = shape.dim[ones + i];
  *out = oc_onnx_weight_of(r, c, rest, values, c->weight);
  return oc_graph_status(r->out->g, r->err);
}

/* The result has the axes of x. */
static oc_status give_as(oc_onnx_reader *r, oc_node node, const oc_onnx_value *x) {
  oc_onnx_value like = *x;
  TRY(oc_graph_status(r->out->g, r->err));
  const oc_shape shape = oc_node_shape(r->out->g, node);
  if (shape.rank != x->shape.rank) return oc_onnx_unsupported(r, "broadcasting to more axes");
  for (int i = 0; i < shape.rank; i++) like.shape.dim[i] = shape.dim[x->perm[i]];
  return oc_onnx_give_like(r, node, &like);
}

/* Remembers what is multiplied by a number, which may be a step of gelu. */
static void note_factor(const oc_onnx_reader *r, const pair *p, const oc_onnx_value *x,
                        const oc_onnx_value *c) {
  oc_onnx_value *y = oc_onnx_value_find(r, r->node->output[0]);
  const bool div = strcmp(p->type, "Div") == 0;
  if (oc_onnx_count(c) != 1 || (!div && strcmp(p->type, "Mul") != 0)) return;
  y->step = OC_ONNX_SCALED;
  y->of = x;
  y->factor = div ? 1 / (double)c->real[0] : (double)c->real[0];
}

static oc_status with_constant(oc_onnx_reader *r, const pair *p, const oc_onnx_value *x,
                               const oc_onnx_value *c, bool constant_first) {
  oc_graph *g = r->out->g;
  oc_node in, other;
  oc_onnx_value plain = *x;
  if (x->flat[0] && oc_onnx_count(c) != 1) { /* the features must lie as the constant has them */
    TRY(oc_onnx_plain(r, x, &plain.node));
    memset(plain.flat, 0, sizeof plain.flat);
  }
  TRY(oc_onnx_as_it_lies(r, &plain, &in));
  TRY(beside(r, c, &plain, &other));
  const oc_shape s = oc_node_shape(g, other), like = oc_node_shape(g, in);
  const bool bias = strcmp(p->type, "Add") == 0 && s.rank == 1 && s.dim[0] == like.dim[like.rank - 1];
  TRY(give_as(r,
              bias             ? oc_bias_add(g, in, other)
              : constant_first ? p->make(g, other, in)
                               : p->make(g, in, other),
              &plain));
  if (!constant_first) note_factor(r, p, x, c);
  return OC_OK;
}

/* ---- two nodes ----------------------------------------------------------------------------------------- */

static bool same_axes(const oc_onnx_value *a, const oc_onnx_value *b) {
  return a->shape.rank == b->shape.rank && memcmp(a->perm, b->perm, sizeof a->perm) == 0 &&
         memcmp(a->flat, b->flat, sizeof a->flat) == 0;
}

/* An image times a number for each channel of each image, as in squeeze-and-excite. */
static bool scales_channels(const pair *p, const oc_onnx_value *x, const oc_onnx_value *s) {
  const oc_shape factors = {.rank = 4, .dim = {OC_BATCH, x->shape.dim[1], 1, 1}};
  return strcmp(p->type, "Mul") == 0 && x->shape.rank == 4 && oc_shape_equal(&s->shape, &factors);
}

static oc_status scale_channels(oc_onnx_reader *r, const oc_onnx_value *x, const oc_onnx_value *s) {
  oc_node image, factors;
  TRY(oc_onnx_image(r, x, NULL, &image));
  TRY(oc_onnx_image(r, s, NULL, &factors));
  return oc_onnx_give_image(r, oc_channel_scale(r->out->g, image, oc_flatten(r->out->g, factors)));
}

static oc_status of_nodes(oc_onnx_reader *r, const pair *p, const oc_onnx_value *a, const oc_onnx_value *b) {
  oc_node x, y;
  if (scales_channels(p, a, b)) return scale_channels(r, a, b);
  if (scales_channels(p, b, a)) return scale_channels(r, b, a);
  if (same_axes(a, b)) {
    TRY(oc_onnx_as_it_lies(r, a, &x));
    TRY(oc_onnx_as_it_lies(r, b, &y));
    return give_as(r, p->make(r->out->g, x, y), a);
  }
  TRY(oc_onnx_plain(r, a, &x));
  TRY(oc_onnx_plain(r, b, &y));
  return oc_onnx_give_plain(r, p->make(r->out->g, x, y));
}

static oc_status of_two(oc_onnx_reader *r, const pair *p, const oc_onnx_value *a, const oc_onnx_value *b) {
  if (oc_onnx_is_constant(b)) return with_constant(r, p, a, b, false);
  if (oc_onnx_is_constant(a)) return with_constant(r, p, b, a, true);
  return of_nodes(r, p, a, b);
}

static oc_status read_pair(oc_onnx_reader *r, const pair *p) {
  const oc_onnx_value *a, *b;
  bool done;
  TRY(oc_onnx_only(r, (const char *const[]){NULL}));
  if (oc_onnx_inputs(r) != 2) return oc_onnx_unsupported(r, "%d inputs", oc_onnx_inputs(r));
  TRY(oc_onnx_need(r, 0, &a));
  TRY(oc_onnx_need(r, 1, &b));
  if (oc_onnx_is_constant(a) && oc_onnx_is_constant(b)) return fold(r, p, a, b);
  TRY(oc_onnx_gelu_end(r, p->type, a, b, &done));
  if (done) return OC_OK;
  TRY(of_two(r, p, a, b));
  oc_onnx_gelu_note(r, p->type, a, b);
  return OC_OK;
}

/* Max and Min have any number of inputs. */
static oc_status read_any(oc_onnx_reader *r, const pair *p) {
  const oc_onnx_value *x;
  oc_node y, next;
  if (oc_onnx_inputs(r) == 2) return read_pair(r, p);
  TRY(oc_onnx_only(r, (const char *const[]){NULL}));
  TRY(oc_onnx_need(r, 0, &x));
  TRY(oc_onnx_plain(r, x, &y));
  for (int i = 1; i < oc_onnx_inputs(r); i++) {
    TRY(oc_onnx_need(r, i, &x));
    TRY(oc_onnx_plain(r, x, &next));
    y = p->make(r->out->g, y, next);
  }
  return oc_onnx_give_plain(r, y);
}

#define DEFINE_PAIR(type, read, make, real, whole)                                                           \
  oc_status oc_onnx_read_##type(oc_onnx_reader *r) {                                                         \
    return read(r, &(const pair){#type, make, real, whole});                                                 \
  }
DEFINE_PAIR(Add, read_pair, oc_add, add_real, add_whole)
DEFINE_PAIR(Sub, read_pair, oc_subtract, sub_real, sub_whole)
DEFINE_PAIR(Mul, read_pair, oc_multiply, mul_real, mul_whole)
DEFINE_PAIR(Div, read_pair, oc_divide, div_real, div_whole)
DEFINE_PAIR(Max, read_any, oc_maximum, max_real, max_whole)

static oc_node power(oc_graph *g, oc_node a, oc_node b) {
  return oc_graph_add(g, OC_OP(g, power), (oc_node[]){a, b}, 2, NULL);
}

/* The exponent may be an integer. */
static oc_status read_power(oc_onnx_reader *r, const pair *p) {
  const oc_onnx_value *a, *b;
  void *room;
  TRY(oc_onnx_need(r, 0, &a));
  TRY(oc_onnx_need(r, 1, &b));
  if (oc_onnx_is_constant(a) || !b->whole || oc_onnx_inputs(r) != 2) return read_pair(r, p);
  oc_onnx_value as = {.name = b->name, .shape = b->shape};
  TRY(oc_onnx_take_room(r, &b->shape, sizeof(float), &room));
  for (int64_t i = 0, n = oc_onnx_count(b); i < n; i++) {
    if (b->whole[i] < -(1 << 24) || b->whole[i] > 1 << 24)
      return oc_onnx_unsupported(r, "an exponent of %lld", (long long)b->whole[i]);
    ((float *)room)[i] = (float)b->whole[i];
  }
  as.real = room;
  return with_constant(r, p, a, &as, false);
}
DEFINE_PAIR(Pow, read_power, power, powf, NULL)

/* -max(-a, -b). */
static oc_node minimum(oc_graph *g, oc_node a, oc_node b) {
  const oc_node minus = oc_scalar(g, -1);
  return oc_multiply(g, oc_maximum(g, oc_multiply(g, a, minus), oc_multiply(g, b, minus)), minus);
}
DEFINE_PAIR(Min, read_any, minimum, min_real, min_whole)

/* ---- PRelu --------------------------------------------------------------------------------------------- */

/* All axes but 1, or all, are of size 1; before opset 7 a list has one for each channel. */
static bool is_of_channels(const oc_onnx_reader *r, const oc_onnx_value *slope, const oc_onnx_value *x) {
  const int more = r->opset < 7 && slope->shape.rank == 1 ? 1 : x->shape.rank - slope->shape.rank;
  bool fits = more >= 0 && x->shape.rank >= 2;
  for (int i = 0; i < slope->shape.rank; i++) fits = fits && (more + i == 1 || slope->shape.dim[i] == 1);
  return fits;
}

/* max(x, 0) + slope min(x, 0), with any slopes. */
static oc_status read_slopes(oc_onnx_reader *r, const oc_onnx_value *x, const oc_onnx_value *slope) {
  oc_graph *g = r->out->g;
  oc_node in, by;
  TRY(oc_onnx_plain(r, x, &in));
  TRY(oc_onnx_plain(r, slope, &by));
  return oc_onnx_give_plain(r, oc_add(g, oc_relu(g, in), oc_multiply(g, oc_clip(g, in, -INFINITY, 0), by)));
}

oc_status oc_onnx_read_PRelu(oc_onnx_reader *r) {
  const oc_onnx_value *x, *slope;
  oc_node in, slopes;
  TRY(oc_onnx_only(r, (const char *const[]){NULL}));
  TRY(oc_onnx_need_node(r, 0, &x));
  TRY(oc_onnx_need(r, 1, &slope));
  if (!slope->real || !is_of_channels(r, slope, x)) return read_slopes(r, x, slope);
  TRY(oc_onnx_channels_last(r, x, &in));
  TRY(oc_onnx_vector(r, slope, x->shape.dim[1], true, &slopes));
  const oc_node y = oc_prelu(r->out->g, in, slopes);
  return x->shape.rank > 2 ? oc_onnx_give_image(r, y) : oc_onnx_give_plain(r, y);
}
