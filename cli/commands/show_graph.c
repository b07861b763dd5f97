/* show_graph.c: lists the variables and tensors of a graph, as the lecture prints them: name, shape, type. */
#include "commands/show.h"
#include <string.h>

static bool is_variable(const oc_graph *g, oc_node node) {
  return strcmp(oc_node_op(g, node), "variable") == 0;
}

/* Operations without a result, and constants, are left out. */
static bool is_listed(const oc_graph *g, oc_node node, bool variables) {
  const char *op = oc_node_op(g, node);
  return is_variable(g, node) == variables && strcmp(op, "constant") != 0 && strcmp(op, "group") != 0;
}

static void print_part(const cli_terminal *t, const oc_graph *g, const char *heading, bool variables) {
  char line[512];
  fprintf(t->stream, "%s%s%s\n", cli_style(t, CLI_BOLD), heading, cli_style(t, CLI_PLAIN));
  for (int i = 0; i < oc_graph_op_count(g); i++)
    if (is_listed(g, oc_node_at(g, i), variables))
      fprintf(t->stream, "  %s\n",
              oc_node_describe(g, oc_node_at(g, i), line, sizeof line) + strlen("variable "));
}

static json_t *node_json(const oc_graph *g, oc_node node) {
  const oc_shape shape = oc_node_shape(g, node);
  json_t *sizes = json_array();
  for (int i = 0; i < shape.rank; i++)
    (void)json_array_append_new(sizes, shape.dim[i] == OC_BATCH ? json_null() : json_integer(shape.dim[i]));
  return json_pack("{s:s, s:s, s:o, s:s}", "name", oc_node_name(g, node), "op", oc_node_op(g, node), "shape",
                   sizes, "type", oc_dtype_name(oc_node_dtype(g, node)));
}

static json_t *part_json(const oc_graph *g, bool variables) {
  json_t *list = json_array();
  for (int i = 0; i < oc_graph_op_count(g); i++)
    if (is_listed(g, oc_node_at(g, i), variables))
      (void)json_array_append_new(list, node_json(g, oc_node_at(g, i)));
  return list;
}

oc_status cli_show_graph(const cli_call *call, const oc_graph *g, oc_error *err) {
  if (cli_get(call, CLI_SHOW_JSON)->given)
    return cli_json_print(json_pack("{s:s, s:s, s:o, s:o}", "schema", "ocellus.show/3", "type", "graph",
                                    "variables", part_json(g, true), "tensors", part_json(g, false)),
                          err);
  print_part(&call->out, g, "Variables", true);
  print_part(&call->out, g, "Tensors", false);
  return OC_OK;
}
