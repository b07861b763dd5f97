/* trace.c: `ocellus trace`: shows how one value of a network is computed for one image: every
 * multiply-add. */
#include "core/command.h"
#include "core/json.h"
#include "core/images.h"
#include "core/suggest.h"
#include "core/target.h"
#include "lecture/trace_page.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  OPTION_AT = CLI_COMMON_COUNT,
  OPTION_GRADIENT,
  OPTION_LABEL,
  OPTION_TERMS,
  OPTION_HTML,
  OPTION_BACKGROUND,
  OPTION_JSON,
};

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_AT] =
        {.name = "at",
         .kind = CLI_TEXT,
         .value = "NAME[i,j,...]",
         .help = "value to trace: a tensor name and one 0-based index per axis, without the batch axis"},
    [OPTION_GRADIENT] = {.name = "gradient",
                         .kind = CLI_TEXT,
                         .value = "NAME[i,j,...]",
                         .help = "weight whose gradient to trace instead: a variable and one index per axis"},
    [OPTION_LABEL] = {.name = "label",
                      .kind = CLI_WHOLE,
                      .value = "N",
                      .low = 0,
                      .high = 65535,
                      .help = "true class, with --gradient",
                      .usual = "the most probable class"},
    [OPTION_TERMS] =
        {.name = "terms",
         .kind = CLI_WHOLE,
         .value = "N",
         .fallback = "12",
         .low = 0,
         .high = 1000000000,
         .help = "number of products to show for each sum, the largest first; 0: all, in their order"},
    [OPTION_HTML] = {.name = "html",
                     .kind = CLI_TEXT,
                     .value = "FILE",
                     .help = "output file for a page with the image, every step and every term"},
    [OPTION_BACKGROUND] = CLI_BACKGROUND_ROW,
    [OPTION_JSON] = {.name = "json", .help = "print a JSON object with every term"},
};

static const char *const examples[] = {
    "ocellus trace run-1 seven.png --at 'conv_1/net_pre-activation[3,5,1]'",
    "ocellus trace run-1 'digits[5]' --at 'conv_2/net_pre-activation[1,2,3]' --terms 0",
    "ocellus trace run-1 'digits[5]' --at 'probabilities[7]'",
    "ocellus trace run-1 'digits[5]' --gradient 'conv_2/_weights[1,1,0,3]' --label 7",
    NULL,
};

static const char text[] =
    "Shows how one value is computed: back through softmax, activation, bias and the winner "
    "of a pooling window to the sum of a convolution, a dense layer or a mean. Each product "
    "of the sum is shown with the position of both factors. Each step is recomputed in "
    "float64 and compared with the engine's float32 value. The receptive field is the part "
    "of the image that can change the value.\n\n"
    "--gradient traces d loss / d weight, the derivative of the loss with respect to one "
    "weight. It is a sum over all positions: the input that the weight multiplies, times the "
    "gradient of the sum that the product contributes to. The command prints it next to the "
    "engine's own value and a finite difference of float64 losses.\n\n"
    "MODEL and FILE are as for `ocellus predict`; FILE[N] selects one of several images. "
    "`ocellus show MODEL` lists the layers. Each has the tensors _weights, _biases, "
    "net_pre-activation and activation.";

/* Suggests the most similar name for one that the network does not have. */
static oc_status check_name(oc_model *m, const char *address, oc_error *err) {
  char name[320], hint[256] = "See the layers with `ocellus show MODEL`.";
  const oc_graph *g = oc_model_graph(m);
  snprintf(name, sizeof name, "%.*s", (int)strcspn(address, "["), address);
  if (oc_node_valid(oc_find(g, name))) return OC_OK;
  cli_suggestion near = {.word = name};
  for (int i = 0; i < oc_graph_op_count(g); i++) cli_suggest(&near, oc_node_name(g, oc_node_at(g, i)));
  if (near.best)
    snprintf(hint, sizeof hint, "Did you mean %s? See the layers with `ocellus show MODEL`.", near.best);
  return cli_fail(err, OC_E_ARGUMENT, address, hint, "unknown tensor '%s'", name);
}

