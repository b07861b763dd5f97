/* benchmark.c: see benchmark.h. */
#include "commands/benchmark.h"
#include "core/interrupt.h"
#include "core/message.h"
#include "ocellus/ocellus.h"
#include "core/progress.h"
#include <stdlib.h>
#include <string.h>

enum { WARM = 10, MIN_STEPS = 5, MAX_STEPS = 100000, IMAGES = 3200, MAX_BATCHES = 50 };

/* ---- images ------------------------------------------------------------------------------------------ */

typedef struct images {
  float *x;
  int32_t *y;
  size_t numbers; /* of one batch */
  int batches;    /* after which they come again */
} images;

/* Blurred noise, standardized: about half of the units after a relu are active. */
static void fill_noise(const cli_benchmark *b, const images *p) {
  uint32_t state = 1;
  float last = 0;
  for (size_t i = 0; i < p->numbers * (size_t)p->batches; i++) {
    state = state * 1664525u + 1013904223u;
    last = 0.7f * last + (float)(state >> 8) / 16777216.0f - 0.5f;
    p->x[i] = 2 * last;
  }
  for (int i = 0; i < b->batch * p->batches; i++) p->y[i] = i % b->classes;
}

static oc_status standardize(const oc_dataset *digits, int count, uint8_t *pixels, const images *p,
                             oc_error *err) {
  oc_standardizer standardizer;
  CLI_TRY(oc_standardizer_fit(digits, &standardizer, err));
  const oc_status status = oc_dataset_read(digits, 0, count, pixels, p->y, err);
  if (status == OC_OK) oc_standardizer_apply(&standardizer, pixels, count, p->x);
  oc_standardizer_release(&standardizer);
  return status;
}

static oc_status fill_digits(const cli_benchmark *b, const images *p, oc_error *err) {
  const int count = b->batch * p->batches;
  oc_data_options options = oc_data_defaults();
  oc_data data;
  char where[64];
  snprintf(where, sizeof where, "digits:%d:1", count);
  options.valid = "0";
  CLI_TRY(oc_data_open(where, &options, &data, err));
  uint8_t *pixels = malloc((size_t)count * 28 * 28);
  const oc_status status = pixels ? standardize(data.train, count, pixels, p, err) : cli_fail_memory(err);
  free(pixels);
  oc_data_close(&data);
  return status;
}

static void free_images(images *p) {
  free(p->x);
  free(p->y);
}

static oc_status make_images(const cli_benchmark *b, images *p, oc_error *err) {
  const oc_image_shape *s = &b->size;
  p->numbers = (size_t)b->batch * (size_t)(s->height * s->width * s->channels);
  p->batches = IMAGES / b->batch < 1 ? 1 : IMAGES / b->batch > MAX_BATCHES ? MAX_BATCHES : IMAGES / b->batch;
  p->x = calloc(p->numbers * (size_t)p->batches, sizeof *p->x);
  p->y = calloc((size_t)b->batch * (size_t)p->batches, sizeof *p->y);
  if (!p->x || !p->y) return cli_fail_memory(err);
  if (s->height == 28 && s->width == 28 && s->channels == 1 && b->classes == 10)
    return fill_digits(b, p, err);
  fill_noise(b, p);
  return OC_OK;
}

/* ---- the plan ------------------------------------------------------------------------------------------ */

typedef struct workbench {
  oc_graph *graph;
  oc_session *session;
  oc_plan *plan;
  oc_node x, y;
  images images;
} workbench;

/* Fills the fetches of a step: loss and the optimizer's updates, or probabilities. Returns their number. */
static int make_fetches(const cli_benchmark *b, const workbench *w, oc_node logits, oc_node fetches[2]) {
  oc_graph *g = w->graph;
  if (!b->training) {
    fetches[0] = oc_softmax(g, logits);
    return 1;
  }
  const oc_optimizer_options options = oc_optimizer_defaults();
  fetches[0] = oc_reduce_mean(g, oc_softmax_cross_entropy(g, logits, oc_one_hot(g, w->y, b->classes)), 0);
  fetches[1] = oc_minimize(g, fetches[0], &options);
  return 2;
}

/* The plan of a model's own graph: from its input, by the name that it has in a file or in ours, to its
 * probabilities. */
static oc_status make_model_plan(const cli_benchmark *b, workbench *w, oc_error *err) {
  const oc_graph *g = oc_model_graph(b->model);
  const oc_node answer = oc_find(g, "probabilities");
  const oc_plan_options po = {.batch = b->batch, .timed = b->timed};
  w->session = oc_model_session(b->model);
  w->x = oc_find(g, "image");
  if (!oc_node_valid(w->x)) w->x = oc_find(g, "tf_x");
  if (!oc_node_valid(w->x) || !oc_node_valid(answer))
    return cli_fail(err, OC_E_UNSUPPORTED, b->net, "Use a model that answers with a class.",
                    "the model has no probabilities of classes");
  return oc_plan_create(w->session, &answer, 1, &po, &w->plan, err);
}

