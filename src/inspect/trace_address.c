/* trace_address.c: reads an address such as "conv_2/activation[3,5,17]": a name and one index per axis. */
#include "inspect/trace.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static oc_status no_index(const char *address, oc_error *err) {
  return oc_fail(err, OC_E_ARGUMENT, address, "Write, for example, conv_2/activation[3,5,17].",
                 "expected NAME[i,j,...] with integers between the brackets");
}

/* Reads numbers up to the closing bracket, which must end the text. */
static oc_status read_index(const char *address, const char *text, int64_t *index, int *count,
                            oc_error *err) {
  for (*count = 0; *count < OC_MAX_RANK; text++) {
    char *end;
    errno = 0;
    const long long value = strtoll(text, &end, 10);
    if (end == text || errno) return no_index(address, err);
    index[(*count)++] = value;
    text = end;
    if (*text == ']' && !text[1]) return OC_OK;
    if (*text != ',') return no_index(address, err);
  }
  return no_index(address, err);
}

static oc_status check_index(const oc_graph *g, oc_node node, const char *address, const int64_t *index,
                             int count, bool variable, oc_error *err) {
  char text[128];
  const oc_shape shape = oc_node_shape(g, node);
  const int first = variable ? 0 : 1; /* axis that has an index */
  if (variable && strcmp(oc_node_op(g, node), "variable") != 0)
    return oc_fail(err, OC_E_ARGUMENT, address, "Write, for example, conv_2/_weights[2,2,5,17].",
                   "%s is not a variable", oc_node_name(g, node));
  if (!variable && (shape.rank == 0 || shape.dim[0] != OC_BATCH))
    return oc_fail(err, OC_E_ARGUMENT, address, "Name a tensor that the network computes from an image.",
                   "%s does not depend on an image", oc_node_name(g, node));
  if (!variable && oc_node_dtype(g, node) != OC_F32)
    return oc_fail(err, OC_E_UNSUPPORTED, address, "Trace one of the values that it is selected from.",
                   "%s is an index that %s selects by comparing %s, not a sum", oc_node_name(g, node),
                   oc_node_op(g, node), oc_node_name(g, oc_graph_input(g, oc_node_index(node), 0)));
  bool inside = count == shape.rank - first;
  for (int i = 0; inside && i < count; i++) inside = index[i] >= 0 && index[i] < shape.dim[i + first];
  if (inside) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, address,
                 variable ? "Give one index per axis, each from 0."
                          : "Give one index per axis except the first, each from 0.",
                 count ? "out of range for %s of shape %s" : "missing index for %s of shape %s",
                 oc_node_name(g, node), oc_shape_text(&shape, text, sizeof text));
}

oc_status oc_trace_address(const oc_graph *g, const char *address, bool variable, oc_node *node,
                           int64_t *index, oc_error *err) {
  char name[320];
  int count = 0;
  const size_t length = strcspn(address, "[");
  if (length == 0) return no_index(address, err);
  if (address[length]) TRY(read_index(address, address + length + 1, index, &count, err));
  if (length < sizeof name) {
    memcpy(name, address, length);
    name[length] = 0;
    *node = oc_find(g, name);
    if (oc_node_valid(*node)) return check_index(g, *node, address, index, count, variable, err);
  }
  return oc_fail(err, OC_E_ARGUMENT, address, "", "unknown tensor");
}