/* ---- as text ------------------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b) {
  const oc_trace_term *const *x = a, *const *y = b;
  const double p = fabs((*x)->product), q = fabs((*y)->product);
  return p < q ? 1 : p > q ? -1 : *x < *y ? -1 : 1; /* of equal ones the first */
}

static void print_term(const oc_trace_step *s, const oc_trace_term *t) {
  char x[128], w[128];
  if (t->bias)
    printf("  %14.7g  %s%s\n", t->product, s->weights, cli_trace_place(t->w, s->weights_rank, w, sizeof w));
  else if (s->weights && (s->weights_rank > 1 || t->weight != 1))
    printf("  %14.7g = %12.7g * %-12.7g  %s * %s\n", t->product, t->value, t->weight,
           cli_trace_place(t->x, s->input_rank, x, sizeof x),
           cli_trace_place(t->w, s->weights_rank, w, sizeof w));
  else
    printf("  %14.7g  %s%s\n", t->product, s->input, cli_trace_place(t->x, s->input_rank, x, sizeof x));
}

static bool is_softmax(const oc_trace_step *s) {
  return strcmp(s->op, "softmax") == 0;
}

/* exp of each logit minus the largest, as a fraction of their sum. */
static void print_share(const oc_trace_step *s, const oc_trace_term *t) {
  double most = -INFINITY;
  char x[128];
  for (int64_t i = 0; i < s->count; i++) most = fmax(most, s->terms[i].value);
  printf("  %14.7g = exp(%.7g - %.7g) / %.7g  %s\n", t->product, t->value, most, 1 / t->weight,
         cli_trace_place(t->x, s->input_rank, x, sizeof x));
}

/* Describes the terms, where their lines do not. */
static void print_kind(const oc_trace_step *s) {
  if (is_softmax(s))
    printf("  the fraction of each of the %lld values of %s\n", (long long)s->count, s->input);
  else if (s->weights && s->weights_rank > 1)
    printf("  %lld products of %s and %s%s\n", (long long)s->count, s->input, s->weights,
           s->outside ? ", and some with padding, which are 0" : "");
}

static oc_status print_terms(const oc_trace_step *s, int64_t most, oc_error *err) {
  const oc_trace_term **sorted = calloc((size_t)s->count + 1, sizeof(const oc_trace_term *));
  if (!sorted) return cli_fail_memory(err);
  for (int64_t i = 0; i < s->count; i++) sorted[i] = &s->terms[i];
  const bool some = most && s->count > most;
  if (some) qsort(sorted, (size_t)s->count, sizeof(const oc_trace_term *), by_size);
  for (int64_t i = 0; i < (some ? most : s->count); i++)
    (is_softmax(s) ? print_share : print_term)(s, sorted[i]);
  if (some) printf("  ... and %lld smaller ones (--terms 0 shows all)\n", (long long)(s->count - most));
  printf("  in float64 %.9g, by the engine %.9g, difference %.2g\n", s->computed, s->value,
         fabs(s->computed - s->value));
  free((void *)sorted);
  return OC_OK;
}

static oc_status print_step(const oc_trace_step *s, int64_t most, oc_error *err) {
  char index[128];
  printf("\n%s%s = %.7g  (%s)\n", s->name, cli_trace_place(s->index, s->rank, index, sizeof index), s->value,
         s->op);
  print_kind(s);
  return print_terms(s, most, err);
}

