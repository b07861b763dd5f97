/* cases_dense.h: uses of matmul and dense_block. */
#ifndef TESTS_CASES_DENSE_H
#define TESTS_CASES_DENSE_H
#include "kernel_case.h"

typedef struct dense_trial {
  int64_t n, chunk, sums, cols;
} dense_trial;
static const dense_trial dense_trials[] = {
    {1, 1, 1, 1},         {3, 2, 5, 3},       {2, 1, 17, 16},    {9, 4, 33, 10},     {5, 3, 64, 64},
    {70, 8, 7, 33},       {1, 1, 300, 150},   {4, 4, 130, 301},  {5, 2, 601, 90},    {7, 3, 40, 1000},
    {3, 3, 37, 1100},     {2, 2, 810, 49},    {70, 8, 1100, 37}, {130, 16, 64, 530}, {9, 9, 520, 64},
    {600, 600, 130, 260}, {66, 66, 33, 1030},
};
#define DENSE_TRIALS ((int)(sizeof dense_trials / sizeof *dense_trials))
static const fill_kind dense_kinds[] = {UNIFORM, WHOLE, EXTREME, NANS, SPARSE};

static void dense_text(kernel_case *k, const dense_trial *d, const char *form, int kind) {
  snprintf(k->text, sizeof k->text, "%s, %lld samples by %lld, %lld x %lld, data %d", form, (long long)d->n,
           (long long)d->chunk, (long long)d->sums, (long long)d->cols, kind);
}

/* plan: samples that the plan of a prediction is for; 0: training with d->n */
static void matmul_case(trial *t, const dense_trial *d, oc_matmul_attrs a, fill_kind kind, int64_t plan) {
  kernel_case k;
  const fill_kind other = kind == NANS || kind == ZEROS ? UNIFORM : kind;
  case_begin(&k, t, "matmul", &a, d->n, d->chunk);
  k.inference = plan > 0;
  if (plan) k.plan_batch = plan;
  k.exact = kind == WHOLE || kind == ZEROS;
  dense_text(&k, d, a.transpose_a ? "TN" : a.transpose_b ? "NT" : "NN", kind);
  case_fill(&k, OC_F32, OC_SHAPE(OC_BATCH, d->sums), kind);
  if (a.transpose_a)
    case_fill(&k, OC_F32, OC_SHAPE(OC_BATCH, d->cols), other);
  else
    case_fill(&k, OC_F32, a.transpose_b ? OC_SHAPE(d->cols, d->sums) : OC_SHAPE(d->sums, d->cols), other);
  case_check(&k);
}
static const dense_trial many_samples = {520, 520, 130, 260}; /* more than one slice of a sum over samples */
static const dense_trial most_samples = {4100, 4100, 20, 70}; /* slices that wait for each other's sums */

static void matmul_cases(trial *t) {
  static const oc_matmul_attrs forms[] = {{false, false}, {false, true}, {true, false}};
  for (int i = 0; i < DENSE_TRIALS; i++)
    for (int f = 0; f < 3; f++)
      for (int j = 0; j < 5; j++)
        if (data_wanted(i + f, j, 5)) matmul_case(t, &dense_trials[i], forms[f], dense_kinds[j], 0);
  for (int f = 0; f < 3; f++) matmul_case(t, &many_samples, forms[f], SPARSE, 0);
  for (int j = 0; j < 2; j++) matmul_case(t, &most_samples, forms[2], j ? SPARSE : UNIFORM, 0);
  for (int i = 0; i < DENSE_TRIALS; i++) matmul_case(t, &dense_trials[i], forms[i % 3], ZEROS, 0);
  for (int i = 0; i < DENSE_TRIALS; i++) /* few samples of many */
    for (int j = 0; j < 5; j++)
      if (dense_trials[i].n <= 4) matmul_case(t, &dense_trials[i], forms[0], dense_kinds[j], 70);
}

