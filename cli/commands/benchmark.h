/* benchmark.h: measures a network's training steps and predictions. */
#ifndef OC_CLI_BENCHMARK_H
#define OC_CLI_BENCHMARK_H
#include "ocellus/data.h"
#include "ocellus/machine.h"
#include "ocellus/model.h"

typedef struct cli_benchmark {
  const char *net; /* its text, or the name of `model` */
  oc_model *model; /* the caller's, with its threads, of which predictions are measured; NULL: of `net` */
  oc_image_shape size;
  int classes, batch, threads; /* threads 0: all */
  bool training;               /* else prediction */
  bool timed;                  /* where the time goes, too: makes steps a little slower */
  int steps;                   /* 0: as many as `seconds` allow, at least 5 */
  double seconds;
} cli_benchmark;

typedef struct cli_benchmark_result {
  int threads, steps;
  double median, best, p10; /* seconds of a step */
  double flops;             /* of a step, by the direct method; prepacked weights not counted */
  size_t memory;            /* bytes that the plan's runs use */
  oc_step_time *parts;      /* timed: part_count steps of the plan, and texts of their own */
  int part_count;
  char *names;
} cli_benchmark_result;

/* Runs on images that follow from a seed: the built-in digits if they are 28x28x1 of 10 classes, so that as
 * much is zero as in a real training; else noise. The caller releases. */
oc_status cli_benchmark_run(const cli_benchmark *b, cli_benchmark_result *out, oc_error *err);
void cli_benchmark_release(cli_benchmark_result *r);

#endif
