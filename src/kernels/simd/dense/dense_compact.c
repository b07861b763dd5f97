/* dense_compact.c: dense_block of up to FEW samples for large weights that do not change from run to run. Reading the weights is
 * nearly all that it does, so they are stored in 21 bits each, two thirds of their size: block floating point, a row of w (the
 * weights of one input) in units of 2^-20 of a power of two that none of them reaches. A weight is off by at most one such unit,
 * most by half of it or less, so that a result is off by about as much as the rounding of a sum of 1024 floats may make it. Rows
 * that meet only zeros are not read, as in matmul_block.c; the same groups of rows, and ways through them. Where that is not good
 * enough (weights or inputs that are not finite, rows of very large or small weights) the weights themselves are read.
 *
 * A row is cut into groups of 3 VL columns, two vectors each: a 64-bit lane has three numbers, f0 in bits 0..20, f1 in 21..41, f2 in
 * 42..62. f0 and f1 of the first vector are the first VL columns, of the second the next, and f2 of both, in turns, the last. One
 * instruction of AVX-512 VBMI takes any 8 bits of such a lane to any byte of it, so a field comes to the upper 24 bits of a number of
 * 32, with the three bits below it, which belong to its neighbor, behind it: they are part of the number, and each field is rounded
 * with them in mind. Flops 2*n*sums*units; bytes: w once, in 21 bits. */
#include "kernels/simd/core/define.h"
#include "kernels/simd/dense/dense.h"
#include "kernels/simd/dense/matmul.h"

#if VL == 16
#include <math.h>

#define VBMI __attribute__((target("avx512vbmi")))

#define GROUP_COLUMNS 48
#define GROUP_BYTES   128
#define UNIT_BITS     20 /* a weight is -2^20 to 2^20 - 1 units */
#define SMALLEST      -60
#define LARGEST       60 /* exponents of the power of two that no weight of a row reaches */

static int64_t groups_of(int64_t units) {
  return oc_ceil_div(units, GROUP_COLUMNS);
}

/* Prepared: for each row, what a number of 32 bits counts (NaN: the row cannot be stored like this); then the rows. */
typedef struct compact {
  float *scale;
  unsigned char *rows;
  int64_t row_bytes;
} compact;

static size_t compact_bytes(int64_t sums, int64_t units) {
  return floats_bytes(sums) + (size_t)(sums * groups_of(units) * GROUP_BYTES);
}
static compact compact_in(const void *memory, int64_t sums, int64_t units) {
  unsigned char *at = (unsigned char *)(uintptr_t)memory;
  return (compact){(float *)at, at + floats_bytes(sums), groups_of(units) * GROUP_BYTES};
}

/* ---- storing ------------------------------------------------------------------------------------------- */

static float largest_of(const float *w, int64_t count) {
  __m512 most = _mm512_setzero_ps();
  __mmask16 other = 0;
  for (int64_t i = 0; i < count; i += VL) {
    const __m512 v = _mm512_abs_ps((__m512)vec_load_part(w + i, vec_lanes(count - i)));
    other |= _mm512_cmp_ps_mask(v, _mm512_set1_ps(INFINITY), _CMP_NLT_UQ);
    most = _mm512_max_ps(most, v);
  }
  return other ? INFINITY : _mm512_reduce_max_ps(most);
}

/* The field nearest to t eighths of a unit, with `below` in the three bits behind it. */
OC_INLINE __m512i field(__m512 t, __m512i below) {
  const __m512i limit = _mm512_set1_epi32(1 << UNIT_BITS);
  const __m512i f =
      _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_sub_ps(t, _mm512_cvtepi32_ps(below)), _mm512_set1_ps(0.125f)));
  return _mm512_max_epi32(_mm512_min_epi32(f, _mm512_sub_epi32(limit, _mm512_set1_epi32(1))),
                          _mm512_sub_epi32(_mm512_setzero_si512(), limit));
}

/* The highest bits of a field. */
OC_INLINE __m512i top(__m512i f, const unsigned bits) {
  return _mm512_and_si512(_mm512_srai_epi32(f, UNIT_BITS + 1 - bits), _mm512_set1_epi32((1 << bits) - 1));
}

OC_INLINE __m512i lanes_of(__m256i f0, __m256i f1, __m256i f2) {
  const __m512i mask = _mm512_set1_epi64((1 << (UNIT_BITS + 1)) - 1);
  const __m512i a = _mm512_and_si512(_mm512_cvtepi32_epi64(f0), mask);
  const __m512i b = _mm512_and_si512(_mm512_cvtepi32_epi64(f1), mask);
  const __m512i c = _mm512_and_si512(_mm512_cvtepi32_epi64(f2), mask);
  return _mm512_or_si512(a, _mm512_or_si512(_mm512_slli_epi64(b, 21), _mm512_slli_epi64(c, 42)));
}

