/* step.c: times one training step, or one prediction, of a network, and says so as one line of JSON. Pictures of 28x28x1
 * are the built-in digits, another batch in each step, so that as much is zero as in a real training; others are noise.
 * Uses the public headers only. `bench/run.py` runs it beside the peers.
 *
 *   step [--net TEXT] [--input HxWxC] [--classes N] [--batch 64] [--threads 0] [--steps 200] [--inference] */
#include <ocellus/data.h>
#include <ocellus/ocellus.h>
#include <ocellus/train.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

typedef struct job {
  const char *net;
  int height, width, channels, classes, batch, threads, steps;
  bool inference;
} job;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void fail(const oc_error *err) {
  fprintf(stderr, "%s: %s %s\n", err->where, err->message, err->hint);
  exit(1);
}

static job parse(int argc, char **argv) {
  job j = {"lecture", 28, 28, 1, 10, 64, 0, 200, false};
  for (int i = 1; i < argc; i++) {
    const char *value = i + 1 < argc ? argv[i + 1] : "";
    if (!strcmp(argv[i], "--inference")) {
      j.inference = true;
      continue;
    }
    if (!strcmp(argv[i], "--net"))
      j.net = value;
    else if (!strcmp(argv[i], "--input"))
      sscanf(value, "%dx%dx%d", &j.height, &j.width, &j.channels);
    else if (!strcmp(argv[i], "--classes"))
      j.classes = (int)strtol(value, NULL, 10);
    else if (!strcmp(argv[i], "--batch"))
      j.batch = (int)strtol(value, NULL, 10);
    else if (!strcmp(argv[i], "--threads"))
      j.threads = (int)strtol(value, NULL, 10);
    else if (!strcmp(argv[i], "--steps"))
      j.steps = (int)strtol(value, NULL, 10);
    i++;
  }
  return j;
}

#define BATCHES 50 /* after which the pictures come again */
#define WARM    10 /* steps before the first that counts */

typedef struct pictures {
  float *x;
  int32_t *y;
  size_t numbers; /* of one batch */
} pictures;

/* Blurred noise, standardised: about half of the units behind a ReLU are active. */
static void fill_noise(const job *j, const pictures *p) {
  uint32_t state = 1;
  float last = 0;
  for (size_t i = 0; i < p->numbers * BATCHES; i++) {
    state = state * 1664525u + 1013904223u;
    last = 0.7f * last + (float)(state >> 8) / 16777216.0f - 0.5f;
    p->x[i] = 2 * last;
  }
  for (int i = 0; i < j->batch * BATCHES; i++) p->y[i] = i % j->classes;
}

static void fill_digits(const job *j, const pictures *p) {
  const int count = j->batch * BATCHES;
  char where[40];
  oc_error err = {0};
  oc_data data;
  oc_standard standard;
  uint8_t *pixels = malloc(p->numbers * BATCHES);
  snprintf(where, sizeof where, "digits:%d:10", count);
  const oc_data_options o = {.valid = 0, .seed = 123, .max_bytes = SIZE_MAX};
  if (!pixels || oc_data_open(where, &o, &data, &err) != OC_OK ||
      oc_standard_fit(data.train, &standard, &err) != OC_OK ||
      oc_dataset_read(data.train, 0, count, pixels, p->y, &err) != OC_OK)
    fail(&err);
  oc_standard_apply(&standard, pixels, count, p->x);
  oc_standard_release(&standard);
  oc_data_close(&data);
  free(pixels);
}

static pictures make_pictures(const job *j) {
  pictures p = {.numbers = (size_t)j->batch * (size_t)(j->height * j->width * j->channels)};
  p.x = calloc(p.numbers * BATCHES, sizeof *p.x);
  p.y = calloc((size_t)j->batch * BATCHES, sizeof *p.y);
  if (!p.x || !p.y) exit(1);
  if (j->height == 28 && j->width == 28 && j->channels == 1 && j->classes == 10)
    fill_digits(j, &p);
  else
    fill_noise(j, &p);
  return p;
}

