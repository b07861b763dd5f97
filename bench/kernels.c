/* kernels.c: times every kernel that this CPU can run, on one core, on the shapes of the lecture's network
 * and of deeper ones, and prints the fraction of the core's own peak that it reaches. For developers of the
 * kernels: unlike the other benchmarks it looks inside the library.
 *
 *   kernels [--json] [OPERATION [LEVEL [USE]]]     only kernels of one operation, of one instruction-set
 *                                                  level, and on uses whose text begins so
 *
 * The peak is measured in the same run: independent multiply-adds in registers, at the best level. Each time
 * is the least of many runs, in processor time, so that a busy neighbor matters little. A matmul or
 * convolution's flops are those of the direct method, whatever the kernel does. */
#include "base/float_mode.h"
#include "base/memory.h"
#include "kernels/kernel.h"
#include "ocellus/machine.h"
#include "ops/ops.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_INPUTS 8   /* of the operations that are timed */
#define CHUNK      8   /* samples of a call, as in the lecture's plan */
#define SECONDS    0.2 /* for each kernel and shape */

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- one kernel on one use of its operation ------------------------------------------------------------ */

typedef struct use {
  const char *text;
  oc_op_info info;
  oc_tensor_desc in[MAX_INPUTS]; /* which info.in points at, once it is timed */
  int64_t batch;
  int zeros; /* of a hundred values of a gradient after relu and dropout */
} use;

static void *memory(size_t bytes) {
  void *p = oc_memory_alloc(bytes);
  if (!p) exit(71);
  return p;
}

static size_t bytes_of(const oc_tensor_desc *v, int64_t samples) {
  return (size_t)oc_value_count(v, samples) * oc_dtype_size(v->dtype);
}

/* The next number of a linear congruential sequence, 0..65535; any data serve. */
static int next_random(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return (int)(*state >> 16);
}

/* Numbers in (-1,1), but `zeros` of a hundred are 0; places in a window of four; one half (a rate, a share to
 * keep). Those of an update are not negative, as squares are. */
static void *input(const oc_op_info *info, int index, int64_t batch, int zeros) {
  const oc_tensor_desc *v = &info->in[index];
  const int least = info->n_out ? -1000 : 0;
  void *data = memory(bytes_of(v, batch));
  uint32_t state = 1;
  for (int64_t i = 0; i < oc_value_count(v, batch); i++) {
    const bool zero = next_random(&state) % 100 < zeros;
    const int random = next_random(&state) % 2001;
    if (v->dtype == OC_U8)
      ((uint8_t *)data)[i] = (uint8_t)(random % 4);
    else
      ((float *)data)[i] = v->shape.rank == 0 ? 0.5f
                           : zero             ? 0
                                              : (float)(random % (1001 - least) + least) / 1000;
  }
  return data;
}

/* Which input is such a gradient: the last with a batch axis. */
static int gradient_of(const oc_op_info *info) {
  int last = 0;
  for (int i = 0; i < info->n_in; i++)
    if (oc_tensor_desc_batched(&info->in[i])) last = i;
  return last;
}

typedef struct timing {
  const oc_kernel *kernel, *base; /* base: what the kernel is a variant of, or itself */
  const use *use;
  void *in[MAX_INPUTS], *out[OC_MAX_OUT], *prepacked;
  oc_call call;
} timing;

static void run_prepack(timing *t) {
  const oc_kernel *k = t->kernel;
  oc_call c = t->call;
  if (!t->prepacked) return;
  const void *in[MAX_INPUTS];
  memcpy(in, t->in, sizeof in);
  c.in = in;
  c.out[0] = t->prepacked;
  c.parts = k->prepack_parts ? k->prepack_parts(c.info) : 1;
  for (c.part = 0; c.part < c.parts; c.part++) k->prepack(&c);
}

