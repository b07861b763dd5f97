/* bench.c: `ocellus bench`: how fast this machine is, and a network on it. */
#include "commands/bench_loading.h"
#include "commands/bench_parts.h"
#include "commands/benchmark.h"
#include "core/data.h"
#include "core/command.h"
#include "core/interrupt.h"
#include "core/json.h"
#include "core/page.h"
#include "core/progress.h"
#include "core/target.h"
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
  OPTION_ONLY = CLI_COMMON_COUNT,
  OPTION_BATCH,
  OPTION_INPUT,
  OPTION_CLASSES,
  OPTION_THREADS,
  OPTION_STEPS,
  OPTION_SECONDS,
  OPTION_DATA,
  OPTION_WORKERS,
  OPTION_CACHE,
  OPTION_JSON,
};

static const char *const parts[] = {"all", "machine", "training", "prediction", "parts", "loading", NULL};

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_ONLY] =
        {.name = "only",
         .kind = CLI_CHOICE,
         .value = "PART",
         .fallback = "all",
         .choices = parts,
         .help = "measurement to make: the machine's limits, a training step, predictions, the parts of a "
                 "training step, or loading the images of --data"},
    [OPTION_BATCH] = {.name = "batch",
                      .kind = CLI_WHOLE,
                      .value = "N",
                      .low = 1,
                      .high = 1e6,
                      .help = "images per step",
                      .usual = "64 for training; 1, 8, 64 and 1000 for prediction"},
    [OPTION_INPUT] = CLI_INPUT_ROW,
    [OPTION_CLASSES] = CLI_CLASSES_ROW,
    [OPTION_THREADS] = CLI_THREADS_ROW("number of worker threads"),
    [OPTION_STEPS] = {.name = "steps",
                      .kind = CLI_WHOLE,
                      .value = "N",
                      .low = 1,
                      .high = 1e6,
                      .help = "number of steps of each measurement, instead of --seconds"},
    [OPTION_SECONDS] = {.name = "seconds",
                        .kind = CLI_REAL,
                        .value = "S",
                        .fallback = "2",
                        .low = 0,
                        .high = 3600,
                        .help = "approximate time of each measurement, which has at least five steps"},
    [OPTION_DATA] = {.name = "data",
                     .kind = CLI_TEXT,
                     .value = "DATA",
                     .help = "data whose training images are loaded twice, as training would, at the size of "
                             "--input if it is given"},
    [OPTION_WORKERS] = CLI_WORKERS_ROW,
    [OPTION_CACHE] = CLI_CACHE_ROW,
    [OPTION_JSON] = {.name = "json", .help = "print a JSON object for each measurement"},
};

static const char *const examples[] = {
    "ocellus bench --seconds 0.5",
    "ocellus bench tiny --only training --steps 20 --json",
    "ocellus bench \"conv 3x3x16 same relu | maxpool 2 | dense CLASSES\" --input 32x32x3 --only parts "
    "--seconds 0.2",
    "ocellus bench --only prediction --batch 1 --threads 1 --seconds 0.2",
    "ocellus bench --only loading --data digits:2000:100",
    NULL,
};

static const char text[] =
    "Measures the peak rates of this machine: multiply-adds and reading from memory, with "
    "one thread and with all. Also measures the time of a training step, of a prediction, "
    "and of each part of a training step. Without a network, it uses the lecture's. Of a model "
    "without a net text, such as an ONNX file, only predictions are measured (--only prediction). Weights "
    "are random. Images are the built-in digits where they fit, otherwise noise. The "
    "fraction of the peak counts the multiply-adds of direct convolution. It can exceed "
    "100%, because Winograd's method needs fewer.\n\n"
    "With --data, also measures how fast its images are read, decoded, and preprocessed: in the "
    "first epoch, and in a second one, which finds decoded images in the cache (--cache). "
    "Training that takes more images in a second than this waits for them.\n\n"
    "Times of steps are without reading and standardizing images. Each line shows the "
    "median, with the best in parentheses. Other work on the machine makes the times longer. "
    "Compare two programs only by interleaved runs.";

/* The data of all measurements of a call. */
typedef struct job {
  const cli_call *call;
  cli_benchmark what;
  oc_machine machine;
  cli_progress progress;
  bool json;
} job;