/* Prints the gradient of the loss with respect to one weight. */
static oc_status print_gradient(const oc_trace_gradient *t, const oc_model *m, int64_t most, oc_error *err) {
  const oc_trace_step *s = &t->sum;
  char index[128];
  cli_trace_place(s->index, s->rank, index, sizeof index);
  printf("loss %.9g for class %s\nweight %s%s = %.9g\n\n", t->loss,
         CLI_SHOWN(oc_model_class_name(m, t->label)), s->name, index, t->weight);
  printf("gradient d loss / d %s%s = %.7g\n", s->name, index, s->value);
  if (s->count && s->terms[0].bias)
    printf("  the sum over %lld positions", (long long)s->count);
  else
    printf("  %lld product%s of %s", (long long)s->count, s->count == 1 ? "" : "s", s->input);
  printf("\n  %s d loss / d %s (%s)\n", s->terms[0].bias ? "of" : "and", t->of, s->weights);
  CLI_TRY(print_terms(s, most, err));
  printf("  finite difference in float64, %.2g to each side: %.9g\n", t->h, t->difference);
  return OC_OK;
}

static oc_status print_text(const oc_trace *t, int64_t most, oc_error *err) {
  printf("receptive field: rows %lld to %lld, columns %lld to %lld of the image\n", (long long)t->rows[0],
         (long long)t->rows[1], (long long)t->columns[0], (long long)t->columns[1]);
  for (int i = 0; i < t->count; i++) CLI_TRY(print_step(&t->steps[i], most, err));
  return OC_OK;
}

/* ---- as JSON ------------------------------------------------------------------------------------------- */

static json_t *index_json(const int64_t *index, int rank) {
  json_t *list = json_array();
  for (int i = 0; i < rank; i++) (void)json_array_append_new(list, json_integer(index[i]));
  return list;
}

static json_t *term_json(const oc_trace_step *s, const oc_trace_term *t) {
  return json_pack(
      "{s:o, s:o, s:o, s:o, s:o}", "value", cli_json_real(t->value), "weight", cli_json_real(t->weight),
      "product", cli_json_real(t->product), "x", t->bias ? json_null() : index_json(t->x, s->input_rank), "w",
      s->weights && (t->bias || s->weights_rank > 1) ? index_json(t->w, s->weights_rank) : json_null());
}

static json_t *step_json(const oc_trace_step *s) {
  json_t *terms = json_array();
  for (int64_t i = 0; i < s->count; i++) (void)json_array_append_new(terms, term_json(s, &s->terms[i]));
  return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:s?, s:I, s:o}", "name", s->name, "op", s->op,
                   "index", index_json(s->index, s->rank), "value", cli_json_real(s->value), "computed",
                   cli_json_real(s->computed), "scale", cli_json_real(s->scale), "input", s->input, "weights",
                   s->weights, "outside", (json_int_t)s->outside, "terms", terms);
}

static oc_status print_json(const oc_trace *t, const char *address, oc_error *err) {
  json_t *steps = json_array();
  for (int i = 0; i < t->count; i++) (void)json_array_append_new(steps, step_json(&t->steps[i]));
  return cli_json_print(json_pack("{s:s, s:o, s:o, s:o, s:o}", "schema", "ocellus.trace/1", "at",
                                  cli_json_text(address), "rows", index_json(t->rows, 2), "columns",
                                  index_json(t->columns, 2), "steps", steps),
                        err);
}

static oc_status print_gradient_json(const oc_trace_gradient *t, const char *address, oc_error *err) {
  char quantity[512], factor[512];
  snprintf(quantity, sizeof quantity, "d loss / d %s", address);
  snprintf(factor, sizeof factor, "d loss / d %s", t->of);
  return cli_json_print(json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o}", "schema",
                                  "ocellus.trace-gradient/1", "gradient", cli_json_text(address), "quantity",
                                  cli_json_text(quantity), "value", cli_json_real(t->sum.value), "factor",
                                  cli_json_text(factor), "weight", cli_json_real(t->weight), "label",
                                  (int)t->label, "loss", cli_json_real(t->loss), "difference",
                                  cli_json_real(t->difference), "h", cli_json_real(t->h), "sum",
                                  step_json(&t->sum)),
                        err);
}

/* ---- the command --------------------------------------------------------------------------------------- */