static void run_samples(timing *t, int64_t first, int64_t samples, int64_t parts) {
  oc_call c = t->call;
  const void *in[MAX_INPUTS];
  c.in = in;
  c.first = first;
  c.samples = samples;
  c.parts = parts;
  for (int i = 0; i < c.info->n_in; i++)
    in[i] = (char *)t->in[i] + (oc_tensor_desc_batched(&c.info->in[i]) ? bytes_of(&c.info->in[i], first) : 0);
  for (int i = 0; i < c.info->n_out; i++)
    c.out[i] =
        (char *)t->out[i] + (oc_tensor_desc_batched(&c.info->out[i]) ? bytes_of(&c.info->out[i], first) : 0);
  const int64_t sums = t->base->partials ? t->base->partials(c.info, c.plan_batch) : 1;
  for (c.part = 0; c.part < parts; c.part++) {
    if (t->kernel->begin && (c.part == 0 || c.part * sums / parts != (c.part - 1) * sums / parts))
      t->kernel->begin(&c);
    t->kernel->run(&c);
  }
}

/* The kernel's own parts on one thread; 0 if the plan divides. */
static int64_t own_parts(const timing *t) {
  return t->base->parts ? t->base->parts(t->call.info, t->call.batch, 1) : 0;
}

/* True if a variant suits these values. */
static bool is_suited(const timing *t) {
  oc_call c = t->call;
  const void *in[MAX_INPUTS];
  memcpy(in, t->in, sizeof in);
  c.in = in;
  c.samples = c.batch;
  c.parts = own_parts(t) ? own_parts(t) : 1;
  return !t->kernel->suits || t->kernel->suits(&c);
}

/* A whole batch, as a plan runs it: prepacked, unless what is prepacked is fixed, then by chunks or by the
 * kernel's own parts. */
static void run_batch(timing *t) {
  const oc_op_info *info = &t->use->info;
  const int64_t batch = t->use->batch;
  if (!info->fixed) run_prepack(t);
  if (own_parts(t)) {
    run_samples(t, 0, batch, own_parts(t));
  } else if (!oc_info_batched(info)) {
    run_samples(t, 0, batch, info->op->parts ? info->op->parts(info) : 1);
  } else {
    for (int64_t i = 0; i < batch; i += CHUNK) run_samples(t, i, batch - i < CHUNK ? batch - i : CHUNK, 1);
  }
}

static double least_seconds(timing *t) {
  run_prepack(t);
  const double end = now() + SECONDS;
  double least = 1e9;
  for (double start = now(); start < end; start = now()) {
    run_batch(t);
    const double seconds = now() - start;
    if (seconds < least) least = seconds;
  }
  return least;
}

/* INFINITY: the kernel is a variant that does not suit the numbers. */
static double time_kernel(const oc_kernel *kernel, const use *u) {
  static const oc_run_state state = {.seed = 123, .training = true};
  const oc_op_info *info = &u->info;
  timing t = {.kernel = kernel,
              .base = oc_kernel_base(kernel),
              .use = u,
              .call = {.info = info, .batch = u->batch, .plan_batch = u->batch, .chunk = 8, .state = &state}};
  const size_t prepacked = kernel->prepacked_bytes ? kernel->prepacked_bytes(info) : 0;
  for (int i = 0; i < info->n_in; i++)
    t.in[i] = input(info, i, u->batch, i == gradient_of(info) ? u->zeros : 0);
  for (int i = 0; i < info->n_out; i++) t.out[i] = memory(bytes_of(&info->out[i], u->batch));
  if (prepacked) t.prepacked = memory(prepacked);
  t.call.prepacked = t.prepacked;
  t.call.scratch = memory(kernel->scratch ? kernel->scratch(info, own_parts(&t) ? u->batch : CHUNK) : 0);
  const double seconds = is_suited(&t) ? least_seconds(&t) : INFINITY;
  for (int i = 0; i < info->n_in; i++) oc_memory_free(t.in[i]);
  for (int i = 0; i < info->n_out; i++) oc_memory_free(t.out[i]);
  oc_memory_free(t.prepacked);
  oc_memory_free(t.call.scratch);
  return seconds;
}

static const char *wanted_op, *wanted_level, *wanted_use;
static bool json;
static oc_machine machine;

