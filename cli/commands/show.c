/* show.c: implements `ocellus show`: the content of a model, a network, or data. */
#include "commands/show.h"
#include "core/images.h"
#include "core/target.h"

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [CLI_SHOW_INPUT] = CLI_INPUT_ROW,
    [CLI_SHOW_CLASSES] = CLI_CLASSES_ROW,
    [CLI_SHOW_SAMPLES] = {.name = "samples",
                          .kind = CLI_WHOLE,
                          .value = "N",
                          .fallback = "8",
                          .low = 0,
                          .high = 1000,
                          .help = "number of images of DATA to draw"},
    [CLI_SHOW_AUGMENT] = {.name = "augment",
                          .kind = CLI_TEXT,
                          .value = "TEXT",
                          .help = "draw each image of DATA as training with this augmentation would see it, "
                                  "see `ocellus help augment`"},
    [CLI_SHOW_SEED] = {.name = "seed",
                       .kind = CLI_WHOLE,
                       .value = "N",
                       .fallback = "123",
                       .low = 0,
                       .high = CLI_WHOLE_MAX,
                       .help = "seed for --augment"},
    [CLI_SHOW_BACKGROUND] = CLI_BACKGROUND_ROW,
    [CLI_SHOW_GRAPH] = {.name = "graph",
                        .help = "list the variables and tensors of the graph with their shapes instead"},
    [CLI_SHOW_VERIFY] = {.name = "verify",
                         .help =
                             "check the SHA-256 sums of the model's file first, and report that they match"},
    [CLI_SHOW_JSON] = {.name = "json", .help = "print a JSON object"},
};

static const char *const examples[] = {
    "ocellus show lecture",
    "ocellus show 'conv 3x3x32 relu same'",
    "ocellus show lecture --graph",
    "ocellus show 'conv 3x3x8 relu | maxpool 2 | dense CLASSES' --input 32x32x3 --classes 5",
    "ocellus show run-1",
    "ocellus show run-1 --verify",
    "ocellus show mnist",
    "ocellus show digits --samples 20",
    "ocellus show digits --samples 4 --augment 'shift 2, rotate 10'",
    "ocellus show 't10k-images-idx3-ubyte.gz[5:9]'",
    NULL,
};

static const char text[] =
    "Shows each layer of a model or a network, with its shape, parameters, multiply-adds and "
    "memory. A model is a run folder or a .safetensors file, a network a preset or a net "
    "text. The layers of a model are numbered as `ocellus train --freeze` counts them. "
    "A network needs no weights for this and may end before the classes. For DATA, it "
    "shows the splits, classes and counts, and draws some of the images in the terminal.";

static oc_status show_model(const cli_call *call, const char *name, oc_error *err) {
  oc_model *m = NULL;
  if (cli_get(call, CLI_SHOW_VERIFY)->given) CLI_TRY(cli_model_verify(name, err));
  CLI_TRY(cli_model_load(name, 0, &m, err));
  const bool graph = cli_get(call, CLI_SHOW_GRAPH)->given;
  oc_status status = graph ? cli_show_graph(call, oc_model_graph(m), err) : cli_show_model(call, m, err);
  oc_model_free(m);
  if (status == OC_OK && cli_get(call, CLI_SHOW_VERIFY)->given)
    fputs("Verified: both SHA-256 sums match\n", call->err.stream);
  return status;
}

static oc_status show_net_graph(const cli_call *call, const oc_network *n, oc_error *err) {
  oc_graph *g;
  CLI_TRY(oc_network_graph(n, &g, err));
  const oc_status status = cli_show_graph(call, g, err);
  oc_graph_free(g);
  return status;
}

static oc_status show_net(const cli_call *call, const char *name, oc_error *err) {
  const cli_value *classes = cli_get(call, CLI_SHOW_CLASSES);
  oc_network n;
  CLI_TRY(cli_network_read(name, cli_get(call, CLI_SHOW_INPUT)->text, classes->whole, &n, err));
  if (cli_get(call, CLI_SHOW_GRAPH)->given) return show_net_graph(call, &n, err);
  n.any_output = !classes->given; /* layers alone can be looked at too */
  return cli_show_network(call, &n, err);
}

/* Options of one kind of operand have no effect on another. */
static oc_status check_options(const cli_call *call, cli_target target, oc_error *err) {
  const bool data = target == CLI_TARGET_DATA;
  if (target != CLI_TARGET_NET) {
    const char *why = data ? "on data" : "on a model, which has its own";
    CLI_TRY(cli_no_effect(call, CLI_SHOW_INPUT, why, err));
    CLI_TRY(cli_no_effect(call, CLI_SHOW_CLASSES, why, err));
  }
  if (data) CLI_TRY(cli_no_effect(call, CLI_SHOW_GRAPH, "on data", err));
  if (target != CLI_TARGET_MODEL)
    CLI_TRY(cli_no_effect(call, CLI_SHOW_VERIFY, data ? "on data" : "on a network without a file", err));
  if (!data) CLI_TRY(cli_no_effect(call, CLI_SHOW_SAMPLES, "here: only images of DATA are drawn", err));
  if (!data) CLI_TRY(cli_no_effect(call, CLI_SHOW_AUGMENT, "here: only images of DATA are drawn", err));
  if (cli_get(call, CLI_SHOW_JSON)->given)
    CLI_TRY(cli_no_effect(call, CLI_SHOW_SAMPLES, "with --json, which draws none", err));
  if (cli_get(call, CLI_SHOW_JSON)->given)
    CLI_TRY(cli_no_effect(call, CLI_SHOW_AUGMENT, "with --json, which draws none", err));
  if (!cli_get(call, CLI_SHOW_AUGMENT)->given)
    CLI_TRY(cli_no_effect(call, CLI_SHOW_SEED, "without --augment", err));
  return data ? OC_OK : cli_background_check(call, 0, err); /* of data when it is open */
}

static oc_status cmd_show(const cli_call *call, oc_error *err) {
  const char *name = cli_operand(call, 0);
  const cli_target target = cli_target_of(name);
  CLI_TRY(check_options(call, target, err));
  switch (target) {
  case CLI_TARGET_MODEL:
    return show_model(call, name, err);
  case CLI_TARGET_NET:
    return show_net(call, name, err);
  case CLI_TARGET_DATA:
    break;
  }
  return cli_show_data(call, name, err);
}

CLI_COMMAND(show, .summary = "show a model, a network or data", .operands = "MODEL|NET|DATA", .least = 1,
            .most = 1, .text = text, .options = options, .option_count = CLI_OPTION_COUNT(options),
            .examples = examples, .run = cmd_show);
