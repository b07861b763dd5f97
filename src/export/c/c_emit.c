/* c_emit.c: see c_emit.h. */
#include "export/c/c_emit.h"
#include <stdio.h>
#include <string.h>

const void *oc_c_attribute(const oc_op_info *info, const char *name) {
  for (const oc_attribute *a = info->attrs ? info->op->attributes : NULL; a && a->name; a++)
    if (strcmp(a->name, name) == 0) return (const char *)info->attrs + a->offset;
  return NULL;
}

float *oc_c_floats(oc_c_network *n, int64_t count) {
  return oc_arena_alloc(&n->arena, (size_t)count * sizeof(float));
}

oc_status oc_c_reserve(oc_c_network *n, oc_c_step *s, int64_t weights, int64_t biases, oc_error *err) {
  s->weights = oc_c_floats(n, weights);
  s->biases = oc_c_floats(n, biases);
  s->weight_count = weights;
  s->bias_count = biases;
  return s->weights && s->biases ? OC_OK : oc_fail_memory(err, (size_t)weights * sizeof *s->weights);
}

oc_status oc_c_refuse(const oc_c_step *s, const char *why, oc_error *err) {
  return oc_fail(err, OC_E_UNSUPPORTED, s->info->name, "Export it to ONNX, or use another layer.",
                 "no C for this form of the operation '%s': %s", s->info->op->name, why);
}

/* The expression, with {name} replaced by the attribute of this name. */
static void put_expression(oc_c_text *t, const oc_op_info *info, const char *expression) {
  for (const char *at = expression, *open; *at; at = open) {
    char name[32];
    open = at + strcspn(at, "{");
    oc_text_add_bytes(&t->text, at, (size_t)(open - at));
    if (*open && sscanf(open, "{%31[a-z]}", name) == 1) {
      const double *value = oc_c_attribute(info, name);
      oc_c_put_float(t, value ? (float)*value : 0);
      open += strlen(name) + 2;
    }
  }
}

void oc_c_put_result(oc_c_text *t, const oc_c_step *s, const char *to, const char *value) {
  if (!s->activation) {
    oc_c_put(t, " %s = %s;\n", to, value);
    return;
  }
  oc_c_put(t, " {\n    const float v = %s;\n    %s = ", value, to);
  put_expression(t, s->activation, s->expression);
  oc_c_put(t, ";\n  }\n");
}

int64_t oc_c_piece(int64_t count, bool whole) {
  if (count <= OC_C_LANES) return count;
  for (int64_t piece = OC_C_LANES; piece >= OC_C_LANES / 2; piece -= 4)
    if (count % piece == 0) return piece;
  for (int64_t piece = OC_C_LANES - 1; whole && piece > 1; piece--)
    if (count % piece == 0) return piece;
  return whole ? 1 : OC_C_LANES;
}
