/* draw.c: `ocellus draw`: picks the kind, and shows its figure. */
#include "commands/draw.h"
#include "core/json.h"
#include "ocellus/matrix.h"
#include "core/images.h"
#include "core/suggest.h"
#include <string.h>

#define CLI_DRAW_ROW(name) extern const cli_draw_kind cli_draw_kind_##name;
#include "commands/draw_kinds.def"
#undef CLI_DRAW_ROW

static const cli_draw_kind *const kinds[] = {
#define CLI_DRAW_ROW(name) &cli_draw_kind_##name,
#include "commands/draw_kinds.def"
#undef CLI_DRAW_ROW
};
enum { KINDS = (int)(sizeof kinds / sizeof *kinds) };

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [CLI_DRAW_LAYER] = {.name = "layer",
                        .kind = CLI_TEXT,
                        .value = "NAME",
                        .help = "layer, or one of its tensors",
                        .usual = "the first convolution"},
    [CLI_DRAW_MAPS] = {.name = "maps",
                       .kind = CLI_WHOLE,
                       .value = "N",
                       .fallback = "64",
                       .low = 0,
                       .high = CLI_WHOLE_MAX,
                       .help = "number of maps to draw in the terminal; 0: all"},
    [CLI_DRAW_BACKGROUND] = CLI_BACKGROUND_ROW,
    [CLI_DRAW_DATA] = {.name = "data",
                       .kind = CLI_TEXT,
                       .value = "DATA",
                       .help = "data on whose test set the model is measured",
                       .usual = "the evaluation at the end of the training run"},
    [CLI_DRAW_OUT] = {.name = "out",
                      .letter = 'o',
                      .kind = CLI_TEXT,
                      .value = "FILE",
                      .help = "output file: .svg or .png for charts, .npy for the values of a model"},
    [CLI_DRAW_JSON] = {.name = "json", .help = "print a JSON object with all values of a model instead"},
};

static const char *const examples[] = {
    "ocellus draw",
    "ocellus draw filters run-1",
    "ocellus draw features run-1 'digits[5]' --layer conv_2",
    "ocellus draw features run-1 seven.png --layer conv_1/net_pre-activation --json",
    "ocellus draw filters run-1 --layer conv_2 -o kernels.npy",
    "ocellus draw curves run-1",
    "ocellus draw curves run-1 -o curves.svg",
    "ocellus draw lr run-1",
    "ocellus draw confusion run-1 --data digits",
    "ocellus draw classes run-1 -o classes.svg",
    "ocellus draw compare run-1 run-2",
    NULL,
};

static const char text[] =
    "Draws one KIND of chart or map in the terminal, or into a file with -o. The kinds `filters` and "
    "`features` "
    "take MODEL: the weights of a layer, and the maps that a layer computes from IMAGE. The other kinds are "
    "charts of training runs. They take RUN, and write SVG or PNG. Without operands, `ocellus draw` lists "
    "the "
    "kinds.\n\n"
    "MODEL and IMAGE are as for `ocellus predict`; 'FILE[N]' selects one of several images. "
    "`ocellus show MODEL` lists the layers. Maps are numbered from 0, those of filters by "
    "[input, output].\n\n"
    "The kinds `confusion` and `classes` show the evaluation at the end of the run. With --data they measure "
    "the model on the test set of DATA, and also take a model file. In SVG each mark has its value as "
    "data-value. PNG needs the library cairo.";

/* ---- which kind ---------------------------------------------------------------------------------------- */

const cli_draw_kind *cli_draw_kind_at(int i) {
  return i >= 0 && i < KINDS ? kinds[i] : NULL;
}

static void print_kinds(FILE *stream) {
  for (int i = 0; i < KINDS; i++)
    fprintf(stream, "ocellus draw %s %-*s  %s\n", kinds[i]->name, 20 - (int)strlen(kinds[i]->name),
            kinds[i]->operands, kinds[i]->summary);
}

static oc_status find_kind(const cli_call *call, const cli_draw_kind **out, oc_error *err) {
  cli_suggestion near = {.word = cli_operand(call, 0)};
  char hint[256] = "See the list with `ocellus draw`.";
  *out = NULL;
  for (int i = 0; i < KINDS; i++) {
    if (strcmp(kinds[i]->name, near.word) == 0) *out = kinds[i];
    cli_suggest(&near, kinds[i]->name);
  }
  if (!*out && near.best) snprintf(hint, sizeof hint, "Did you mean %s?", near.best);
  if (!*out) return cli_fail(err, OC_E_ARGUMENT, near.word, hint, "unknown kind of drawing");
  const int count = call->arguments.operand_count - 1, wanted = (*out)->operand_count;
  if (count == wanted || ((*out)->chart && wanted > 1 && count > wanted)) return OC_OK;
  snprintf(hint, sizeof hint, "Use `ocellus draw %s %s [OPTIONS]`.", near.word, (*out)->operands);
  return cli_fail(err, OC_E_ARGUMENT, near.word, hint, "expected %s, got %d operand%s", (*out)->operands,
                  count, count == 1 ? "" : "s");
}

