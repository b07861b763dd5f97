/* show.h: declares the two halves of `ocellus show`. */
#ifndef OC_CLI_SHOW_H
#define OC_CLI_SHOW_H
#include "core/command.h"
#include "core/json.h"
#include "ocellus/network.h"

enum {
  CLI_SHOW_INPUT = CLI_COMMON_COUNT,
  CLI_SHOW_CLASSES,
  CLI_SHOW_SAMPLES,
  CLI_SHOW_AUGMENT,
  CLI_SHOW_SEED,
  CLI_SHOW_BACKGROUND,
  CLI_SHOW_GRAPH,
  CLI_SHOW_VERIFY,
  CLI_SHOW_JSON,
};

/* The table of layers: in text no wider than the terminal; `numbered` from 1, as `train --freeze` counts. */
typedef struct cli_totals {
  int64_t parameters, multiply_adds, bytes; /* of all layers; bytes: of their outputs, for one image */
} cli_totals;
cli_totals cli_layers_sum(const oc_layer_summary *layers, int count);
void cli_layers_print(const cli_terminal *t, const oc_layer_summary *layers, int count, bool numbered);
json_t *cli_layers_json(const oc_layer_summary *layers, int count);

/* OC_E_ARGUMENT if --augment is given and no augmentation of these images. */
oc_status cli_show_augment_check(const cli_call *call, const oc_dataset *set, oc_error *err);
/* --augment: images first .. first+count-1, and what training would make of each in the first epochs. */
oc_status cli_show_augmented(const cli_call *call, const oc_dataset *set, int64_t first, int64_t count,
                             oc_error *err);

/* --graph: every named tensor, as the lecture lists them. */
oc_status cli_show_graph(const cli_call *call, const oc_graph *g, oc_error *err);

oc_status cli_show_model(const cli_call *call, const oc_model *m, oc_error *err);
oc_status cli_show_network(const cli_call *call, const oc_network *n, oc_error *err);
/* `name` may end in [...], which selects the images to draw. */
oc_status cli_show_data(const cli_call *call, const char *name, oc_error *err);

#endif