static oc_status trace_number(const cli_call *call, oc_model *m, const uint8_t *pixels, oc_error *err) {
  const char *address = cli_get(call, OPTION_AT)->text;
  const cli_value *html = cli_get(call, OPTION_HTML);
  oc_trace *t;
  CLI_TRY(oc_trace_create(m, pixels, address, &t, err));
  const cli_trace_page page = {
      t->steps,
      t->count,
      pixels,
      oc_model_image_shape(m),
      {t->rows[0], t->rows[1]},
      {t->columns[0], t->columns[1]},
      "From the value back to the sum that it comes from. Click a step to see its terms."};
  oc_status status = cli_get(call, OPTION_JSON)->given
                         ? print_json(t, address, err)
                         : print_text(t, cli_get(call, OPTION_TERMS)->whole, err);
  if (status == OC_OK && html->given) status = cli_trace_html(&page, html->text, err);
  oc_trace_free(t);
  return status;
}

static oc_status trace_gradient(const cli_call *call, oc_model *m, const uint8_t *pixels, oc_error *err) {
  const char *address = cli_get(call, OPTION_GRADIENT)->text;
  const cli_value *label = cli_get(call, OPTION_LABEL), *html = cli_get(call, OPTION_HTML);
  const oc_image_shape size = oc_model_image_shape(m);
  oc_trace_gradient *t;
  char about[256], name[400], factor[400];
  CLI_TRY(oc_trace_gradient_create(m, pixels, address, label->given ? (int32_t)label->whole : -1, &t, err));
  snprintf(about, sizeof about,
           "The gradient of the loss %.9g with respect to one weight, %.9g. Finite difference in "
           "float64: %.9g.",
           t->loss, t->weight, t->difference);
  snprintf(name, sizeof name, "d loss / d %s", t->sum.name);
  snprintf(factor, sizeof factor, "d loss / d %s", t->of);
  oc_trace_step step = t->sum; /* the page prints names as they are */
  step.name = name;
  step.weights = factor;
  const cli_trace_page page = {&step, 1, pixels, size, {0, size.height - 1}, {0, size.width - 1}, about};
  oc_status status = cli_get(call, OPTION_JSON)->given
                         ? print_gradient_json(t, address, err)
                         : print_gradient(t, m, cli_get(call, OPTION_TERMS)->whole, err);
  if (status == OC_OK && html->given) status = cli_trace_html(&page, html->text, err);
  oc_trace_gradient_free(t);
  return status;
}

static oc_status cmd_trace(const cli_call *call, oc_error *err) {
  const cli_value *at = cli_get(call, OPTION_AT), *gradient = cli_get(call, OPTION_GRADIENT);
  oc_model *model = NULL;
  uint8_t *pixels = NULL;
  if (at->given == gradient->given)
    return cli_fail(err, OC_E_ARGUMENT, "--at", "Write, for example, --at 'conv_1/activation[3,5,1]'.",
                    "expected either --at or --gradient");
  if (at->given) CLI_TRY(cli_no_effect(call, OPTION_LABEL, "without --gradient", err));
  if (cli_get(call, OPTION_JSON)->given)
    CLI_TRY(cli_no_effect(call, OPTION_TERMS, "with --json, which prints every term", err));
  CLI_TRY(cli_background_check(call, 1, err));
  oc_status status = cli_model_load(cli_operand(call, 0), 1, &model, err);
  if (status == OC_OK) status = check_name(model, at->given ? at->text : gradient->text, err);
  if (status == OC_OK)
    status = cli_image_open(call, cli_operand(call, 1), (cli_image_place){model, oc_model_image_shape(model)},
                            &pixels, err);
  if (status == OC_OK) status = (at->given ? trace_number : trace_gradient)(call, model, pixels, err);
  oc_model_free(model);
  free(pixels);
  return status;
}

CLI_COMMAND(trace, .summary = "show every multiply-add that makes one value of a network",
            .operands = "MODEL FILE", .least = 2, .most = 2, .text = text, .options = options,
            .option_count = CLI_OPTION_COUNT(options), .examples = examples, .run = cmd_trace);