/* ---- numbers for other programs ------------------------------------------------------------------------ */

/* Lists within lists, as the shape has axes. */
static json_t *numbers(const float *values, const oc_shape *shape, int axis) {
  json_t *list = json_array();
  int64_t step = 1;
  for (int i = axis + 1; i < shape->rank; i++) step *= shape->dim[i];
  for (int64_t i = 0; i < shape->dim[axis]; i++) {
    json_t *item = axis + 1 < shape->rank ? numbers(values + i * step, shape, axis + 1)
                                          : cli_json_real((double)values[i]);
    if (!list || json_array_append_new(list, item) != 0) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

static oc_status print_json(const cli_draw_kind *kind, const cli_call *call, const cli_figure *f,
                            oc_error *err) {
  json_t *operands = json_array(), *sizes = json_array();
  for (int i = 1; i < call->arguments.operand_count; i++)
    (void)json_array_append_new(operands, cli_json_text(cli_operand(call, i)));
  for (int i = 0; i < f->values.shape.rank; i++)
    (void)json_array_append_new(sizes, json_integer(f->values.shape.dim[i]));
  return cli_json_print(json_pack("{s:s, s:s, s:o, s:s, s:o, s:o}", "schema", "ocellus.draw/1", "kind",
                                  kind->name, "of", operands, "tensor", f->tensor, "shape", sizes, "values",
                                  numbers(f->values.data, &f->values.shape, 0)),
                        err);
}

static oc_status save_figure(const cli_figure *f, const char *path, oc_error *err) {
  const size_t length = strlen(path);
  oc_matrix m;
  if (length < 5 || strcmp(path + length - 4, ".npy") != 0)
    return cli_fail(err, OC_E_ARGUMENT, path, "Choose a name such as -o maps.npy.",
                    "the name must end in .npy");
  CLI_TRY(oc_matrix_create(f->values.shape.rank, f->values.shape.dim, &m, err));
  for (int64_t i = 0; i < oc_matrix_count(&m); i++) m.data[i] = (double)((const float *)f->values.data)[i];
  const oc_status status = oc_matrix_save(&m, path, err);
  oc_matrix_release(&m);
  return status;
}

/* ---- the command --------------------------------------------------------------------------------------- */

/* --maps affects the terminal only; other output is always complete. */
static oc_status check_options(const cli_call *call, oc_error *err) {
  const bool json = cli_get(call, CLI_DRAW_JSON)->given, out = cli_get(call, CLI_DRAW_OUT)->given;
  CLI_TRY(cli_no_effect(call, CLI_DRAW_DATA, "on the weights or maps of a model", err));
  if (json) CLI_TRY(cli_no_effect(call, CLI_DRAW_MAPS, "with --json, which prints all values", err));
  if (out) CLI_TRY(cli_no_effect(call, CLI_DRAW_MAPS, "with --out, which writes all values", err));
  return cli_background_check(call, 2, err);
}

static oc_status show_figure(const cli_draw_kind *kind, const cli_call *call, cli_figure *f, oc_error *err) {
  const cli_value *out = cli_get(call, CLI_DRAW_OUT);
  const bool json = cli_get(call, CLI_DRAW_JSON)->given;
  if (out->given) CLI_TRY(save_figure(f, out->text, err));
  if (json) return print_json(kind, call, f, err);
  if (out->given) return OC_OK;
  return cli_draw_in_terminal(&call->out, f, cli_get(call, CLI_DRAW_MAPS)->whole, err);
}

static oc_status cmd_draw(const cli_call *call, oc_error *err) {
  const cli_draw_kind *kind;
  cli_figure f = {0};
  if (call->arguments.operand_count == 0) {
    print_kinds(stdout);
    return OC_OK;
  }
  CLI_TRY(find_kind(call, &kind, err));
  if (kind->chart) return cli_draw_charts(kind, call, err);
  CLI_TRY(check_options(call, err));
  oc_status status = kind->make(call, &f, err);
  if (status == OC_OK) status = show_figure(kind, call, &f, err);
  oc_tensor_release(&f.values);
  return status;
}

CLI_COMMAND(draw, .summary = "draw charts of runs, filters and feature maps",
            .operands = "[KIND RUN|MODEL ..]", .least = 0, .most = -1, .text = text, .options = options,
            .option_count = CLI_OPTION_COUNT(options), .examples = examples, .run = cmd_draw);
