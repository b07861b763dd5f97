/* step.c: times one training step, or one prediction, of a network on synthetic pictures, and says so as one
 * line of JSON. Uses the public headers only. `bench/run.py` runs it beside the peers.
 *
 *   step [--net TEXT] [--input HxWxC] [--classes N] [--batch 64] [--threads 0] [--steps 200] [--inference] */
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

/* Blurred noise, standardised: about half of the units behind a ReLU are active, as in real training. */
static void fill(const job *j, float *x, int32_t *y) {
  uint32_t state = 1;
  const size_t count = (size_t)j->batch * (size_t)(j->height * j->width * j->channels);
  float last = 0;
  for (size_t i = 0; i < count; i++) {
    state = state * 1664525u + 1013904223u;
    last = 0.7f * last + (float)(state >> 8) / 16777216.0f - 0.5f;
    x[i] = 2 * last;
  }
  for (int i = 0; i < j->batch; i++) y[i] = i % j->classes;
}

static oc_plan *make_plan(const job *j, oc_graph *g, oc_session **s, const float *x, const int32_t *y) {
  oc_error err = {0};
  const oc_node tf_x =
      oc_placeholder(g, "tf_x", OC_F32, OC_SHAPE(OC_BATCH, j->height, j->width, j->channels));
  const oc_node tf_y = oc_placeholder(g, "tf_y", OC_I32, OC_SHAPE(OC_BATCH));
  oc_node logits;
  if (oc_net_build(g, tf_x, j->net, j->classes, NULL, &logits, &err) != OC_OK) fail(&err);
  const oc_node onehot = oc_one_hot(g, tf_y, j->classes);
  const oc_node loss = oc_reduce_mean(g, oc_softmax_cross_entropy(g, logits, onehot), 0);
  const oc_optimizer_options how = oc_optimizer_defaults();
  const oc_node fetches[2] = {j->inference ? oc_softmax(g, logits) : loss,
                              j->inference ? loss : oc_minimize(g, loss, &how)};
  oc_session_options so = oc_session_defaults();
  so.threads = j->threads;
  const oc_plan_options po = {.batch = j->batch, .training = !j->inference};
  oc_plan *plan = NULL;
  if (oc_session_create(g, &so, s, &err) != OC_OK ||
      oc_plan_create(*s, fetches, j->inference ? 1 : 2, &po, &plan, &err) != OC_OK ||
      oc_plan_bind(plan, tf_x, x, &err) != OC_OK || oc_plan_bind(plan, tf_y, y, &err) != OC_OK)
    fail(&err);
  return plan;
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
  float *x = calloc((size_t)j.batch * (size_t)(j.height * j.width * j.channels), sizeof *x);
  int32_t *y = calloc((size_t)j.batch, sizeof *y);
  double *times = calloc((size_t)j.steps, sizeof *times);
  oc_graph *g = NULL;
  oc_session *s = NULL;
  oc_error err = {0};
  if (!x || !y || !times || oc_graph_create(NULL, &g, &err) != OC_OK) return 1;
  fill(&j, x, y);
  oc_plan *plan = make_plan(&j, g, &s, x, y);
  for (int i = -10; i < j.steps; i++) {
    const double start = now();
    if (oc_plan_run(plan, j.batch, (oc_position){0, (uint64_t)(i + 10) * (uint64_t)j.batch}, &err) != OC_OK)
      fail(&err);
    if (i >= 0) times[i] = now() - start;
  }
  report(&j, s, times);
  oc_plan_free(plan);
  oc_session_free(s);
  oc_graph_free(g);
  free(x);
  free(y);
  free(times);
  return 0;
}