typedef struct dense_way {
  oc_act act;
  bool dropout, inference;
  float keep;
} dense_way;
static const dense_way dense_ways[] = {
    {OC_ACT_NONE, false, false, 1},          {OC_ACT_RELU, false, false, 1},
    {OC_ACT_LEAKY_RELU, false, false, 1},    {OC_ACT_SIGMOID, false, false, 1},
    {OC_ACT_TANH, false, false, 1},          {OC_ACT_RELU, true, false, 0.5f},
    {OC_ACT_RELU, true, false, 0.3f},        {OC_ACT_RELU, true, false, 1},
    {OC_ACT_RELU, true, true, 0.5f},         {OC_ACT_RELU, true, false, 1e-9f},
    {OC_ACT_RELU, true, false, 0.99999994f},
};
#define DENSE_WAYS ((int)(sizeof dense_ways / sizeof *dense_ways))

static void dense_case(trial *t, const dense_trial *d, const dense_way *way, fill_kind kind, int64_t plan) {
  kernel_case k;
  const bool transposed = strstr(t->kernel->name, "_transposed_") != NULL;
  const oc_dense_block_attrs a = {
      .act = way->act, .slope = 0.25, .dropout = way->dropout, .stream = 1004, .transposed = transposed};
  case_begin(&k, t, "dense_block", &a, d->n, d->chunk);
  k.inference = way->inference || plan > 0;
  if (plan) k.plan_batch = plan;
  k.info.fixed = strstr(t->kernel->name, "_panels_") != NULL;
  k.exact = (kind == WHOLE || kind == ZEROS) && way->act <= OC_ACT_LEAKY_RELU;
  dense_text(&k, d, "dense", kind);
  const size_t used = strlen(k.text);
  snprintf(k.text + used, sizeof k.text - used, ", act %d, keep %g", (int)way->act, (double)way->keep);
  case_fill(&k, OC_F32, OC_SHAPE(OC_BATCH, d->sums), kind);
  case_fill(&k, OC_F32, transposed ? OC_SHAPE(d->cols, d->sums) : OC_SHAPE(d->sums, d->cols),
            kind == NANS || kind == ZEROS ? UNIFORM : kind);
  case_fill(&k, OC_F32, OC_SHAPE(d->cols), kind == WHOLE || kind == ZEROS ? kind : UNIFORM);
  if (way->dropout) case_scalar(&k, way->keep);
  case_check(&k);
}

/* A power of two for each index. */
static float power_of_two(int64_t i) {
  return ldexpf(1, (int)(i * 7 % 41) - 20);
}

/* Multiplies rows and columns of w, and what belongs to them, so that y = x w is the same except for exact
 * factors of its columns. */
static void rescale(kernel_case *k, const dense_trial *d, bool transposed) {
  float *x = block_data(&k->in[0]), *w = block_data(&k->in[1]), *bias = block_data(&k->in[2]);
  for (int64_t i = 0; i < d->n * d->sums; i++) x[i] /= power_of_two(i % d->sums);
  for (int64_t i = 0; i < d->sums; i++)
    for (int64_t j = 0; j < d->cols; j++)
      w[transposed ? j * d->sums + i : i * d->cols + j] *= power_of_two(i) * power_of_two(3 * j + 1);
  for (int64_t j = 0; j < d->cols; j++) bias[j] *= power_of_two(3 * j + 1);
}

/* Float32 is float32: a weight is as exact among large ones as among small ones, so a rescaled network
 * gives the same answers. */