static void say(const oc_kernel *k, const use *u, double seconds, oc_cost cost) {
  const double flops = cost.flops / seconds, share = flops / machine.flops_per_second_one;
  if (json)
    printf("{\"kernel\": \"%s\", \"operation\": \"%s\", \"use\": \"%s\", \"ms\": %.4f, \"gflops\": %.2f, "
           "\"share\": %.4f, \"gbytes\": %.2f}\n",
           k->name, k->op, u->text, seconds * 1e3, flops * 1e-9, share, cost.bytes / seconds * 1e-9);
  else
    printf("%-38s %-34s %9.3f ms %7.1f GFLOP/s %5.1f%% %7.1f GB/s\n", k->name, u->text, seconds * 1e3,
           flops * 1e-9, 100 * share, cost.bytes / seconds * 1e-9);
  fflush(stdout);
}

static void time_use(const use *u) {
  int count;
  const oc_kernel *const *list = oc_kernels_list(&count);
  const oc_op *op = u->info.op;
  const oc_cost cost = op->cost ? op->cost(&u->info, u->batch) : (oc_cost){0, 0};
  for (int i = 0; i < count; i++) {
    const oc_kernel *k = list[i];
    if (strcmp(k->op, op->name) != 0 || k->isa > oc_isa_best()) continue;
    if (wanted_level && strcmp(wanted_level, oc_isa_name(k->isa)) != 0) continue;
    const oc_kernel *base = oc_kernel_base(k);
    if (k->refuse && k->refuse(&u->info, u->batch)) continue;
    if (base->refuse && base->refuse(&u->info, u->batch)) continue;
    const double seconds = time_kernel(k, u);
    if (isfinite(seconds)) say(k, u, seconds, cost);
  }
}

/* ---- the uses ------------------------------------------------------------------------------------------ */

/* `count` inputs of float32; the shape rule makes the rest. */
static use use_of(const char *text, const char *op, const void *attrs, int64_t batch, const oc_shape *in,
                  int count) {
  use u = {
      .text = text, .batch = batch, .info = {.op = oc_ops_find(OC_F32, op), .attrs = attrs, .name = text}};
  u.info.n_in = count;
  for (int i = 0; i < count; i++) u.in[i] = (oc_tensor_desc){OC_F32, in[i]};
  return u;
}

static bool wants(const char *op) {
  return !wanted_op || strcmp(wanted_op, op) == 0;
}

static void infer_and_time(use *u) {
  oc_error err;
  u->info.in = u->in;
  if (!wants(u->info.op->name) || (wanted_use && strncmp(u->text, wanted_use, strlen(wanted_use)) != 0))
    return;
  if (u->info.op->infer(&u->info, &err) == OC_OK)
    time_use(u);
  else
    fprintf(stderr, "%s: %s\n", u->text, err.message);
}

typedef struct conv_use {
  const char *text;
  int64_t batch, size, ic, kernel, oc, pad;
  bool pooled, first; /* first: of its network, so that no dx is wanted */
} conv_use;
static const conv_use conv_uses[] = {
    {"28x28x1, 5x5x32, pool 2, 64", 64, 28, 1, 5, 32, 0, true, true},
    {"28x28x1, 3x3x32 same, 64", 64, 28, 1, 3, 32, 1, false, true},
    {"12x12x32, 5x5x64, pool 2, 64", 64, 12, 32, 5, 64, 0, true, false},
    {"32x32x3, 3x3x64 same, 8", 8, 32, 3, 3, 64, 1, false, true},
    {"32x32x16, 3x3x16 same, 8", 8, 32, 16, 3, 16, 1, false, false},
    {"28x28x64, 3x3x64 same, 8", 8, 28, 64, 3, 64, 1, false, false},
    {"14x14x256, 3x3x256 same, 8", 8, 14, 256, 3, 256, 1, false, false},
    {"7x7x512, 1x1x128, 8", 8, 7, 512, 1, 128, 0, false, false},
    {"32x32x3, 3x3x32 same, 64", 64, 32, 3, 3, 32, 1, false, true},
    {"16x16x32, 3x3x64 same, 64", 64, 16, 32, 3, 64, 1, false, false},
    {"8x8x128, 3x3x128 same, pool 2, 64", 64, 8, 128, 3, 128, 1, true, false},
};

