/* run.c: `ocellus run`: runs any graph with any tensors. */
#include "commands/run_tensors.h"
#include "core/json.h"
#include "core/target.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  OPTION_FEED = CLI_COMMON_COUNT,
  OPTION_FETCH,
  OPTION_EXPECT,
  OPTION_TOLERANCE,
  OPTION_THREADS,
  OPTION_JSON
};

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_FEED] = {.name = "feed",
                     .kind = CLI_TEXT,
                     .value = "NAME=FILE",
                     .help = "tensor to feed; may be repeated",
                     .repeats = true},
    [OPTION_FETCH] = {.name = "fetch",
                      .kind = CLI_TEXT,
                      .value = "NAME[=FILE]",
                      .help = "tensor to fetch, and file to write it to; may be repeated",
                      .usual = "the outputs",
                      .repeats = true},
    [OPTION_EXPECT] = {.name = "expect",
                       .kind = CLI_TEXT,
                       .value = "FILE",
                       .help = "tensor to compare the result of the same place with; may be repeated",
                       .repeats = true},
    [OPTION_TOLERANCE] = {.name = "tolerance",
                          .kind = CLI_REAL,
                          .value = "T",
                          .fallback = "1e-4",
                          .low = 0,
                          .high = 1e6,
                          .help = "largest difference from --expect, see above"},
    [OPTION_THREADS] = CLI_THREADS_ROW("number of threads"),
    [OPTION_JSON] = {.name = "json", .help = "print a JSON object"},
};

static const char *const examples[] = {
    "ocellus run run-1 --feed tf_x=image.npy --fetch conv_1/activation=maps.npy",
    "ocellus run model.onnx --feed image=input_0.pb --expect output_0.pb --tolerance 1e-5",
    "ocellus run model.onnx --feed image=input_0.pb --fetch probabilities=y.npy --fetch conv_1/activation "
    "--json",
    NULL,
};

static const char text[] =
    "Runs the graph of MODEL once, with any tensors: a run folder or a model's file, whose names and axes "
    "`ocellus show MODEL --graph` lists, or an ONNX file, with the names and axes of that file. It prints "
    "shape, least element, mean and largest element of each result.\n\n"
    "A tensor is a .npy file or a TensorProto of ONNX (.pb). Reals are float32 to the graph, and integers "
    "int64. In an ONNX file any value may be fed or fetched: what is fed is not computed, and what is not "
    "needed is not read. Integers that are fed are constants when the graph is read, so they may decide "
    "shapes; so are reals where an operator needs a constant.\n\n"
    "With --expect, the first result is compared with the first FILE, and so on. The difference of reals is "
    "relative to the expected element where that is larger than 1. If it is larger than --tolerance, the "
    "exit code is 65. Integers must be equal.";

/* A word that names a tensor and a file. */
typedef struct pair {
  char name[512];
  const char *file; /* NULL: none */
} pair;

typedef struct run {
  oc_feed feeds[CLI_REPEATED_MAX];
  oc_tensor tensors[CLI_REPEATED_MAX];
  pair feed_names[CLI_REPEATED_MAX], fetch_names[CLI_REPEATED_MAX];
  const char *fetches[CLI_REPEATED_MAX];
  cli_tensor_difference differences[CLI_REPEATED_MAX];
  int feed_count, fetch_count, expect_count;
  oc_run_results results;
} run;

/* ---- reading ------------------------------------------------------------------------------------------- */

static oc_status split(const char *word, const char *option, pair *out, oc_error *err) {
  const char *equals = strchr(word, '=');
  const size_t length = equals ? (size_t)(equals - word) : strlen(word);
  out->file = equals ? equals + 1 : NULL;
  if (!length || length >= sizeof out->name || (equals && !*out->file))
    return cli_fail(err, OC_E_ARGUMENT, option, "", "must be NAME=FILE, got '%.80s'", word);
  memcpy(out->name, word, length);
  out->name[length] = 0;
  return OC_OK;
}