static oc_status make_plan(const cli_benchmark *b, workbench *w, oc_error *err) {
  if (b->model) return make_model_plan(b, w, err);
  CLI_TRY(oc_graph_create(NULL, &w->graph, err));
  const oc_shape shape = OC_SHAPE(OC_BATCH, b->size.height, b->size.width, b->size.channels);
  w->x = oc_placeholder(w->graph, "x", OC_F32, shape);
  w->y = oc_placeholder(w->graph, "y", OC_I32, OC_SHAPE(OC_BATCH));
  oc_node logits, fetches[2];
  CLI_TRY(oc_net_build(w->graph, w->x, b->net, b->classes, NULL, &logits, err));
  const int count = make_fetches(b, w, logits, fetches);
  oc_session_options so = oc_session_defaults();
  so.threads = b->threads;
  const oc_plan_options po = {.batch = b->batch, .training = b->training, .timed = b->timed};
  CLI_TRY(oc_session_create(w->graph, &so, &w->session, err));
  return oc_plan_create(w->session, fetches, count, &po, &w->plan, err);
}

/* One step with the images whose turn it is. */
static oc_status run_step(const cli_benchmark *b, const workbench *w, int step, double *seconds,
                          oc_error *err) {
  if (cli_interrupt_asked())
    return cli_fail(err, OC_E_INTERRUPTED, "", "", "stopped before the measurement was over");
  const size_t turn = (size_t)step % (size_t)w->images.batches;
  CLI_TRY(oc_plan_bind(w->plan, w->x, w->images.x + turn * w->images.numbers, err));
  if (!b->model) CLI_TRY(oc_plan_bind(w->plan, w->y, w->images.y + turn * (size_t)b->batch, err));
  const double start = cli_seconds();
  CLI_TRY(oc_plan_run(w->plan, b->batch, (oc_rng_counter){0, (uint64_t)step * (uint64_t)b->batch}, err));
  *seconds = cli_seconds() - start;
  return OC_OK;
}

/* ---- times --------------------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static const char *keep_text(const char *from, char **to) {
  const size_t bytes = strlen(from) + 1;
  const char *kept = memcpy(*to, from, bytes);
  *to += bytes;
  return kept;
}

/* The plan's steps with their names, which end with the plan. */
static oc_status keep_parts(const oc_plan *plan, cli_benchmark_result *r, oc_error *err) {
  oc_step_time t;
  size_t bytes = 0;
  for (r->part_count = 0; oc_plan_step_time(plan, r->part_count, &t); r->part_count++)
    bytes += strlen(t.name) + strlen(t.operation) + 2;
  r->parts = calloc((size_t)r->part_count + 1, sizeof *r->parts);
  r->names = malloc(bytes + 1);
  if (!r->parts || !r->names) return cli_fail_memory(err);
  char *text = r->names;
  for (int i = 0; i < r->part_count; i++) {
    oc_plan_step_time(plan, i, &r->parts[i]);
    r->parts[i].operation = keep_text(r->parts[i].operation, &text);
    r->parts[i].name = keep_text(r->parts[i].name, &text);
  }
  return OC_OK;
}

static void summarize(double *times, int count, const workbench *w, cli_benchmark_result *r) {
  oc_step_time t;
  qsort(times, (size_t)count, sizeof *times, by_value);
  r->threads = oc_session_threads(w->session);
  r->steps = count;
  r->median = times[count / 2];
  r->best = times[0];
  r->p10 = times[count / 10];
  r->memory = oc_plan_memory(w->plan);
  for (int i = 0; oc_plan_step_time(w->plan, i, &t); i++) r->flops += t.flops;
}

/* A few steps that do not count: memory is touched, caches and branch predictors learn. */
static oc_status warm_up(const cli_benchmark *b, const workbench *w, oc_error *err) {
  double seconds = 0, spent = 0;
  for (int i = 0; i < WARM && (i == 0 || b->steps || spent < b->seconds / 4); i++, spent += seconds)
    CLI_TRY(run_step(b, w, i, &seconds, err));
  return OC_OK;
}

static oc_status measure(const cli_benchmark *b, const workbench *w, double *times, cli_benchmark_result *r,
                         oc_error *err) {
  const int most = b->steps ? b->steps : MAX_STEPS, least = b->steps ? b->steps : MIN_STEPS;
  double spent = 0;
  int count = 0;
  CLI_TRY(warm_up(b, w, err));
  for (; count < most && (count < least || spent < b->seconds); spent += times[count++])
    CLI_TRY(run_step(b, w, WARM + count, &times[count], err));
  summarize(times, count, w, r);
  return b->timed ? keep_parts(w->plan, r, err) : OC_OK;
}

oc_status cli_benchmark_run(const cli_benchmark *b, cli_benchmark_result *out, oc_error *err) {
  workbench w = {0};
  memset(out, 0, sizeof *out);
  double *times = calloc(b->steps ? (size_t)b->steps : MAX_STEPS, sizeof *times);
  oc_status status = times ? make_plan(b, &w, err) : cli_fail_memory(err);
  if (status == OC_OK) status = make_images(b, &w.images, err);
  if (status == OC_OK) status = measure(b, &w, times, out, err);
  if (status != OC_OK) cli_benchmark_release(out);
  oc_plan_free(w.plan);
  if (!b->model) oc_session_free(w.session);
  oc_graph_free(w.graph);
  free_images(&w.images);
  free(times);
  return status;
}

void cli_benchmark_release(cli_benchmark_result *r) {
  free(r->parts);
  free(r->names);
  memset(r, 0, sizeof *r);
}