static void conv_blocks(const conv_use *c) {
  const oc_conv_block_attrs a = {.conv = {.kernel = {c->kernel, c->kernel},
                                          .stride = {1, 1},
                                          .dilation = {1, 1},
                                          .pad = {c->pad, c->pad, c->pad, c->pad},
                                          .groups = 1},
                                 .act = OC_ACT_RELU,
                                 .pooled = c->pooled,
                                 .pool = {2, 2},
                                 .save_argmax = true,
                                 .needs_dx = !c->first};
  const oc_shape x = OC_SHAPE(OC_BATCH, c->size, c->size, c->ic),
                 w = OC_SHAPE(c->kernel, c->kernel, c->ic, c->oc);
  use forward = use_of(c->text, "conv_block", &a, c->batch, (oc_shape[]){x, w, OC_SHAPE(c->oc)}, 3);
  infer_and_time(&forward);
  oc_error err;
  if (!wants("conv_block_grad") || forward.info.op->infer(&forward.info, &err) != OC_OK) return;
  const oc_shape y = forward.info.out[0].shape;
  use grad = use_of(c->text, "conv_block_grad", &a, c->batch, (oc_shape[]){x, w, y, y, y}, c->pooled ? 5 : 4);
  grad.in[4].dtype = OC_U8;
  infer_and_time(&grad);
}

typedef struct conv_only_use {
  const char *text;
  int64_t batch, size, ic, kernel, oc, stride, groups;
} conv_only_use;
/* Convolutions without a bias, as before batch normalization: of mobile networks and of ResNet-20. */
static const conv_only_use conv_only_uses[] = {
    {"28x28x64, 3x3 depthwise, 8", 8, 28, 64, 3, 64, 1, 64},
    {"112x112x32, 3x3 depthwise, 8", 8, 112, 32, 3, 32, 1, 32},
    {"112x112x64, 3x3 depthwise / 2, 8", 8, 112, 64, 3, 64, 2, 64},
    {"48x48x16, 3x3 depthwise, 32", 32, 48, 16, 3, 16, 1, 16},
    {"14x14x512, 3x3 depthwise, 8", 8, 14, 512, 3, 512, 1, 512},
    {"7x7x1024, 3x3 depthwise, 8", 8, 7, 1024, 3, 1024, 1, 1024},
    {"224x224x16, 3x3 depthwise, 4", 4, 224, 16, 3, 16, 1, 16},
    {"56x56x64, 1x1x128, 8", 8, 56, 64, 1, 128, 1, 1},
    {"112x112x32, 1x1x64, 8", 8, 112, 32, 1, 64, 1, 1},
    {"28x28x128, 1x1x128, 8", 8, 28, 128, 1, 128, 1, 1},
    {"14x14x256, 1x1x256, 8", 8, 14, 256, 1, 256, 1, 1},
    {"7x7x512, 1x1x512, 8", 8, 7, 512, 1, 512, 1, 1},
    {"3x3x512, 1x1x512, 8", 8, 3, 512, 1, 512, 1, 1},
    {"32x32x16, 1x1x32 / 2, 8", 8, 32, 16, 1, 32, 2, 1},
    {"32x32x16, 3x3x16, 8", 8, 32, 16, 3, 16, 1, 1},
    {"16x16x32, 3x3x32, 8", 8, 16, 32, 3, 32, 1, 1},
    {"56x56x64, 3x3x64, 8", 8, 56, 64, 3, 64, 1, 1},
    {"112x112x32, 3x3x32, 8", 8, 112, 32, 3, 32, 1, 1},
    {"224x224x16, 3x3x16, 4", 4, 224, 16, 3, 16, 1, 1},
    {"32x32x3, 3x3x16, 8", 8, 32, 3, 3, 16, 1, 1},
    {"224x224x3, 3x3x16 / 2, 8", 8, 224, 3, 3, 16, 2, 1},
    {"32x32x16, 3x3x32 / 2, 8", 8, 32, 16, 3, 32, 2, 1},
    {"56x56x64, 3x3x128 / 2, 8", 8, 56, 64, 3, 128, 2, 1},
};