static oc_status read_feeds(const cli_call *call, run *r, oc_error *err) {
  const char *word;
  for (int i = 0; (word = cli_get_repeated(call, OPTION_FEED, i)); i++) {
    pair *p = &r->feed_names[i];
    oc_tensor *t = &r->tensors[i];
    CLI_TRY(split(word, "--feed", p, err));
    if (!p->file)
      return cli_fail(err, OC_E_ARGUMENT, "--feed", "Write, for example, --feed x=x.npy.",
                      "must be NAME=FILE, got '%.80s'", word);
    CLI_TRY(oc_tensor_load(p->file, t, err));
    r->feeds[r->feed_count++] = (oc_feed){p->name, {t->dtype, t->shape, t->data}};
  }
  return OC_OK;
}

static bool ends_with(const char *word, const char *end) {
  const size_t n = strlen(word), m = strlen(end);
  return n >= m && strcmp(word + n - m, end) == 0;
}

/* Two results in one file would lose the first. */
static oc_status check_fetch_file(const run *r, const char *file, oc_error *err) {
  if (!ends_with(file, ".npy") && !ends_with(file, ".pb"))
    return cli_fail(err, OC_E_ARGUMENT, "--fetch", "Choose a name that ends in .npy or .pb.",
                    "unknown kind of file for a tensor: '%.80s'", file);
  for (int i = 0; i < r->fetch_count; i++)
    if (r->fetch_names[i].file && strcmp(r->fetch_names[i].file, file) == 0)
      return cli_fail(err, OC_E_ARGUMENT, "--fetch", "Choose a file for each tensor.",
                      "two tensors for the file '%.80s'", file);
  return OC_OK;
}

/* What cannot be written is refused before anything is computed. */
static oc_status read_fetches(const cli_call *call, run *r, oc_error *err) {
  const char *word;
  for (int i = 0; (word = cli_get_repeated(call, OPTION_FETCH, i)); i++) {
    pair *p = &r->fetch_names[i];
    CLI_TRY(split(word, "--fetch", p, err));
    if (p->file) CLI_TRY(check_fetch_file(r, p->file, err));
    r->fetches[r->fetch_count++] = p->name;
  }
  return OC_OK;
}

/* ---- comparing ----------------------------------------------------------------------------------------- */

static oc_status compare_one(run *r, int i, const char *file, oc_error *err) {
  oc_tensor expected;
  CLI_TRY(oc_tensor_load(file, &expected, err));
  const oc_status status =
      cli_tensor_compare(&r->results.values[i].value, &expected, file, &r->differences[i], err);
  oc_tensor_release(&expected);
  return status;
}

static oc_status compare(const cli_call *call, run *r, oc_error *err) {
  const char *file;
  for (int i = 0; (file = cli_get_repeated(call, OPTION_EXPECT, i)); i++) {
    if (i >= r->results.count)
      return cli_fail(err, OC_E_ARGUMENT, "--expect", "Give one for each result, in their order.",
                      "more files than results: there are %d", r->results.count);
    CLI_TRY(compare_one(r, i, file, err));
    r->expect_count++;
  }
  return OC_OK;
}

static oc_status judge(const cli_call *call, const run *r, oc_error *err) {
  const double tolerance = cli_get(call, OPTION_TOLERANCE)->real;
  char index[192];
  for (int i = 0; i < r->expect_count; i++) {
    const oc_tensor *t = &r->results.values[i].value;
    const cli_tensor_difference *d = &r->differences[i];
    if (d->largest <= (t->dtype == OC_F32 ? tolerance : 0)) continue;
    return cli_fail(err, OC_E_DATA, r->results.values[i].name, "",
                    "differs from %.200s by %.3g at %s: got %.9g, expected %.9g; the tolerance is %.3g",
                    cli_get_repeated(call, OPTION_EXPECT, i), d->largest,
                    cli_tensor_index(&t->shape, d->at, index), d->got, d->expected,
                    t->dtype == OC_F32 ? tolerance : 0);
  }
  return OC_OK;
}

/* ---- showing ------------------------------------------------------------------------------------------- */

