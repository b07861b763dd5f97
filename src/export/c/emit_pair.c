/* emit_pair.c: writes operations on two tensors element by element, and factors or slopes for each channel.
 * Of two shapes the smaller one is repeated if it is the end of the other: one number, or the channels. */
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

static oc_status pair_prepare(oc_c_network *n, oc_c_step *s, oc_error *err) {
  const oc_tensor_desc *a = &n->values[s->in[0]].type, *b = &n->values[s->in[1]].type;
  const int64_t p = oc_tensor_desc_row(a), q = oc_tensor_desc_row(b);
  const int64_t count = oc_tensor_desc_row(&s->info->out[0]);
  const bool fits = (p == count && is_end_of(a, b)) || (q == count && is_end_of(b, a));
  return fits ? OC_OK : oc_c_refuse(s, "one shape is not the end of the other", err);
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
  size_t used = 0;
  for (const char *at = formula; *at && used + sizeof a < sizeof value; at++) {
    const char *piece = *at == 'P' ? a : *at == 'Q' ? b : NULL;
    used += (size_t)snprintf(value + used, sizeof value - used, piece ? "%s" : "%.1s", piece ? piece : at);
  }
  oc_c_put(t, "  for (int i = 0; i < %lld; i += %lld)\n", (long long)all, (long long)inner);
  oc_c_put(t, "    for (int k = 0; k < %lld; k++)", (long long)inner);
  oc_c_put_result(t, s, "y[i + k]", value);
}

/* `formula` has P and Q for the two elements. */
#define PAIR(id, formula, ...)                                                                               \
  static void id##_body(oc_c_text *t, const oc_c_network *n, const oc_c_step *s) {                           \
    put_pairs(t, n, s, formula);                                                                             \
  }                                                                                                          \
  OC_C_EMITTER(id, .in_place = true, .activates = true, .prepare = pair_prepare, .body = id##_body)

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