static void conv_only(const conv_only_use *c) {
  const int64_t pad = c->kernel / 2, size = (c->size - 1) / c->stride + 1;
  oc_conv2d_attrs a = {.kernel = {c->kernel, c->kernel},
                       .stride = {c->stride, c->stride},
                       .dilation = {1, 1},
                       .pad = {pad, pad, pad, pad},
                       .groups = c->groups};
  const oc_shape x = OC_SHAPE(OC_BATCH, c->size, c->size, c->ic), y = OC_SHAPE(OC_BATCH, size, size, c->oc),
                 w = OC_SHAPE(c->kernel, c->kernel, c->ic / c->groups, c->oc);
  use u = use_of(c->text, "conv2d", &a, c->batch, (oc_shape[]){x, w}, 2);
  infer_and_time(&u);
  a.target = x;
  u = use_of(c->text, "conv2d_grad_x", &a, c->batch, (oc_shape[]){y, w}, 2);
  infer_and_time(&u);
  a.target = w;
  u = use_of(c->text, "conv2d_grad_w", &a, c->batch, (oc_shape[]){x, y}, 2);
  infer_and_time(&u);
  u = use_of(c->text, "conv2d_grad", &a, c->batch, (oc_shape[]){x, w, y}, 3);
  if (c->groups == 1) infer_and_time(&u);
}

static void matmuls(const char *text, int64_t n, int64_t sums, int64_t cols, int zeros) {
  static const oc_matmul_attrs nn = {false, false}, nt = {false, true}, tn = {true, false};
  const oc_shape x = OC_SHAPE(OC_BATCH, sums), w = OC_SHAPE(sums, cols), y = OC_SHAPE(OC_BATCH, cols);
  char name[64];
  use u;
  snprintf(name, sizeof name, "x w, %s, %lld", text, (long long)n);
  u = use_of(name, "matmul", &nn, n, (oc_shape[]){x, w}, 2);
  if (zeros == 0) infer_and_time(&u);
  snprintf(name, sizeof name, "dy w^T, %s, %lld", text, (long long)n);
  u = use_of(name, "matmul", &nt, n, (oc_shape[]){y, w}, 2);
  u.zeros = zeros;
  infer_and_time(&u);
  snprintf(name, sizeof name, "x^T dy, %s, %lld", text, (long long)n);
  u = use_of(name, "matmul", &tn, n, (oc_shape[]){x, y}, 2);
  u.zeros = zeros;
  infer_and_time(&u);
}

static void dense_blocks(void) {
  const oc_dense_block_attrs train = {.act = OC_ACT_RELU, .dropout = true, .stream = 1004};
  const oc_dense_block_attrs turned = {
      .act = OC_ACT_RELU, .dropout = true, .stream = 1004, .transposed = true};
  const oc_dense_block_attrs predict = {.act = OC_ACT_RELU};
  const oc_shape in[] = {OC_SHAPE(OC_BATCH, 1024), OC_SHAPE(1024, 1024), OC_SHAPE(1024), OC_SCALAR_SHAPE};
  use all[] = {use_of("1024 -> 1024, relu, dropout, 64", "dense_block", &train, 64, in, 4),
               use_of("1024 -> 1024, relu, dropout, w^T, 64", "dense_block", &turned, 64, in, 4),
               use_of("1024 -> 1024, relu, fixed, 1", "dense_block", &predict, 1, in, 3),
               use_of("1024 -> 1024, relu, fixed, 8", "dense_block", &predict, 8, in, 3),
               use_of("1024 -> 1024, relu, fixed, 64", "dense_block", &predict, 64, in, 3)};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    all[i].info.fixed = i > 1;
    infer_and_time(&all[i]);
  }
}

