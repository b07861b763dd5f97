/* draw.h: `ocellus draw KIND ..`. A kind is one file that ends in CLI_DRAW_KIND and a row in draw_kinds.def:
 * it makes a figure, which is numbers. A back end shows any figure: in the terminal (draw_terminal.c), as
 * JSON, as a file (draw.c). */
#ifndef OC_CLI_DRAW_H
#define OC_CLI_DRAW_H
#include "core/command.h"
#include "ocellus/features.h"

enum {
  CLI_DRAW_LAYER = CLI_COMMON_COUNT,
  CLI_DRAW_MAPS,
  CLI_DRAW_BACKGROUND,
  CLI_DRAW_OUT,
  CLI_DRAW_JSON,
};

/* Numbers to be drawn: (rows, columns, maps), or (rows, columns, inputs, outputs), where each output has as
 * many maps as there are inputs; (count, outputs) and (count) are lists, which the terminal breaks into
 * rows. */
typedef struct cli_figure {
  char tensor[320]; /* what the network calls the numbers */
  oc_tensor values; /* float32; owned */
} cli_figure;

typedef struct cli_draw_kind {
  const char *name;
  const char *operands; /* "MODEL" */
  int operand_count;
  const char *summary; /* one line, without a period */
  /* Operands follow the kind: cli_operand(call, 1) is the first. */
  oc_status (*make)(const cli_call *call, cli_figure *out, oc_error *err);
} cli_draw_kind;

#define CLI_DRAW_KIND(id, ...)                                                                               \
  extern const cli_draw_kind cli_draw_kind_##id;                                                             \
  const cli_draw_kind cli_draw_kind_##id = {.name = #id, __VA_ARGS__}

/* The value of --layer, or NULL. */
const char *cli_draw_layer(const cli_call *call);
/* Moves the numbers of a layer into the figure; the name is copied. */
void cli_draw_take(cli_figure *f, const oc_layer_values *v);
/* At most `most` maps (0: all), on one scale. */
oc_status cli_draw_in_terminal(const cli_terminal *t, const cli_figure *f, int64_t most, oc_error *err);

#endif