static void rescaled_case(trial *t, const dense_trial *d) {
  const bool transposed = strstr(t->kernel->name, "_transposed_") != NULL;
  const oc_dense_block_attrs a = {.act = OC_ACT_RELU, .transposed = transposed};
  kernel_case k[2];
  results r[2];
  for (int i = 0; i < 2; i++) {
    case_begin(&k[i], t, "dense_block", &a, d->n, d->chunk);
    k[i].info.fixed = true;
    dense_text(&k[i], d, "dense, rescaled", UNIFORM);
    case_fill(&k[i], OC_F32, OC_SHAPE(OC_BATCH, d->sums), UNIFORM);
    case_fill(&k[i], OC_F32, transposed ? OC_SHAPE(d->cols, d->sums) : OC_SHAPE(d->sums, d->cols), UNIFORM);
    case_fill(&k[i], OC_F32, OC_SHAPE(d->cols), UNIFORM);
    if (i == 1) rescale(&k[i], d, transposed);
  }
  if (case_ready(&k[0]) && case_ready(&k[1])) {
    for (int i = 0; i < 2; i++) r[i] = run_kernel(&k[i], d->chunk, false);
    const float *y = block_data(&r[0].out[0]), *other = block_data(&r[1].out[0]);
    for (int64_t i = 0; i < d->n * d->cols; i++)
      if (y[i] * power_of_two(3 * (i % d->cols) + 1) != other[i])
        fail_msg("%s: element %lld is %.9g after rescaling, %.9g before: %s", t->kernel->name, (long long)i,
                 (double)other[i], (double)y[i], k[0].text);
    for (int i = 0; i < 2; i++) results_free(&k[i], &r[i]);
    t->checked++;
  }
  for (int i = 0; i < 2; i++) case_free(&k[i]);
}

static void dense_block_cases(trial *t) {
  for (int i = 0; i < DENSE_TRIALS; i++)
    for (int w = 0; w < DENSE_WAYS; w++)
      for (int j = 0; j < 4; j++)
        if (data_wanted(i + w, j, 4)) dense_case(t, &dense_trials[i], &dense_ways[w], dense_kinds[j], 0);
  for (int i = 0; i < DENSE_TRIALS; i++) rescaled_case(t, &dense_trials[i]);
  for (int i = 0; i < DENSE_TRIALS; i++) dense_case(t, &dense_trials[i], &dense_ways[0], ZEROS, 0);
  for (int i = 0; i < DENSE_TRIALS; i++) /* few samples of many */
    for (int j = 0; j < 4; j++)
      if (dense_trials[i].n <= 4) dense_case(t, &dense_trials[i], &dense_ways[1], dense_kinds[j], 70);
}

/* w, m, v, x, d, learning rate, scale, step */
static void matmul_adam_case(trial *t, const dense_trial *d, fill_kind x, fill_kind dy) {
  kernel_case k;
  const oc_apply_adam_attrs a = {0.9, 0.999, 1e-8, d->n % 2 ? 0.01 : 0};
  case_begin(&k, t, "matmul_adam", &a, d->n, d->chunk);
  dense_text(&k, d, x == SPARSE ? "matmul_adam, sparse x" : "matmul_adam", dy);
  for (int i = 0; i < 3; i++) case_fill(&k, OC_F32, OC_SHAPE(d->sums, d->cols), i == 2 ? POSITIVE : UNIFORM);
  case_fill(&k, OC_F32, OC_SHAPE(OC_BATCH, d->sums), x);
  case_fill(&k, OC_F32, OC_SHAPE(OC_BATCH, d->cols), dy);
  case_scalar(&k, 1e-2f);
  case_scalar(&k, 0.7f);
  case_scalar(&k, 5);
  case_check(&k);
}
/* Four slices, the second of which waits in rows without the space that the block has between its own, and
 * weights too large for the kernel to refuse them. */
static const dense_trial four_slices = {1600, 1600, 130, 260};

static void matmul_adam_cases(trial *t) {
  static const fill_kind x[] = {UNIFORM, WHOLE, NANS, UNIFORM, SPARSE, SPARSE};
  static const fill_kind dy[] = {UNIFORM, WHOLE, UNIFORM, SPARSE, UNIFORM, SPARSE};
  for (int i = 0; i < DENSE_TRIALS; i++)
    for (int j = 0; j < 6; j++)
      if (data_wanted(i, j, 6)) matmul_adam_case(t, &dense_trials[i], x[j], dy[j]);
  matmul_adam_case(t, &four_slices, UNIFORM, UNIFORM);
  matmul_adam_case(t, &many_samples, UNIFORM, SPARSE);
  matmul_adam_case(t, &many_samples, SPARSE, UNIFORM);
}

#endif
