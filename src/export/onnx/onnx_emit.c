/* onnx_emit.c: writes the operations of a prediction in their order. */
#include "export/onnx/onnx_writer.h"
#include <string.h>

static const oc_onnx_emitter emitters[] = {
#define OC_ROW(name, emitter) {#name, oc_onnx_emit_##emitter},
#include "export/onnx/onnx_emit.def"
#undef OC_ROW
};

/* ---- what is needed ------------------------------------------------------------------------------------ */

/* Inputs as a plan without training reads them: batch normalization reads moving values. */
static int input_of(const oc_op_info *info, int i) {
  return oc_op_input(info->op, i, false);
}

/* True if op, which reads another as input i, allows its features in any order: a product with known
 * weights, whose rows can follow, or dropout before such a product. */
static bool takes_any_order(const oc_onnx_writer *w, int32_t op, int i) {
  const oc_op_info *info = oc_graph_info(w->g, op);
  if (i != 0) return false;
  if (info->op->inference_identity) return w->any_order[op];
  return strcmp(info->op->name, "matmul") == 0 && !((const oc_matmul_attrs *)info->attrs)->transpose_a &&
         oc_onnx_is_source(w, oc_graph_input(w->g, op, 1));
}

/* Readers come after what they read: one walk from the end visits every operation after all its readers. */
static void find_readers(oc_onnx_writer *w, const oc_node *nodes, int count) {
  for (int32_t op = 0; op < w->count; op++) w->any_order[op] = true;
  for (int i = 0; i < count; i++) {
    w->users[oc_node_index(nodes[i])]++;
    w->any_order[oc_node_index(nodes[i])] = false;
  }
  for (int32_t op = w->count - 1; op >= 0; op--) {
    const oc_op_info *info = oc_graph_info(w->g, op);
    for (int i = 0; w->users[op] && i < info->n_in; i++) {
      const int32_t from = oc_node_index(oc_graph_input(w->g, op, i));
      if (input_of(info, i) != i) continue;
      w->users[from]++;
      w->reader[from] = op;
      if (!takes_any_order(w, op, i)) w->any_order[from] = false;
    }
  }
}

/* ---- the walk ------------------------------------------------------------------------------------------ */

static oc_onnx_emit_fn *find_emitter(const char *op) {
  for (size_t i = 0; i < sizeof emitters / sizeof *emitters; i++)
    if (strcmp(emitters[i].op, op) == 0) return emitters[i].emit;
  return NULL;
}

/* A convolution or product whose only reader adds a bias is written with it. */
static bool waits_for_bias(const oc_onnx_writer *w, int32_t op) {
  const char *name = oc_graph_info(w->g, op)->op->name;
  const int32_t user = w->reader[op];
  if (w->users[op] != 1 || (strcmp(name, "conv2d") != 0 && strcmp(name, "matmul") != 0)) return false;
  return user > op && strcmp(oc_graph_info(w->g, user)->op->name, "bias_add") == 0 &&
         oc_node_index(oc_graph_input(w->g, user, 0)) == op &&
         oc_onnx_is_source(w, oc_graph_input(w->g, user, 1));
}

void oc_onnx_emit(oc_onnx_writer *w, const oc_node *nodes, int count) {
  find_readers(w, nodes, count);
  for (int32_t op = 0; op < w->count && w->status == OC_OK; op++) {
    const oc_op_info *info = oc_graph_info(w->g, op);
    if (w->users[op] == 0 || w->names[op] || info->op->is_source || waits_for_bias(w, op)) continue;
    oc_onnx_emit_fn *emit = find_emitter(info->op->name);
    if (emit)
      emit(w, op);
    else
      oc_onnx_refuse(w, op, "ONNX has no such operation");
  }
}