/* A group out of the columns of its first, second and third vector. Bits 61 to 63, behind f0, are the two highest of f2 and a 0: they
 * are guessed first, and if the rounded f2 has others, which is then between two units, the guess stands. */
OC_INLINE void store_group(__m512 first, __m512 second, __m512 third, unsigned char *to) {
  const __m512i even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
  const __m512 t0 = _mm512_permutex2var_ps(first, even, second);
  const __m512 t1 = _mm512_permutex2var_ps(first, odd, second);
  const __m512 t2 = _mm512_mask_permutexvar_ps(_mm512_permutexvar_ps(even, third), 0xff00, odd, third);
  const __m512i guess = field(t2, _mm512_set1_epi32(3));
  const __m512i f0 = field(t0, top(guess, 2)), f1 = field(t1, top(f0, 3)), near = field(t2, top(f1, 3));
  const __m512i f2 = _mm512_mask_mov_epi32(guess, _mm512_cmpeq_epi32_mask(top(near, 2), top(guess, 2)), near);
  _mm512_storeu_si512(
      to, lanes_of(_mm512_castsi512_si256(f0), _mm512_castsi512_si256(f1), _mm512_castsi512_si256(f2)));
  _mm512_storeu_si512(to + 64, lanes_of(_mm512_extracti64x4_epi64(f0, 1), _mm512_extracti64x4_epi64(f1, 1),
                                        _mm512_extracti64x4_epi64(f2, 1)));
}

static void store_row(const float *w, int64_t units, float *scale, unsigned char *row) {
  const float largest = largest_of(w, units);
  int exponent = 0;
  if (largest > 0) frexpf(largest, &exponent);
  if (largest == INFINITY || exponent < SMALLEST || exponent > LARGEST) {
    *scale = NAN;
    return;
  }
  *scale = ldexpf(1, exponent - 31);
  const __m512 eighths = _mm512_set1_ps(ldexpf(1, UNIT_BITS + 3 - exponent));
  for (int64_t j = 0; j < units; j += GROUP_COLUMNS, row += GROUP_BYTES) {
    __m512 v[3];
    for (int i = 0; i < 3; i++) {
      const int64_t left = units - j - i * VL;
      v[i] = left > 0 ? _mm512_mul_ps((__m512)vec_load_part(w + j + i * VL, vec_lanes(left)), eighths)
                      : _mm512_setzero_ps();
    }
    store_group(v[0], v[1], v[2], row);
  }
}

enum { ROWS_OF_PART = 128 };

static int64_t OC_K(dense_compact_prepack_parts)(const oc_op_info *info) {
  return oc_ceil_div(dense_sums(info), ROWS_OF_PART);
}

static size_t OC_K(dense_compact_prepacked_bytes)(const oc_op_info *info) {
  return compact_bytes(dense_sums(info), dense_units(info));
}

static void OC_K(dense_compact_prepack)(const oc_call *c) {
  const int64_t sums = dense_sums(c->info), units = dense_units(c->info), first = c->part * ROWS_OF_PART;
  const compact to = compact_in(c->out[0], sums, units);
  for (int64_t k = first; k < oc_min_i64(first + ROWS_OF_PART, sums); k++)
    store_row((const float *)c->in[1] + k * units, units, &to.scale[k], to.rows + k * to.row_bytes);
}

/* ---- multiplying --------------------------------------------------------------------------------------- */

/* Where the bits of the three upper bytes of each number come from. Of the lowest nothing is taken. */
#define BYTES(at) ((uint64_t)((at) + 13) << 24 | (uint64_t)((at) + 5) << 16 | (uint64_t)(((at)-3) & 63) << 8)

OC_INLINE VBMI void load_group(const unsigned char *from, __m512 w[3]) {
  const __m512i pair = _mm512_set1_epi64((int64_t)(BYTES(21) << 32 | BYTES(0)));
  const __m512i third = _mm512_set1_epi64((int64_t)(BYTES(42) << 32 | BYTES(42)));
  const __mmask64 low = 0x0e0e0e0e0e0e0e0e, high = 0xe0e0e0e0e0e0e0e0;
  const __m512i a = _mm512_loadu_si512(from), b = _mm512_loadu_si512(from + 64);
  w[0] = _mm512_cvtepi32_ps(_mm512_maskz_multishift_epi64_epi8(low | high, pair, a));
  w[1] = _mm512_cvtepi32_ps(_mm512_maskz_multishift_epi64_epi8(low | high, pair, b));
  w[2] = _mm512_cvtepi32_ps(
      _mm512_mask_multishift_epi64_epi8(_mm512_maskz_multishift_epi64_epi8(low, third, a), high, third, b));
}