static bool wants(const job *j, const char *part) {
  const char *only = cli_get(j->call, OPTION_ONLY)->text;
  return strcmp(only, "all") == 0 || strcmp(only, part) == 0;
}

static void say_progress(job *j, const char *what, int batch) {
  char line[64];
  if (batch)
    snprintf(line, sizeof line, "measuring %s, batch %d", what, batch);
  else
    snprintf(line, sizeof line, "measuring %s", what);
  cli_progress_say(&j->progress, line);
}

static long peak_memory(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024L;
}

/* ---- the machine --------------------------------------------------------------------------------------- */

static oc_status print_machine_json(const oc_machine *m, oc_error *err) {
  return cli_json_print(json_pack("{s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:o}", "schema", "ocellus.bench/1",
                                  "type", "machine", "isa", oc_isa_name(m->isa), "threads", m->threads,
                                  "flops_one", cli_json_real(m->flops_per_second_one), "flops_all",
                                  cli_json_real(m->flops_per_second_all), "read_one",
                                  cli_json_real(m->read_one), "read_all", cli_json_real(m->read_all)),
                        err);
}

static void print_machine(const oc_machine *m) {
  printf("Machine     %s; %d thread%s\n", oc_isa_name(m->isa), m->threads, m->threads == 1 ? "" : "s");
  printf("  peak      %.1f GFLOP/s one thread, %.1f all\n", m->flops_per_second_one * 1e-9,
         m->flops_per_second_all * 1e-9);
  printf("  reading   %.1f GB/s one thread, %.1f all\n", m->read_one * 1e-9, m->read_all * 1e-9);
}

/* Measured for its own sake, or as what the text holds other measurements against. */
static oc_status bench_machine(job *j, oc_error *err) {
  say_progress(j, "the machine", 0);
  CLI_TRY(oc_machine_measure(j->what.threads, &j->machine, err));
  cli_progress_clear(&j->progress);
  if (!wants(j, "machine")) return OC_OK;
  if (j->json) return print_machine_json(&j->machine, err);
  print_machine(&j->machine);
  return OC_OK;
}

/* ---- steps --------------------------------------------------------------------------------------------- */

static oc_status print_json(const job *j, const cli_benchmark_result *r, oc_error *err) {
  const cli_benchmark *b = &j->what;
  json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:o, s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:I, s:I}", "schema",
                        "ocellus.bench/1", "type", b->training ? "training" : "prediction", "version",
                        oc_version(), "isa", oc_isa_name(oc_isa_best()), "net", cli_json_text(b->net),
                        "batch", b->batch, "threads", r->threads, "steps", r->steps, "median_ms",
                        cli_json_real(1e3 * r->median), "min_ms", cli_json_real(1e3 * r->best), "p10_ms",
                        cli_json_real(1e3 * r->p10), "flops", cli_json_real(r->flops), "plan_bytes",
                        (json_int_t)r->memory, "peak_bytes", (json_int_t)peak_memory());
  return cli_json_print(o, err);
}

/* "0.19 ms", "12.9 ms", "1.31 s" */
static const char *time_text(double seconds, char *line, size_t size) {
  if (seconds >= 1)
    snprintf(line, size, "%.2f s", seconds);
  else
    snprintf(line, size, seconds < 0.01 ? "%.3f ms" : "%.1f ms", 1e3 * seconds);
  return line;
}

static void print_step(const job *j, const cli_benchmark_result *r) {
  const cli_benchmark *b = &j->what;
  char median[32], best[32];
  const double peak = r->threads > 1 ? j->machine.flops_per_second_all : j->machine.flops_per_second_one;
  time_text(r->median, median, sizeof median);
  time_text(r->best, best, sizeof best);
  printf("  batch %-7d%8s (%s)%*s", b->batch, median, best, 8 - (int)strlen(best), "");
  printf(" %7.0f images/s", b->batch / r->median);
  if (peak > 0)
    printf(" %6.1f GFLOP/s %3.0f%% of peak", r->flops / r->median * 1e-9, 100 * r->flops / r->median / peak);
  putchar('\n');
}

