/* op_info.c: what the functions of a caller's operation read of its use and of a call
 * (ocellus/registry.h). */
#include "graph/graph.h"

const void *oc_op_attributes(const oc_op_info *info) {
  return info ? info->attrs : NULL;
}
const char *oc_op_node_name(const oc_op_info *info) {
  return info && info->name ? info->name : "";
}
int oc_op_input_count(const oc_op_info *info) {
  return info ? info->n_in : 0;
}
oc_shape oc_op_input_shape(const oc_op_info *info, int i) {
  return info && i >= 0 && i < info->n_in ? info->in[i].shape : OC_SCALAR_SHAPE;
}
oc_dtype oc_op_input_dtype(const oc_op_info *info, int i) {
  return info && i >= 0 && i < info->n_in ? info->in[i].dtype : OC_F32;
}
oc_shape oc_op_output_shape(const oc_op_info *info, int i) {
  return info && i >= 0 && i < info->n_out ? info->out[i].shape : OC_SCALAR_SHAPE;
}
oc_dtype oc_op_output_dtype(const oc_op_info *info, int i) {
  return info && i >= 0 && i < info->n_out ? info->out[i].dtype : OC_F32;
}

/* A number of outputs that no operation has says that one was set out of order. */
void oc_op_set_output(oc_op_info *info, int i, oc_dtype dtype, oc_shape shape) {
  if (!info) return;
  if (i < 0 || i >= OC_MAX_OUT || i > info->n_out) {
    info->n_out = -1;
    return;
  }
  info->out[i] = (oc_tensor_desc){dtype, shape};
  if (i == info->n_out) info->n_out++;
}

const oc_op_info *oc_call_info(const oc_call *call) {
  return call ? call->info : NULL;
}
const void *oc_call_input(const oc_call *call, int i) {
  return call && i >= 0 && i < call->info->n_in ? call->in[i] : NULL;
}
void *oc_call_output(const oc_call *call, int i) {
  return call && i >= 0 && i < call->info->n_out ? call->out[i] : NULL;
}
int64_t oc_call_input_elements(const oc_call *call, int i) {
  return call && i >= 0 && i < call->info->n_in ? oc_call_count(call, &call->info->in[i]) : 0;
}
int64_t oc_call_output_elements(const oc_call *call, int i) {
  return call && i >= 0 && i < call->info->n_out ? oc_call_count(call, &call->info->out[i]) : 0;
}
int64_t oc_call_samples(const oc_call *call) {
  return call ? call->samples : 0;
}
int64_t oc_call_first_sample(const oc_call *call) {
  return call ? call->first : 0;
}
int64_t oc_call_batch(const oc_call *call) {
  return call ? call->batch : 0;
}
bool oc_call_training(const oc_call *call) {
  return call && call->state && call->state->training;
}
void *oc_call_scratch(const oc_call *call) {
  return call ? call->scratch : NULL;
}

oc_node oc_node_output(const oc_graph *g, oc_node node, int out) {
  const bool there = oc_graph_has(g, node) && out >= 0 && out < oc_graph_info(g, oc_node_index(node))->n_out;
  return there ? oc_node_of(oc_node_index(node), out) : OC_NO_NODE;
}
oc_node oc_node_input(const oc_graph *g, oc_node node, int i) {
  const bool there = oc_graph_has(g, node) && i >= 0 && i < oc_graph_info(g, oc_node_index(node))->n_in;
  return there ? oc_graph_input(g, oc_node_index(node), i) : OC_NO_NODE;
}