static oc_status print_text(const cli_call *call, const run *r, oc_error *err) {
  FILE *out = call->out.stream;
  char shape[192];
  for (int i = 0; i < r->results.count; i++) {
    const oc_named_tensor_value *v = &r->results.values[i];
    cli_tensor_figures f;
    CLI_TRY(cli_tensor_figures_of(&v->value, &f, err));
    fprintf(out, "%s  %s %s", CLI_SHOWN(v->name), oc_dtype_name(v->value.dtype),
            oc_shape_text(&v->value.shape, shape, sizeof shape));
    if (f.count > f.not_finite) fprintf(out, "  min %.6g  mean %.6g  max %.6g", f.least, f.mean, f.most);
    if (f.not_finite) fprintf(out, "  not finite: %lld", (long long)f.not_finite);
    if (i < r->expect_count) fprintf(out, "  difference %.3g", r->differences[i].largest);
    fputc('\n', out);
  }
  return OC_OK;
}

static json_t *shape_json(const oc_shape *shape) {
  json_t *sizes = json_array();
  for (int i = 0; i < shape->rank; i++) (void)json_array_append_new(sizes, json_integer(shape->dim[i]));
  return sizes;
}

static oc_status print_json(const run *r, oc_error *err) {
  json_t *list = json_array();
  for (int i = 0; i < r->results.count; i++) {
    const oc_named_tensor_value *v = &r->results.values[i];
    cli_tensor_figures f = {0};
    CLI_TRY(cli_tensor_figures_of(&v->value, &f, err));
    json_t *o = json_pack("{s:o, s:s, s:o, s:I, s:o, s:o, s:o}", "name", cli_json_text(v->name), "type",
                          oc_dtype_name(v->value.dtype), "shape", shape_json(&v->value.shape), "not_finite",
                          (json_int_t)f.not_finite, "min", cli_json_real(f.least), "mean",
                          cli_json_real(f.mean), "max", cli_json_real(f.most));
    if (i < r->expect_count)
      (void)json_object_set_new(o, "difference", cli_json_real(r->differences[i].largest));
    (void)json_array_append_new(list, o);
  }
  return cli_json_print(json_pack("{s:s, s:o}", "schema", "ocellus.run/1", "results", list), err);
}

/* ---- the command --------------------------------------------------------------------------------------- */

static oc_status write_results(const run *r, oc_error *err) {
  for (int i = 0; i < r->fetch_count; i++) {
    const oc_tensor *t = &r->results.values[i].value;
    if (r->fetch_names[i].file)
      CLI_TRY(oc_tensor_save(&(oc_tensor_view){t->dtype, t->shape, t->data}, r->fetch_names[i].file, err));
  }
  return OC_OK;
}

static oc_status compute(const cli_call *call, run *r, oc_error *err) {
  const char *name = cli_operand(call, 0);
  char path[CLI_PATH_MAX];
  oc_session_options session = oc_session_defaults();
  CLI_TRY(read_fetches(call, r, err));
  CLI_TRY(read_feeds(call, r, err));
  CLI_TRY(cli_model_path(&name, path, err));
  session.threads = (int)cli_get(call, OPTION_THREADS)->whole;
  const oc_run_request request = {.feeds = r->feeds,
                                  .feed_count = r->feed_count,
                                  .fetches = r->fetches,
                                  .fetch_count = r->fetch_count,
                                  .session = &session};
  return oc_run_file(name, &request, &r->results, err);
}

static oc_status cmd_run(const cli_call *call, oc_error *err) {
  if (!cli_get(call, OPTION_EXPECT)->given)
    CLI_TRY(cli_no_effect(call, OPTION_TOLERANCE, "without --expect", err));
  run *r = calloc(1, sizeof *r);
  if (!r) return cli_fail_memory(err);
  oc_status status = compute(call, r, err);
  if (status == OC_OK) status = compare(call, r, err); /* before a result may replace an expected file */
  if (status == OC_OK) status = write_results(r, err);
  if (status == OC_OK)
    status = cli_get(call, OPTION_JSON)->given ? print_json(r, err) : print_text(call, r, err);
  if (status == OC_OK) status = judge(call, r, err);
  for (int i = 0; i < CLI_REPEATED_MAX; i++) oc_tensor_release(&r->tensors[i]);
  oc_run_results_release(&r->results);
  free(r);
  return status;
}

CLI_COMMAND(run, .summary = "run any graph with any tensors", .operands = "MODEL", .least = 1, .most = 1,
            .text = text, .options = options, .option_count = CLI_OPTION_COUNT(options), .examples = examples,
            .run = cmd_run);
