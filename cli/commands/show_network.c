/* show_network.c: shows the layers of a network alone. It has no weights, so it may be of any size, and need
 * not end in classes. */
#include "core/page.h"
#include "commands/show.h"
#include "core/target.h"
#include <string.h>

/* True if the last layer gives one value per class. */
static bool ends_in_classes(const oc_network *n, const oc_layer_summary *layers, int count) {
  const oc_shape *last = &layers[count - 1].output;
  return last->rank == 2 && last->dim[1] == n->classes;
}

/* Values that were not given are shown as assumed. */
static void print_head(const cli_call *call, const oc_network *n, const char *net, const oc_shape *last,
                       bool classes) {
  const bool input_given = cli_get(call, CLI_SHOW_INPUT)->given;
  char size[64], text[256], shape[128];
  snprintf(text, sizeof text, "%s%s", cli_size_text(n->input, size, sizeof size),
           input_given ? "" : ", assumed (--input HxWxC changes it)");
  cli_page_labeled(&call->out, "Input    ", text);
  if (classes)
    snprintf(text, sizeof text, "%d%s", n->classes,
             cli_get(call, CLI_SHOW_CLASSES)->given ? "" : ", assumed (--classes N changes it)");
  else
    snprintf(text, sizeof text, "none: it ends in %s; to train it, add `| dense CLASSES`",
             oc_shape_text(last, shape, sizeof shape));
  cli_page_labeled(&call->out, "Classes  ", text);
  cli_page_labeled(&call->out, "Net      ", net);
}

static oc_status print_json(const cli_call *call, const oc_network *n, const char *net,
                            const oc_layer_summary *layers, int count, oc_error *err) {
  const cli_totals sum = cli_layers_sum(layers, count);
  const bool ends = ends_in_classes(n, layers, count);
  json_t *classes = json_array();
  for (int c = 0; ends && c < n->classes; c++) (void)json_array_append_new(classes, json_sprintf("%d", c));
  return cli_json_print(
      json_pack("{s:s, s:s, s:s, s:[I,I,I], s:b, s:o, s:b, s:o, s:I, s:I, s:I, s:n, s:n, s:n}", "schema",
                "ocellus.show/3", "type", "network", "net", net, "input", (json_int_t)n->input.height,
                (json_int_t)n->input.width, (json_int_t)n->input.channels, "input_assumed",
                !cli_get(call, CLI_SHOW_INPUT)->given, "classes", classes, "classes_assumed",
                ends && !cli_get(call, CLI_SHOW_CLASSES)->given, "layers", cli_layers_json(layers, count),
                "parameters", (json_int_t)sum.parameters, "multiply_adds", (json_int_t)sum.multiply_adds,
                "activation_bytes", (json_int_t)sum.bytes, "trained_epochs", "valid_accuracy", "provenance"),
      err);
}

oc_status cli_show_network(const cli_call *call, const oc_network *n, oc_error *err) {
  oc_layer_summary *layers = NULL;
  char *net = NULL;
  int count = 0;
  CLI_TRY(oc_network_layers(n, &layers, &count, err));
  oc_status status = oc_net_canonicalize(n->net, n->classes, NULL, &net, err);
  if (status == OC_OK && cli_get(call, CLI_SHOW_JSON)->given)
    status = print_json(call, n, net, layers, count, err);
  else if (status == OC_OK) {
    print_head(call, n, net, &layers[count - 1].output, ends_in_classes(n, layers, count));
    cli_layers_print(&call->out, layers, count, false);
  }
  oc_free(net);
  oc_free(layers);
  return status;
}