static oc_status bench_step(job *j, int batch, oc_error *err) {
  cli_benchmark_result r;
  j->what.batch = batch;
  say_progress(j, j->what.training ? "training" : "prediction", batch);
  CLI_TRY(cli_benchmark_run(&j->what, &r, err));
  cli_progress_clear(&j->progress);
  oc_status status = OC_OK;
  if (j->json)
    status = print_json(j, &r, err);
  else
    print_step(j, &r);
  cli_benchmark_release(&r);
  return status;
}

static void heading(const job *j, const char *what) {
  char label[16];
  snprintf(label, sizeof label, "%-11s ", what);
  if (!j->json) cli_page_labeled(&j->call->out, label, j->what.net);
}

static oc_status bench_training(job *j, oc_error *err) {
  const cli_value *batch = cli_get(j->call, OPTION_BATCH);
  j->what.training = true;
  heading(j, "Training");
  return bench_step(j, batch->given ? (int)batch->whole : 64, err);
}

static oc_status bench_prediction(job *j, oc_error *err) {
  static const int batches[] = {1, 8, 64, 1000};
  const cli_value *batch = cli_get(j->call, OPTION_BATCH);
  j->what.training = false;
  heading(j, "Prediction");
  if (batch->given) return bench_step(j, (int)batch->whole, err);
  for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) CLI_TRY(bench_step(j, batches[i], err));
  return OC_OK;
}

/* ---- where the time goes ------------------------------------------------------------------------------- */

static oc_status bench_parts(job *j, oc_error *err) {
  const cli_value *batch = cli_get(j->call, OPTION_BATCH);
  cli_benchmark_result r;
  j->what.training = j->what.timed = true;
  j->what.batch = batch->given ? (int)batch->whole : 64;
  say_progress(j, "the parts of a step", 0);
  CLI_TRY(cli_benchmark_run(&j->what, &r, err));
  cli_progress_clear(&j->progress);
  oc_status status = OC_OK;
  if (j->json)
    status = cli_bench_parts_json(&r, err);
  else
    cli_bench_parts_print(&j->call->out, j->what.batch, &r);
  cli_benchmark_release(&r);
  return status;
}

/* ---- loading ------------------------------------------------------------------------------------------- */

static oc_status bench_loading(job *j, oc_error *err) {
  const cli_value *batch = cli_get(j->call, OPTION_BATCH), *workers = cli_get(j->call, OPTION_WORKERS),
                  *input = cli_get(j->call, OPTION_INPUT);
  cli_loading what = {.data = cli_get(j->call, OPTION_DATA)->text,
                      .batch = batch->given ? (int)batch->whole : 0,
                      .workers = workers->given ? (int)workers->whole : 0,
                      .json = j->json};
  if (input->given) CLI_TRY(cli_shape_read(input->text, &what.size, err));
  return cli_bench_loading(j->call, &what, &j->progress, err);
}

/* ---- the command --------------------------------------------------------------------------------------- */

static oc_status bench(job *j, oc_error *err) {
  const bool shares = !j->json && (wants(j, "training") || wants(j, "prediction"));
  if (wants(j, "machine") || shares) CLI_TRY(bench_machine(j, err));
  if (wants(j, "training")) CLI_TRY(bench_training(j, err));
  if (wants(j, "prediction")) CLI_TRY(bench_prediction(j, err));
  if (wants(j, "parts")) CLI_TRY(bench_parts(j, err));
  if (cli_get(j->call, OPTION_DATA)->given) CLI_TRY(bench_loading(j, err));
  return OC_OK;
}

/* A model without a net text stays, for its predictions. */
static oc_status keep_model(const cli_call *call, cli_benchmark *what, oc_model *model, oc_error *err) {
  if (strcmp(cli_get(call, OPTION_ONLY)->text, "prediction") != 0)
    return cli_fail(err, OC_E_UNSUPPORTED, cli_operand(call, 0),
                    "Use --only prediction, or name a net, or a model that was made from one.",
                    "the model was made as a graph, without a net text");
  what->model = model;
  what->net = cli_operand(call, 0);
  return OC_OK;
}

/* Measurements of a network need only its text; a model is loaded to read and check it. *net is the caller's,
 * and so is what->model. */
