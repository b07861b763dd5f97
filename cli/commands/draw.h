/* draw.h: `ocellus draw KIND ..`. A kind is one file that ends in CLI_DRAW_KIND and a row in draw_kinds.def.
 * It makes a figure of a model, which is numbers that draw_terminal.c shows as images, or charts of runs
 * (chart.h), which draw_charts.c shows. `ocellus report` has all charts that its runs give. */
#ifndef OC_CLI_DRAW_H
#define OC_CLI_DRAW_H
#include "commands/runs.h"
#include "core/command.h"
#include "ocellus/chart.h"
#include "ocellus/features.h"

enum {
  CLI_DRAW_LAYER = CLI_COMMON_COUNT,
  CLI_DRAW_MAPS,
  CLI_DRAW_BACKGROUND,
  CLI_DRAW_DATA,
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

/* Charts, each freed with oc_chart_free; without any, `missing` is what the runs lack, and `hint` what to do
 * about it. */
enum { CLI_CHARTS_MAX = 4, CLI_CHARTS_TEXT = 256 };
typedef struct cli_charts {
  oc_chart *list[CLI_CHARTS_MAX];
  int count;
  char missing[CLI_CHARTS_TEXT], hint[CLI_CHARTS_TEXT];
} cli_charts;

typedef struct cli_draw_kind {
  const char *name;
  const char *operands; /* "MODEL" */
  int operand_count;    /* of charts: the least; 2: several runs */
  const char *summary;  /* one line, without a period */
  /* Operands follow the kind: cli_operand(call, 1) is the first. NULL for a kind of charts. */
  oc_status (*make)(const cli_call *call, cli_figure *out, oc_error *err);
  /* NULL for a kind of figures. The caller releases *out, also after a failure. */
  oc_status (*chart)(const cli_runs *runs, cli_charts *out, oc_error *err);
  bool takes_data; /* --data replaces the evaluation of the run */
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

/* The i-th kind, NULL past the end. */
const cli_draw_kind *cli_draw_kind_at(int i);

/* ---- charts (draw_charts.c) ---------------------------------------------------------------------------- */

/* Makes an empty chart, the last of the list. */
oc_status cli_charts_begin(cli_charts *charts, const oc_chart_form *form, oc_error *err);
/* Adds a mark to the last one. */
oc_status cli_charts_mark(cli_charts *charts, const oc_mark *mark, oc_error *err);
/* Says why there are no charts. */
oc_status cli_charts_lack(cli_charts *charts, const char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void cli_charts_release(cli_charts *charts);
/* The same as cli_charts_lack for a run without an evaluation. */
oc_status cli_charts_lack_test(const cli_run *run, cli_charts *charts);
/* The whole of `ocellus draw` for a kind of charts. */
oc_status cli_draw_charts(const cli_draw_kind *kind, const cli_call *call, oc_error *err);

#endif
