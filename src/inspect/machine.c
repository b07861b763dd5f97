/* machine.c: measures the peak rate of multiply-adds, by independent sums in registers, and of reading, by
 * sums over more memory than a cache holds. */
#include "ocellus/machine.h"
#include "base/memory.h"
#include "base/thread_pool.h"
#include "kernels/kernel.h"
#include "plan/plan.h"
#include <string.h>
#if OC_X86
#include <immintrin.h>
#endif

enum { SUMS = 12, STEPS = 20000, TRIES = 50, READS = 5, MEMORY = 128 * 1024 * 1024, BLOCK = 1024 * 1024 };

/* ---- multiply-adds ------------------------------------------------------------------------------------- */

typedef float vector4 __attribute__((vector_size(16)));
static vector4 fma4(vector4 a, vector4 b) {
  return a * b + b;
}

/* A sum that depends on every multiply-add, so that none can be left out. */
#define PEAK(name, attribute, vector, zero, fma)                                                             \
  attribute static float work_##name(void) {                                                                 \
    vector sum[SUMS], by = zero;                                                                             \
    for (int i = 0; i < SUMS; i++) sum[i] = zero;                                                            \
    by += 0.5f;                                                                                              \
    for (int k = 0; k < STEPS; k++)                                                                          \
      for (int i = 0; i < SUMS; i++) sum[i] = fma(sum[i], by);                                               \
    for (int i = 1; i < SUMS; i++) sum[0] += sum[i];                                                         \
    return sum[0][0];                                                                                        \
  }
PEAK(portable, , vector4, (vector4){0}, fma4)
#if OC_X86
#define FMA8(a, b)  _mm256_fmadd_ps(a, b, b)
#define FMA16(a, b) _mm512_fmadd_ps(a, b, b)
PEAK(avx2, __attribute__((target("avx2,fma"))), __m256, _mm256_setzero_ps(), FMA8)
PEAK(avx512, __attribute__((target("avx512f"))), __m512, _mm512_setzero_ps(), FMA16)
#endif

typedef struct measurement {
  oc_isa isa;
  const float *memory;
  float *results; /* one a part */
} measurement;

static void multiply(void *context, int64_t part, int worker) {
  const measurement *j = context;
  (void)worker;
#if OC_X86
  if (j->isa == OC_ISA_AVX512) j->results[part] = work_avx512();
  if (j->isa == OC_ISA_AVX2) j->results[part] = work_avx2();
#endif
  if (j->isa == OC_ISA_PORTABLE) j->results[part] = work_portable();
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static void read_block(void *context, int64_t part, int worker) {
  const measurement *j = context;
  const float *p = j->memory + part * (BLOCK / (int64_t)sizeof *p);
  vector4 sum[8] = {{0}}, v;
  (void)worker;
  for (size_t i = 0; i < BLOCK / sizeof *p; i += 32)
    for (int k = 0; k < 8; k++) {
      memcpy(&v, p + i + 4 * k, sizeof v);
      sum[k] += v;
    }
  for (int k = 1; k < 8; k++) sum[0] += sum[k];
  j->results[part] = sum[0][0];
}

/* ---- both ---------------------------------------------------------------------------------------------- */

static double least_seconds(oc_thread_pool *pool, int64_t parts, oc_part_fn fn, measurement *j, int tries) {
  double least = 1e9;
  for (int i = 0; i < tries; i++) {
    const double start = oc_plan_clock();
    oc_thread_pool_run(pool, parts, fn, j);
    const double seconds = oc_plan_clock() - start;
    if (seconds < least) least = seconds;
  }
  return least;
}

static int lanes_of(oc_isa isa) {
  return isa == OC_ISA_AVX512 ? 16 : isa == OC_ISA_AVX2 ? 8 : 4;
}

static void measure(oc_thread_pool *pool, measurement *j, oc_machine *out) {
  const double flops = 2.0 * STEPS * SUMS * lanes_of(j->isa);
  const int64_t blocks = MEMORY / BLOCK;
  out->isa = j->isa;
  out->threads = oc_thread_pool_size(pool);
  out->flops_per_second_one = flops / least_seconds(NULL, 1, multiply, j, TRIES);
  out->flops_per_second_all = flops * out->threads / least_seconds(pool, out->threads, multiply, j, TRIES);
  out->read_one = MEMORY / least_seconds(NULL, blocks, read_block, j, READS);
  out->read_all = MEMORY / least_seconds(pool, blocks, read_block, j, READS);
}

oc_status oc_machine_measure(int threads, oc_machine *out, oc_error *err) {
  NEED(out);
  oc_thread_pool *pool;
  TRY(oc_thread_pool_create(threads, &pool, err));
  const size_t parts = OC_MAX_THREADS > MEMORY / BLOCK ? OC_MAX_THREADS : MEMORY / BLOCK;
  measurement j = {.isa = oc_isa_best(), .memory = oc_memory_alloc(MEMORY)};
  j.results = oc_memory_array(parts, sizeof *j.results);
  oc_status status = OC_OK;
  if (j.memory && j.results)
    measure(pool, &j, out);
  else
    status = oc_fail_memory(err, MEMORY);
  oc_memory_free((void *)(uintptr_t)j.memory);
  oc_memory_free(j.results);
  oc_thread_pool_free(pool);
  return status;
}
