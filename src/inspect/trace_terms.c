/* trace_terms.c: lists the terms of one element of an operation, by the definitions in src/ops. */
#include "inspect/trace.h"
#include "ops/ops.h"
#include <math.h>
#include <string.h>

static bool reserve(oc_trace_work *t, int64_t most) {
  t->step->terms = oc_arena_alloc(t->arena, (size_t)most * sizeof *t->step->terms);
  if (t->step->terms) memset(t->step->terms, 0, (size_t)most * sizeof *t->step->terms);
  return t->step->terms != NULL;
}

oc_trace_term *oc_trace_add(oc_trace_step *s, double value, double weight) {
  oc_trace_term *term = &s->terms[s->count++];
  term->value = value + 0.0; /* no -0, which would look like an error */
  term->weight = weight + 0.0;
  term->product = value * weight + 0.0;
  s->computed += term->product;
  s->scale += fabs(term->product);
  return term;
}

static oc_trace_term *add_term(oc_trace_work *t, double value, double weight) {
  return oc_trace_add(t->step, value, weight);
}

/* Element (row, column, channel) of input 0. */
static double input_at(const oc_trace_work *t, int64_t row, int64_t column, int64_t channel) {
  const oc_shape *x = &t->info->in[0].shape;
  return (double)t->x[(row * x->dim[2] + column) * x->dim[3] + channel];
}

static void set_position(oc_trace_term *term, int64_t row, int64_t column, int64_t channel) {
  term->x[0] = row;
  term->x[1] = column;
  term->x[2] = channel;
}

static bool inside(const oc_shape *x, int64_t row, int64_t column) {
  return row >= 0 && row < x->dim[1] && column >= 0 && column < x->dim[2];
}

/* ---- sums ---------------------------------------------------------------------------------------------- */

static void add_tap(oc_trace_work *t, const oc_conv2d_attrs *a, int64_t ky, int64_t kx) {
  const oc_shape *x = &t->info->in[0].shape, *w = &t->info->in[1].shape;
  const int64_t row = t->step->index[0] * a->stride[0] + ky * a->dilation[0] - a->pad[0];
  const int64_t column = t->step->index[1] * a->stride[1] + kx * a->dilation[1] - a->pad[2];
  const int64_t out = t->step->index[2], group = out / (w->dim[3] / a->groups);
  const int64_t wy = a->flip ? w->dim[0] - 1 - ky : ky, wx = a->flip ? w->dim[1] - 1 - kx : kx;
  if (!inside(x, row, column)) {
    t->step->outside += w->dim[2];
    return;
  }
  for (int64_t i = 0; i < w->dim[2]; i++) {
    const int64_t channel = group * w->dim[2] + i;
    const float weight = t->w[((wy * w->dim[1] + wx) * w->dim[2] + i) * w->dim[3] + out];
    oc_trace_term *term = add_term(t, input_at(t, row, column, channel), (double)weight);
    set_position(term, row, column, channel);
    memcpy(term->w, (int64_t[]){wy, wx, i, out}, 4 * sizeof *term->w);
  }
}

static bool conv2d(oc_trace_work *t) {
  const oc_shape *w = &t->info->in[1].shape;
  if (!reserve(t, w->dim[0] * w->dim[1] * w->dim[2])) return false;
  for (int64_t ky = 0; ky < w->dim[0]; ky++)
    for (int64_t kx = 0; kx < w->dim[1]; kx++) add_tap(t, t->info->attrs, ky, kx);
  return true;
}

static bool matmul(oc_trace_work *t) {
  const int64_t sums = t->info->in[0].shape.dim[1], columns = t->info->out[0].shape.dim[1];
  const oc_matmul_attrs *a = t->info->attrs;
  const int64_t out = t->step->index[0];
  if (!reserve(t, sums)) return false;
  for (int64_t k = 0; k < sums; k++) {
    oc_trace_term *term =
        add_term(t, (double)t->x[k], (double)t->w[a->transpose_b ? out * sums + k : k * columns + out]);
    term->x[0] = k;
    term->w[a->transpose_b] = k;
    term->w[!a->transpose_b] = out;
  }
  return true;
}

/* Every element of the window that lies in the image, with weight 1. */
static bool window(oc_trace_work *t) {
  const oc_pool_attrs *a = t->info->attrs;
  const oc_shape *x = &t->info->in[0].shape;
  const int64_t top = t->step->index[0] * a->stride[0] - a->pad[0];
  const int64_t left = t->step->index[1] * a->stride[1] - a->pad[2], channel = t->step->index[2];
  const int64_t first_row = top > 0 ? top : 0, first_column = left > 0 ? left : 0;
  if (!reserve(t, x->dim[1] * x->dim[2])) return false;
  for (int64_t row = first_row; row < top + a->size[0] && row < x->dim[1]; row++)
    for (int64_t column = first_column; column < left + a->size[1] && column < x->dim[2]; column++)
      set_position(add_term(t, input_at(t, row, column, channel), 1), row, column, channel);
  return true;
}

static bool mean_of(oc_trace_work *t) {
  oc_trace_step *s = t->step;
  const double share = 1 / (double)s->count;
  s->computed = s->scale = 0;
  for (int64_t i = 0; i < s->count; i++) {
    s->terms[i].weight = share;
    s->terms[i].product = s->terms[i].value * share;
    s->computed += s->terms[i].product;
    s->scale += fabs(s->terms[i].product);
  }
  return true;
}