/* Products of n samples with the groups of columns from number `first` on. */
typedef struct compact_product {
  compact w;
  const float *x;
  int64_t x_row, first, groups, sums;
  bool backward;
} compact_product;

/* Rows of w, and for each what each sample multiplies it by, the row's scale included. */
typedef struct row_list {
  int32_t *row;
  float *x[FEW];
} row_list;

static int64_t list_room(int64_t sums) {
  return oc_ceil_div(sums, VL) * VL + VL; /* whole vectors are written */
}
static size_t list_bytes(int64_t sums) {
  return (1 + FEW) * floats_bytes(list_room(sums));
}
static row_list list_in(float *memory, int64_t sums) {
  const int64_t room = (int64_t)(floats_bytes(list_room(sums)) / sizeof *memory);
  row_list l = {.row = (int32_t *)memory};
  for (int i = 0; i < FEW; i++) l.x[i] = memory + (1 + i) * room;
  return l;
}

/* `depth` rows of the list from number k on, side by side, into n rows of sums. */
OC_INLINE VBMI void add_rows(const compact_product *p, const row_list *l, int64_t k, float *sums, const int n,
                             const int depth) {
  const int64_t width = p->groups * GROUP_COLUMNS;
  const bool add = k > 0;
  const unsigned char *row[8];
  __m512 x[FEW][8];
  for (int d = 0; d < depth; d++) {
    row[d] = p->w.rows + l->row[k + d] * p->w.row_bytes + p->first * GROUP_BYTES;
    for (int i = 0; i < n; i++) x[i][d] = _mm512_set1_ps(l->x[i][k + d]);
  }
  for (int64_t g = 0; g < p->groups; g++, sums += GROUP_COLUMNS) {
    __m512 sum[FEW][3];
    OC_UNROLL
    for (int i = 0; i < n; i++)
      for (int v = 0; v < 3; v++)
        sum[i][v] = add ? _mm512_loadu_ps(sums + i * width + v * VL) : _mm512_setzero_ps();
    OC_UNROLL
    for (int d = 0; d < depth; d++) {
      __m512 w[3];
      load_group(row[d] + g * GROUP_BYTES, w);
      for (int i = 0; i < n; i++)
        for (int v = 0; v < 3; v++) sum[i][v] = _mm512_fmadd_ps(x[i][d], w[v], sum[i][v]);
    }
    OC_UNROLL
    for (int i = 0; i < n; i++)
      for (int v = 0; v < 3; v++) _mm512_storeu_ps(sums + i * width + v * VL, sum[i][v]);
  }
}

/* The listed rows into sums, `depth` of them at a time. */
OC_INLINE VBMI void add_group(const compact_product *p, const row_list *l, int64_t count, float *sums,
                              const int n, const int depth) {
  int64_t k = 0;
  for (; k + depth <= count; k += depth) add_rows(p, l, k, sums, n, depth);
  for (; k < count; k++) add_rows(p, l, k, sums, n, 1);
  if (count == 0) memset(sums, 0, (size_t)(n * p->groups * GROUP_COLUMNS) * sizeof *sums);
}

typedef void (*add_fn)(const compact_product *p, const row_list *l, int64_t count, float *sums);
#define ADD(n, depth)                                                                                        \
  VBMI static void add_group_of_##n(const compact_product *p, const row_list *l, int64_t count,              \
                                    float *sums) {                                                           \
    add_group(p, l, count, sums, n, depth);                                                                  \
  }
ADD(1, 8)
ADD(2, 4)
ADD(3, 2)
ADD(4, 2)

/* Lists the rows, of [begin, end), that some sample multiplies by something; -1 if one of them, or of x, does not allow to multiply
 * like this. */
static int64_t list_rows(const compact_product *p, int64_t n, int64_t begin, int64_t end, const row_list *l) {
  const __m512i steps = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  int64_t count = 0;
  __mmask16 bad = 0;
  for (int64_t k = begin; k < end; k += VL) {
    const int64_t lanes = vec_lanes(end - k);
    const __m512 scale = (__m512)vec_load_part(p->w.scale + k, lanes);
    __m512 x[FEW];
    __mmask16 any = 0;
    for (int64_t i = 0; i < n; i++) {
      x[i] = (__m512)vec_load_part(p->x + i * p->x_row + k, lanes);
      any |= _mm512_cmp_ps_mask(x[i], _mm512_setzero_ps(), _CMP_NEQ_UQ);
      bad |= _mm512_cmp_ps_mask(_mm512_sub_ps(x[i], x[i]), _mm512_setzero_ps(), _CMP_NEQ_UQ);
    }
    bad |= _mm512_mask_cmp_ps_mask(any, scale, scale, _CMP_UNORD_Q);
    _mm512_storeu_si512(l->row + count, _mm512_maskz_compress_epi32(
                                            any, _mm512_add_epi32(_mm512_set1_epi32((int32_t)k), steps)));
    for (int64_t i = 0; i < n; i++)
      _mm512_storeu_ps(l->x[i] + count, _mm512_maskz_compress_ps(any, _mm512_mul_ps(x[i], scale)));
    count += __builtin_popcount(any);
  }
  return bad ? -1 : count;
}