static void pools_and_norms(void) {
  const oc_pool_attrs a = {.size = {2, 2}, .stride = {2, 2}};
  const oc_batch_norm_attrs b = {1e-3};
  const oc_batch_norm_block_attrs n = {b, OC_ACT_RELU, 0};
  const oc_shape x = OC_SHAPE(OC_BATCH, 28, 28, 64), y = OC_SHAPE(OC_BATCH, 14, 14, 64), c = OC_SHAPE(64);
  const char *text = "28x28x64, 8";
  use all[] = {
      use_of(text, "max_pool", &a, 8, (oc_shape[]){x}, 1),
      use_of(text, "max_pool_grad", &a, 8, (oc_shape[]){x, y, y}, 3),
      use_of(text, "mean_pool", &a, 8, (oc_shape[]){x}, 1),
      use_of(text, "global_mean_pool", NULL, 8, (oc_shape[]){x}, 1),
      use_of(text, "batch_mean", NULL, 8, (oc_shape[]){x}, 1),
      use_of(text, "batch_variance", NULL, 8, (oc_shape[]){x, c}, 2),
      use_of(text, "batch_norm", &b, 8, (oc_shape[]){x, c, c, c, c, c, c}, 7),
      use_of(text, "batch_norm_grad_sums", &b, 8, (oc_shape[]){x, x, c, c, c, c}, 6),
      use_of(text, "batch_norm_grad_x", &b, 8, (oc_shape[]){x, x, c, c, c, c, c, c}, 8),
      use_of(text, "batch_norm_block", &n, 8, (oc_shape[]){x, c, c, c, c, x}, 6),
      use_of(text, "batch_norm_block_grad_sums", &n, 8, (oc_shape[]){x, x, c, c, c, c}, 6),
      use_of(text, "batch_norm_block_grad_z", &n, 8, (oc_shape[]){x, x, c, c, x, x}, 6),
      use_of(text, "batch_norm_block_grad_x", &n, 8, (oc_shape[]){x, x, c, c, c, c, c, c}, 8),
      use_of(text, "bias_add", NULL, 8, (oc_shape[]){x, c}, 2),
      use_of(text, "bias_grad", NULL, 8, (oc_shape[]){x}, 1),
      use_of(text, "relu", NULL, 8, (oc_shape[]){x}, 1),
      use_of(text, "relu_grad", NULL, 8, (oc_shape[]){x, x}, 2),
      use_of(text, "add", NULL, 8, (oc_shape[]){x, x}, 2),
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) infer_and_time(&all[i]);
}

static void updates(void) {
  const oc_apply_adam_attrs a = {0.9, 0.999, 1e-8, 0};
  const oc_shape w = OC_SHAPE(1024, 1024), s = OC_SCALAR_SHAPE, x = OC_SHAPE(OC_BATCH, 1024);
  use u = use_of("1024x1024", "apply_adam", &a, 1, (oc_shape[]){w, w, w, w, s, s, s}, 7);
  infer_and_time(&u);
  u = use_of("1024x1024, 64", "matmul_adam", &a, 64, (oc_shape[]){w, w, w, x, x, s, s, s}, 8);
  infer_and_time(&u);
  u.text = "1024x1024, 64, 3/4 zeros";
  u.zeros = 75;
  infer_and_time(&u);
}

int main(int argc, char **argv) {
  oc_error err;
  json = argc > 1 && strcmp(argv[1], "--json") == 0;
  wanted_op = argc > 1 + json ? argv[1 + json] : NULL;
  wanted_level = argc > 2 + json ? argv[2 + json] : NULL;
  wanted_use = argc > 3 + json ? argv[3 + json] : NULL;
  oc_float_mode_flush(); /* as in all work of a plan */
  if (oc_machine_measure(1, &machine, &err) != OC_OK) return fprintf(stderr, "%s\n", err.message), 1;
  if (!json)
    printf("peak of one core, %s: %.1f GFLOP/s, reading memory: %.1f GB/s\n", oc_isa_name(machine.isa),
           machine.flops_per_second_one * 1e-9, machine.read_one * 1e-9);
  for (size_t i = 0; i < sizeof conv_uses / sizeof *conv_uses; i++) conv_blocks(&conv_uses[i]);
  for (size_t i = 0; i < sizeof conv_only_uses / sizeof *conv_only_uses; i++) conv_only(&conv_only_uses[i]);
  matmuls("1024x1024", 64, 1024, 1024, 0);
  matmuls("1024x1024, 3/4 zeros", 64, 1024, 1024, 75);
  matmuls("1024x10", 64, 1024, 10, 0);
  matmuls("1024x1024", 1, 1024, 1024, 0);
  dense_blocks();
  pools_and_norms();
  updates();
  return 0;
}
