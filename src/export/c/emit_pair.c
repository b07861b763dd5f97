/* emit_pair.c: writes operations on two tensors element by element, and factors or slopes for each channel.
 * If one shape is the end of the other, as of one number or the channels, it is repeated in a loop of two
 * levels; other shapes have a loop for each axis. */
#include "export/c/c_emit.h"
#include <stdio.h>
#include <string.h>

/* True if b, without its leading axes of size 1, is the end of a's shape. */
static bool is_end_of(const oc_tensor_desc *a, const oc_tensor_desc *b) {
  if (oc_tensor_desc_row(b) == 1) return true;
  bool equal = true;
  for (int back = 1; back <= b->shape.rank; back++) {
    const int64_t size = b->shape.dim[b->shape.rank - back];
    const int64_t other = back <= a->shape.rank ? a->shape.dim[a->shape.rank - back] : 1;
    if (!equal && size != 1 && size != OC_BATCH) return false;
    equal = equal && size == other;
  }
  return true;
}

/* True if both are the result's shape, or the end of it. */
static bool is_simple(const oc_c_network *n, const oc_c_step *s) {
  const oc_tensor_desc *a = &n->values[s->in[0]].type, *b = &n->values[s->in[1]].type;
  const int64_t count = n->values[s->out].count;
  return (n->values[s->in[0]].count == count && is_end_of(a, b)) ||
         (n->values[s->in[1]].count == count && is_end_of(b, a));
}

/* The formula with its P and Q replaced. */
static void fill_in(char *out, size_t size, const char *formula, const char *p, const char *q) {
  size_t used = 0;
  for (const char *at = formula; *at && used + 1 < size; at++) {
    const char *piece = *at == 'P' ? p : *at == 'Q' ? q : NULL;
    used += (size_t)snprintf(out + used, size - used, piece ? "%s" : "%.1s", piece ? piece : at);
  }
}

/* The steps of an operand along the result's axes: 0 where it is repeated. */
static void put_place(const oc_shape *y, const oc_shape *x, int input, char *text, size_t size) {
  int64_t own[OC_MAX_RANK], steps[OC_MAX_RANK] = {0};
  char place[OC_C_PLACE];
  oc_c_steps(x, own);
  for (int i = 0; i < x->rank; i++) steps[y->rank - x->rank + i] = own[i];
  (void)snprintf(text, size, "in%d[%s]", input, oc_c_place_of(y, steps, place));
}

/* A loop for each axis. */
static void put_broadcast(oc_c_text *t, const oc_c_network *n, const oc_c_step *s, const char *formula) {
  const oc_shape *y = &s->info->out[0].shape;
  char a[OC_C_PLACE + 8], b[OC_C_PLACE + 8], value[6 * OC_C_PLACE];
  put_place(y, oc_c_shape(n, s->in[0]), 0, a, sizeof a);
  put_place(y, oc_c_shape(n, s->in[1]), 1, b, sizeof b);
  fill_in(value, sizeof value, formula, a, b);
  oc_c_put_loops(t, y);
  oc_c_put(t, "   ");
  oc_c_put_result(t, s, "*y++", value);
}

/* in0 and in1 at element i + k of the result, of which `inner` are neighbors. */
static void put_operand(char *text, size_t size, int input, int64_t count, int64_t inner, int64_t all) {
  const char *index = count == all ? "i + k" : count == inner ? "k" : "0";
  (void)snprintf(text, size, "in%d[%s]", input, index);
}

/* %s and %s: the two elements. */
static void put_pairs(oc_c_text *t, const oc_c_network *n, const oc_c_step *s, const char *formula) {
  const int64_t all = n->values[s->out].count, p = n->values[s->in[0]].count, q = n->values[s->in[1]].count;
  const int64_t small = p < q ? p : q, inner = small == 1 ? all : small;
  char a[32], b[32], value[160];
  put_operand(a, sizeof a, 0, p, inner, all);
  put_operand(b, sizeof b, 1, q, inner, all);
  fill_in(value, sizeof value, formula, a, b);
  oc_c_put(t, "  for (int i = 0; i < %lld; i += %lld)\n", (long long)all, (long long)inner);
  oc_c_put(t, "    for (int k = 0; k < %lld; k++)", (long long)inner);
  oc_c_put_result(t, s, "y[i + k]", value);
}

/* `formula` has P and Q for the two elements. */
#define PAIR(id, formula, ...)                                                                               \
  static void id##_body(oc_c_text *t, const oc_c_network *n, const oc_c_step *s) {                           \
    (is_simple(n, s) ? put_pairs : put_broadcast)(t, n, s, formula);                                         \
  }                                                                                                          \
  OC_C_EMITTER(id, .in_place = true, .activates = true, .body = id##_body)

PAIR(add, "P + Q");
PAIR(subtract, "P - Q");
PAIR(multiply, "P * Q");
PAIR(divide, "P / Q");
PAIR(maximum, "P > Q || P != P ? P : Q");

/* (n,h,w,c) and (n,c): without the batch the factors are the end of the shape. */
static void channel_scale_body(oc_c_text *t, const oc_c_network *n, const oc_c_step *s) {
  put_pairs(t, n, s, "P * Q");
}
OC_C_EMITTER(channel_scale, .in_place = true, .activates = true, .body = channel_scale_body);

static void prelu_body(oc_c_text *t, const oc_c_network *n, const oc_c_step *s) {
  put_pairs(t, n, s, "P > 0.0f ? P : Q * P");
}
OC_C_EMITTER(prelu, .in_place = true, .body = prelu_body);