static bool mean_pool(oc_trace_work *t) {
  return window(t) && mean_of(t);
}

static bool global_mean_pool(oc_trace_work *t) {
  const oc_shape *x = &t->info->in[0].shape;
  if (!reserve(t, x->dim[1] * x->dim[2])) return false;
  for (int64_t i = 0; i < x->dim[1] * x->dim[2]; i++) {
    const int64_t row = i / x->dim[2], column = i % x->dim[2], channel = t->step->index[0];
    set_position(add_term(t, input_at(t, row, column, channel), 1), row, column, channel);
  }
  return mean_of(t);
}

/* ---- one value ----------------------------------------------------------------------------------------- */

static bool max_pool(oc_trace_work *t) {
  if (!window(t)) return false;
  oc_trace_term *best = t->step->terms;
  for (int64_t i = 1; i < t->step->count; i++) {
    const double v = t->step->terms[i].value;
    if (isnan(best->value)) break;
    if (v > best->value || isnan(v)) best = &t->step->terms[i];
  }
  t->step->computed = best->value;
  memcpy(t->next, best->x, sizeof t->next);
  return true;
}

/* The element of x at the same index in row order, which has another shape in a reshape. */
static bool same_position(oc_trace_work *t) {
  const oc_shape *y = &t->info->out[0].shape, *x = &t->info->in[0].shape;
  int64_t place_in_order = 0;
  for (int i = 1; i < y->rank; i++) place_in_order = place_in_order * y->dim[i] + t->step->index[i - 1];
  if (!reserve(t, 2)) return false;
  oc_trace_term *term = add_term(t, (double)t->x[place_in_order], 1);
  for (int i = x->rank - 1; i > 0; i--) {
    term->x[i - 1] = place_in_order % x->dim[i];
    place_in_order /= x->dim[i];
  }
  memcpy(t->next, term->x, sizeof t->next);
  return true;
}

static bool bias_add(oc_trace_work *t) {
  if (!same_position(t)) return false;
  const int64_t channel = t->step->index[t->step->rank - 1];
  oc_trace_term *term = add_term(t, 1, (double)t->w[channel]);
  term->bias = true;
  term->w[0] = channel;
  return true;
}

/* The operation's own definition, in float64, of one element. */
static bool function(oc_trace_work *t) {
  if (!same_position(t)) return false;
  oc_tensor_desc one = {OC_F64, OC_SHAPE(OC_BATCH)};
  oc_op_info info = *t->info;
  info.op = oc_ops_twin(t->info->op, OC_F64);
  info.in = &one;
  info.out[0] = one;
  const double x = t->step->computed;
  const oc_run_state state = {0};
  const void *in[] = {&x};
  const oc_call call = {.info = &info,
                        .in = in,
                        .out = {&t->step->computed},
                        .samples = 1,
                        .batch = 1,
                        .plan_batch = 1,
                        .chunk = 1,
                        .parts = 1,
                        .state = &state};
  info.op->run(&call);
  return true;
}

/* p_i = exp(z_i - most) / sum over j of exp(z_j - most). The term of j is p_j; the walk continues with
 * z_i. */
static bool softmax(oc_trace_work *t) {
  const int64_t classes = t->info->in[0].shape.dim[1];
  double most = -INFINITY, sum = 0;
  if (!reserve(t, classes)) return false;
  for (int64_t j = 0; j < classes; j++) most = fmax(most, (double)t->x[j]);
  for (int64_t j = 0; j < classes; j++) sum += exp((double)t->x[j] - most);
  for (int64_t j = 0; j < classes; j++) {
    oc_trace_term *term = &t->step->terms[t->step->count++];
    *term = (oc_trace_term){.x = {j}, .value = (double)t->x[j], .weight = 1 / sum};
    term->product = exp(term->value - most) / sum;
  }
  t->step->computed = t->step->terms[t->step->index[0]].product;
  t->step->scale = 1;
  t->next[0] = t->step->index[0];
  return true;
}

/* ---- by kind ------------------------------------------------------------------------------------------- */

static const struct {
  bool (*terms)(oc_trace_work *t);
  bool goes_on; /* a single value of the input decides */
} kinds[] = {[OC_TERMS_NONE] = {NULL, false},
             [OC_TERMS_CONVOLUTION] = {conv2d, false},
             [OC_TERMS_PRODUCT] = {matmul, false},
             [OC_TERMS_MEAN] = {mean_pool, false},
             [OC_TERMS_MEAN_OF_ALL] = {global_mean_pool, false},
             [OC_TERMS_LARGEST] = {max_pool, true},
             [OC_TERMS_BIAS] = {bias_add, true},
             [OC_TERMS_ELEMENT] = {same_position, true},
             [OC_TERMS_FUNCTION] = {function, true},
             [OC_TERMS_SOFTMAX] = {softmax, true}};

bool oc_trace_known(const oc_op_info *info, bool *goes_on) {
  const oc_terms terms = info->op->terms;
  const bool transposed = terms == OC_TERMS_PRODUCT && ((const oc_matmul_attrs *)info->attrs)->transpose_a;
  if (!kinds[terms].terms || transposed) return false;
  *goes_on = kinds[terms].goes_on;
  return true;
}

bool oc_trace_terms(oc_trace_work *t) {
  return kinds[t->info->op->terms].terms(t);
}