/* Sums of all groups of rows, in either order; false if it cannot be done like this. */
static bool add_all(const compact_product *p, int64_t n, float *memory, float *sums) {
  static const add_fn add[FEW] = {add_group_of_1, add_group_of_2, add_group_of_3, add_group_of_4};
  const int64_t height = oc_ceil_div(p->sums, GROUPS), room = n * p->groups * GROUP_COLUMNS;
  const row_list l = list_in(memory, height);
  for (int g = 0; g < GROUPS; g++) {
    const int64_t group = p->backward ? GROUPS - 1 - g : g, begin = oc_min_i64(group * height, p->sums);
    const int64_t count = list_rows(p, n, begin, oc_min_i64(begin + height, p->sums), &l);
    if (count < 0) return false;
    add[n - 1](p, &l, count, sums + group * room);
  }
  return true;
}

/* y = the sums of all groups, in one order. */
static void sum_groups(const compact_product *p, int64_t n, const float *sums, int64_t cols, float *y,
                       int64_t y_row) {
  const int64_t width = p->groups * GROUP_COLUMNS, room = n * width;
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < cols; j += VL) {
      vf sum = vec_load(sums + i * width + j);
      for (int64_t g = 1; g < GROUPS; g++) sum += vec_load(sums + g * room + i * width + j);
      vec_store_part(y + i * y_row + j, sum, vec_lanes(cols - j));
    }
}

static const char *OC_K(dense_compact_missing)(void) {
  return __builtin_cpu_supports("avx512vbmi") ? NULL : "the CPU has no AVX-512 VBMI";
}

static const char *OC_K(dense_compact_refuse)(const oc_op_info *info, int64_t batch) {
  if (!info->fixed) return "the weights change from run to run";
  return batch > FEW ? "more than 4 samples" : dense_refuse_large(info);
}

static int64_t OC_K(dense_compact_parts)(const oc_op_info *info, int64_t batch, int threads) {
  (void)batch;
  return oc_min_i64(threads, oc_ceil_div(groups_of(dense_units(info)), FEW_PANELS));
}

static size_t OC_K(dense_compact_scratch)(const oc_op_info *info, int64_t samples) {
  const size_t sums = floats_bytes(GROUPS * samples * groups_of(dense_units(info)) * GROUP_COLUMNS);
  const size_t other = block_product_bytes(dense_units(info), true),
               own = list_bytes(dense_sums(info)) + sums;
  return own > other ? own : other;
}

static void OC_K(dense_compact_run)(const oc_call *c) {
  const int64_t units = dense_units(c->info), height = oc_ceil_div(groups_of(units), c->parts);
  compact_product p = {.w = compact_in(c->prepacked, dense_sums(c->info), units),
                       .x = c->in[0],
                       .x_row = dense_sums(c->info),
                       .first = c->part * height,
                       .sums = dense_sums(c->info),
                       .backward = c->read_reversed};
  p.groups = oc_min_i64(height, groups_of(units) - p.first);
  if (p.groups <= 0) return;
  const int64_t first = p.first * GROUP_COLUMNS, cols = oc_min_i64(p.groups * GROUP_COLUMNS, units - first);
  float *memory = c->scratch, *sums = memory + list_bytes(p.sums) / sizeof *sums;
  if (add_all(&p, c->samples, memory, sums))
    sum_groups(&p, c->samples, sums, cols, (float *)c->out[0] + first, units);
  else
    dense_product(c, first, cols, NULL, memory);
  dense_epilogue(c, 0, c->samples, first, cols);
}

OC_DEFINE_KERNEL(dense_block, compact, .tolerance = 5e-5, .missing = OC_K(dense_compact_missing),
                 .refuse = OC_K(dense_compact_refuse), .parts = OC_K(dense_compact_parts),
                 .scratch = OC_K(dense_compact_scratch),
                 .prepacked_bytes = OC_K(dense_compact_prepacked_bytes),
                 .prepack_parts = OC_K(dense_compact_prepack_parts), .prepack = OC_K(dense_compact_prepack),
                 .run = OC_K(dense_compact_run));
#endif