/* A plan and what is fed into it. */
typedef struct bench {
  oc_graph *graph;
  oc_session *session;
  oc_plan *plan;
  oc_node x, y;
} bench;

static void make_plan(const job *j, const pictures *p, bench *b) {
  oc_error err = {0};
  if (oc_graph_create(NULL, &b->graph, &err) != OC_OK) fail(&err);
  b->x = oc_placeholder(b->graph, "tf_x", OC_F32, OC_SHAPE(OC_BATCH, j->height, j->width, j->channels));
  b->y = oc_placeholder(b->graph, "tf_y", OC_I32, OC_SHAPE(OC_BATCH));
  oc_node logits;
  if (oc_net_build(b->graph, b->x, j->net, j->classes, NULL, &logits, &err) != OC_OK) fail(&err);
  const oc_node onehot = oc_one_hot(b->graph, b->y, j->classes);
  const oc_node loss = oc_reduce_mean(b->graph, oc_softmax_cross_entropy(b->graph, logits, onehot), 0);
  const oc_optimizer_options how = oc_optimizer_defaults();
  const oc_node fetches[2] = {j->inference ? oc_softmax(b->graph, logits) : loss,
                              j->inference ? loss : oc_minimize(b->graph, loss, &how)};
  oc_session_options so = oc_session_defaults();
  so.threads = j->threads;
  const oc_plan_options po = {.batch = j->batch, .training = !j->inference};
  if (oc_session_create(b->graph, &so, &b->session, &err) != OC_OK ||
      oc_plan_create(b->session, fetches, j->inference ? 1 : 2, &po, &b->plan, &err) != OC_OK ||
      oc_plan_bind(b->plan, b->y, p->y, &err) != OC_OK)
    fail(&err);
}

/* One step with the pictures whose turn it is; returns its seconds. */
static double run_step(const job *j, const pictures *p, const bench *b, int step) {
  oc_error err = {0};
  const size_t turn = (size_t)step % BATCHES;
  if (oc_plan_bind(b->plan, b->x, p->x + turn * p->numbers, &err) != OC_OK ||
      oc_plan_bind(b->plan, b->y, p->y + turn * (size_t)j->batch, &err) != OC_OK)
    fail(&err);
  const double start = now();
  if (oc_plan_run(b->plan, j->batch, (oc_position){0, (uint64_t)step * (uint64_t)j->batch}, &err) != OC_OK)
    fail(&err);
  return now() - start;
}

static void report(const job *j, const oc_session *s, double *times) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  qsort(times, (size_t)j->steps, sizeof *times, by_value);
  printf("{\"name\": \"ocellus\", \"version\": \"%s\", \"isa\": \"%s\", \"threads\": %d, \"batch\": %d, "
         "\"median_ms\": %.4f, \"min_ms\": %.4f, \"p10_ms\": %.4f, \"peak_rss_mb\": %.1f}\n",
         oc_version(), oc_isa_name(oc_session_isa(s)), oc_session_threads(s), j->batch,
         times[j->steps / 2] * 1e3, times[0] * 1e3, times[j->steps / 10] * 1e3,
         (double)usage.ru_maxrss / 1024);
}

int main(int argc, char **argv) {
  const job j = parse(argc, argv);
  double *times = calloc((size_t)j.steps, sizeof *times);
  if (!times) return 1;
  const pictures p = make_pictures(&j);
  bench b = {0};
  make_plan(&j, &p, &b);
  for (int i = 0; i < WARM; i++) run_step(&j, &p, &b, i);
  for (int i = 0; i < j.steps; i++) times[i] = run_step(&j, &p, &b, WARM + i);
  report(&j, b.session, times);
  oc_plan_free(b.plan);
  oc_session_free(b.session);
  oc_graph_free(b.graph);
  free(p.x);
  free(p.y);
  free(times);
  return 0;
}