static oc_status describe_workload(const cli_call *call, cli_benchmark *what, char **net, oc_error *err) {
  const char *name = call->arguments.operand_count ? cli_operand(call, 0) : "lecture";
  oc_model *model;
  if (cli_names_model(name))
    CLI_TRY(cli_model_load(name, what->threads, &model, err));
  else
    CLI_TRY(cli_model_of_net(name, cli_get(call, OPTION_INPUT)->text, cli_get(call, OPTION_CLASSES)->whole,
                             &model, err));
  what->size = oc_model_image_shape(model);
  what->classes = oc_model_classes(model);
  what->net = *net = strdup(oc_model_net(model));
  const oc_status status = !*net ? cli_fail_memory(err) : **net ? OC_OK : keep_model(call, what, model, err);
  if (!what->model) oc_model_free(model);
  return status;
}

static bool only_loading(const cli_call *call) {
  return strcmp(cli_get(call, OPTION_ONLY)->text, "loading") == 0;
}

/* --data and what is about it, and the measurements that load it. */
static oc_status check_loading(const cli_call *call, bool all, oc_error *err) {
  static const int about[] = {OPTION_WORKERS, OPTION_CACHE};
  static const int others[] = {OPTION_CLASSES, OPTION_THREADS, OPTION_STEPS, OPTION_SECONDS};
  const bool data = cli_get(call, OPTION_DATA)->given, only = only_loading(call);
  if (only && !data)
    return cli_fail(err, OC_E_ARGUMENT, "--only loading", "Name the images with --data.", "needs --data");
  if (only && call->arguments.operand_count)
    return cli_fail(err, OC_E_ARGUMENT, cli_operand(call, 0), "Leave it out.",
                    "--only loading computes no network");
  for (size_t i = 0; i < sizeof others / sizeof *others && only; i++)
    CLI_TRY(cli_no_effect(call, others[i], "with --only loading, which computes no network", err));
  if (!only && !all) CLI_TRY(cli_no_effect(call, OPTION_DATA, "with --only but of loading", err));
  for (size_t i = 0; i < sizeof about / sizeof *about && !data; i++)
    CLI_TRY(cli_no_effect(call, about[i], "without --data", err));
  return OC_OK;
}

static oc_status check_options(const cli_call *call, oc_error *err) {
  const char *only = cli_get(call, OPTION_ONLY)->text;
  if (call->arguments.operand_count && cli_names_model(cli_operand(call, 0))) {
    CLI_TRY(cli_no_effect(call, OPTION_INPUT, "on a model, which has its own", err));
    CLI_TRY(cli_no_effect(call, OPTION_CLASSES, "on a model, which has its own", err));
  }
  if (only && strcmp(only, "machine") == 0)
    CLI_TRY(cli_no_effect(call, OPTION_BATCH, "with --only machine, which computes no network", err));
  return check_loading(call, strcmp(only, "all") == 0, err);
}

static oc_status cmd_bench(const cli_call *call, oc_error *err) {
  const cli_value *threads = cli_get(call, OPTION_THREADS), *steps = cli_get(call, OPTION_STEPS);
  char *net = NULL;
  job j = {.call = call,
           .what = {.threads = threads->given ? (int)threads->whole : 0,
                    .steps = steps->given ? (int)steps->whole : 0,
                    .seconds = cli_get(call, OPTION_SECONDS)->real},
           .json = cli_get(call, OPTION_JSON)->given,
           .progress = {&call->err, call->err.live, false, 0}};
  CLI_TRY(check_options(call, err));
  oc_status status = only_loading(call) ? OC_OK : describe_workload(call, &j.what, &net, err);
  cli_interrupt_begin();
  if (status == OC_OK) status = bench(&j, err);
  cli_interrupt_end();
  cli_progress_clear(&j.progress);
  oc_model_free(j.what.model);
  free(net);
  return status;
}

CLI_COMMAND(bench, .summary = "measure the speed of this machine and of a network on it",
            .operands = "[MODEL|NET]", .least = 0, .most = 1, .text = text, .options = options,
            .option_count = CLI_OPTION_COUNT(options), .examples = examples, .run = cmd_bench);
