/* gemm.c: the tiles of gemm.h, one function for each number of rows and vectors so that the compiler keeps
 * every sum in a register. For each k: 1 or 2 vectors of b, then for each row one number of a in all lanes
 * and a multiply-add. */
#include "kernels/simd/core/gemm.h"
#include "base/checked.h"
#include "base/tree.h"

typedef struct tile_at {
  const float *a, *b;
  float *c;
  int64_t lanes; /* of the last vector */
} tile_at;

#define MAX_ROWS (2 * MR)
/* Tiles of products with leaves: up to TREE_MR x 2 vectors, so that 32 registers hold the three sums of four
 * leaves. */
#if VL == 16
#define TREE_MR        4
#define LEAVES_AT_ONCE 4
#else
#define TREE_MR        MR
#define LEAVES_AT_ONCE 1
#endif
#define TREE_MAX_ROWS (2 * TREE_MR)
#define TREE_PLACES   9 /* for waiting sums of GEMM_LEAVES leaves */
#define ROWS_APART    4 /* rows that are addressed from one base: that many steps stay in registers */

/* The innermost sum: which numbers of a row of a, and which rows of b. */
typedef struct tile_line {
  const float *a, *b;
  int64_t a_row, a_step, b_step, count;
} tile_line;

OC_INLINE void line_sum(const tile_line l, const int rows, const int vectors, float **copy, vf sum[][2]) {
  const float *a[MAX_ROWS / ROWS_APART], *b = l.b;
  OC_UNROLL
  for (int r = 0; r < rows; r += ROWS_APART) a[r / ROWS_APART] = l.a + r * l.a_row;
  for (int64_t k = l.count; k > 0; k--, b += l.b_step) {
    vf bk[2];
    OC_UNROLL
    for (int v = 0; v < vectors; v++) bk[v] = vec_load(b + v * VL);
    if (copy) {
      vec_store(*copy, bk[0]);
      vec_store(*copy + VL, bk[1]);
      *copy += NR;
    }
    OC_UNROLL
    for (int r = 0; r < rows; r++) {
      const vf ar = vec_set1(a[r / ROWS_APART][r % ROWS_APART * l.a_row]);
      OC_UNROLL
      for (int v = 0; v < vectors; v++) sum[r][v] = vec_fma(ar, bk[v], sum[r][v]);
    }
    OC_UNROLL
    for (int r = 0; r < rows; r++) {
      OC_UNROLL
      for (int v = 0; v < vectors; v++) vec_keep(sum[r][v]);
    }
    OC_UNROLL
    for (int r = 0; r < rows; r += ROWS_APART) a[r / ROWS_APART] += l.a_step;
  }
}

OC_INLINE void tile_sum(const oc_gemm *g, const tile_at *t, const int rows, const int vectors,
                        const bool copies, vf sum[][2]) {
  float *copy = g->copy;
  for (int64_t i = 0; i < g->count[0]; i++)
    for (int64_t j = 0; j < g->count[1]; j++) {
#if GEMM_FETCHES
      if (g->fetch) gemm_fetch_row(g->fetch);
#endif
      const tile_line l = {t->a + i * g->a_step[0] + j * g->a_step[1],
                           t->b + i * g->b_step[0] + j * g->b_step[1],
                           g->a_row,
                           g->a_step[2],
                           g->b_step[2],
                           g->count[2]};
      line_sum(l, rows, vectors, copies ? &copy : NULL, sum);
    }
}

OC_INLINE void tile_load(const oc_gemm *g, const tile_at *t, const int rows, const int vectors, vf sum[][2]) {
  const int last = vectors - 1;
  OC_UNROLL
  for (int r = 0; r < rows; r++) {
    const float *c = t->c + r * g->c_row;
    if (vectors == 2) sum[r][0] = vec_load(c);
    sum[r][last] = vec_load_part(c + last * VL, t->lanes);
  }
}

OC_INLINE void tile_store(const oc_gemm *g, const tile_at *t, const int rows, const int vectors,
                          vf sum[][2]) {
  const int last = vectors - 1;
  if (t->lanes == VL) {
    OC_UNROLL
    for (int r = 0; r < rows; r++) {
      if (vectors == 2) vec_store(t->c + r * g->c_row, sum[r][0]);
      vec_store(t->c + r * g->c_row + last * VL, sum[r][last]);
    }
    return;
  }
  OC_UNROLL
  for (int r = 0; r < rows; r++) {
    if (vectors == 2) vec_store(t->c + r * g->c_row, sum[r][0]);
    vec_store_part(t->c + r * g->c_row + last * VL, sum[r][last], t->lanes);
  }
}

/* True for a sum of whole rows and panels. Short sums, of Winograd's planes, then have less overhead. */
OC_INLINE bool is_plain(const oc_gemm *g) {
  return g->count[0] == 1 && g->count[1] == 1 && g->a_step[2] == 1 && g->b_step[2] == NR && !g->fetch;
}

/* `count` tiles, one below the other. */
OC_INLINE void tiles_of(const oc_gemm *g, tile_at t, int64_t count, const int rows, const int vectors,
                        const bool copies) {
  const bool plain = !copies && is_plain(g);
  for (; count > 0; count--, t.a += rows * g->a_row, t.c += rows * g->c_row) {
    vf sum[MAX_ROWS][2];
    OC_UNROLL
    for (int r = 0; r < rows; r++) sum[r][0] = sum[r][1] = vec_zero();
    if (g->add) tile_load(g, &t, rows, vectors, sum);
    if (plain)
      line_sum((tile_line){t.a, t.b, g->a_row, 1, NR, g->count[2]}, rows, vectors, NULL, sum);
    else
      tile_sum(g, &t, rows, vectors, copies, sum);
    tile_store(g, &t, rows, vectors, sum);
  }
}

/* The products of leaf number k of a tile. */
OC_INLINE void leaf_sum(const oc_gemm *g, const tile_at *t, int64_t k, const int rows, const int vectors,
                        vf sum[][2]) {
  const int64_t first = k * g->leaf;
  OC_UNROLL
  for (int r = 0; r < rows; r++) sum[r][0] = sum[r][1] = vec_zero();
  line_sum((tile_line){t->a + first * g->a_step[2], t->b + first * g->b_step[2], g->a_row, g->a_step[2],
                       g->b_step[2], oc_min_i64(g->leaf, g->count[2] - first)},
           rows, vectors, NULL, sum);
}

OC_INLINE void add_tile(vf to[][2], vf sum[][2], const int rows, const int vectors) {
  OC_UNROLL
  for (int r = 0; r < rows; r++) {
    to[r][0] += sum[r][0];
    if (vectors == 2) to[r][1] += sum[r][1];
  }
}

/* Without OC_UNROLL: clang makes one copy of it, and would warn. */
OC_INLINE void copy_tile(vf to[][2], vf sum[][2], const int rows, const int vectors) {
  for (int r = 0; r < rows; r++) {
    to[r][0] = sum[r][0];
    if (vectors == 2) to[r][1] = sum[r][1];
  }
}

/* The sum of at most LEAVES_AT_ONCE leaves from number k on, in registers. */
OC_INLINE void leaves_sum(const oc_gemm *g, const tile_at *t, int64_t k, const int rows, const int vectors,
                          vf sum[][2]) {
  leaf_sum(g, t, k, rows, vectors, sum);
#if LEAVES_AT_ONCE == 4
  const int64_t left = oc_ceil_div(g->count[2], g->leaf) - k;
  vf right[TREE_MAX_ROWS][2], last[TREE_MAX_ROWS][2];
  if (left == 1) return;
  leaf_sum(g, t, k + 1, rows, vectors, right);
  add_tile(sum, right, rows, vectors);
  if (left == 2) return;
  leaf_sum(g, t, k + 2, rows, vectors, right);
  if (left > 3) {
    leaf_sum(g, t, k + 3, rows, vectors, last);
    add_tile(right, last, rows, vectors);
  }
  add_tile(sum, right, rows, vectors);
#endif
}

/* Adds the leaves of a tile along their tree. Waiting sums stay in the L1 cache. */
OC_INLINE void tree_sum(const oc_gemm *g, const tile_at *t, const int rows, const int vectors, vf sum[][2]) {
  vf waiting[TREE_PLACES][TREE_MAX_ROWS][2];
  const int64_t groups = oc_ceil_div(g->count[2], g->leaf * LEAVES_AT_ONCE);
  for (int64_t k = 0;; k++) {
    int place = oc_tree_place(k);
    leaves_sum(g, t, k * LEAVES_AT_ONCE, rows, vectors, sum);
    for (int joins = oc_tree_joins(k, groups); joins > 0; joins--)
      add_tile(sum, waiting[--place], rows, vectors);
    if (k + 1 >= groups) return;
    copy_tile(waiting[place], sum, rows, vectors);
  }
}

OC_INLINE void tree_tiles_of(const oc_gemm *g, tile_at t, int64_t count, const int rows, const int vectors) {
  for (; count > 0; count--, t.a += rows * g->a_row, t.c += rows * g->c_row) {
    vf sum[MAX_ROWS][2];
    tree_sum(g, &t, rows, vectors, sum);
    tile_store(g, &t, rows, vectors, sum);
  }
}

typedef void (*tile_fn)(const oc_gemm *g, const tile_at *t, int64_t count);
#define TILE(rows, vectors)                                                                                  \
  static void tile_##rows##x##vectors(const oc_gemm *g, const tile_at *t, int64_t count) {                   \
    tiles_of(g, *t, count, rows, vectors, false);                                                            \
  }
#define COPYING_TILE(rows, vectors)                                                                          \
  static void copying_tile_##rows(const oc_gemm *g, const tile_at *t, int64_t count) {                       \
    tiles_of(g, *t, count, rows, vectors, true);                                                             \
  }
#define TREE_TILE(rows, vectors)                                                                             \
  static void tree_tile_##rows##x##vectors(const oc_gemm *g, const tile_at *t, int64_t count) {              \
    tree_tiles_of(g, *t, count, rows, vectors);                                                              \
  }
#define TREE_NAME(rows, vectors)    tree_tile_##rows##x##vectors,
#define NAME(rows, vectors)         tile_##rows##x##vectors,
#define COPYING_NAME(rows, vectors) copying_tile_##rows,
#define TILES_4(X, v)               X(1, v) X(2, v) X(3, v) X(4, v)
#define TILES_6(X, v)               TILES_4(X, v) X(5, v) X(6, v)
#define TILES_8(X, v)               TILES_6(X, v) X(7, v) X(8, v)
#define TILES_12(X, v)              TILES_8(X, v) X(9, v) X(10, v) X(11, v) X(12, v)
#define TILES_16(X, v)              TILES_12(X, v) X(13, v) X(14, v) X(15, v) X(16, v)
#if VL == 16
#define WIDE_TILES(X)   TILES_8(X, 2)
#define NARROW_TILES(X) TILES_16(X, 1)
#elif VL == 8
#define WIDE_TILES(X)   TILES_6(X, 2)
#define NARROW_TILES(X) TILES_12(X, 1)
#else
#define WIDE_TILES(X)   TILES_4(X, 2)
#define NARROW_TILES(X) TILES_8(X, 1)
#endif
#if VL == 16
#define WIDE_TREE_TILES(X)   TILES_4(X, 2)
#define NARROW_TREE_TILES(X) TILES_8(X, 1)
#else
#define WIDE_TREE_TILES   WIDE_TILES
#define NARROW_TREE_TILES NARROW_TILES
#endif
WIDE_TILES(TILE)
NARROW_TILES(TILE)
WIDE_TILES(COPYING_TILE)
WIDE_TREE_TILES(TREE_TILE)
NARROW_TREE_TILES(TREE_TILE)
static const tile_fn wide_tiles[] = {WIDE_TILES(NAME)};
static const tile_fn narrow_tiles[] = {NARROW_TILES(NAME)};
static const tile_fn copying_tiles[] = {WIDE_TILES(COPYING_NAME)};
static const tile_fn wide_tree_tiles[] = {WIDE_TREE_TILES(TREE_NAME)};
static const tile_fn narrow_tree_tiles[] = {NARROW_TREE_TILES(TREE_NAME)};

/* `count` tiles of `height` rows, and continues with those below them. */
static void run_tiles(const tile_fn *tiles, const oc_gemm *g, tile_at *at, int64_t height, int64_t count) {
  if (count == 0) return;
  tiles[height - 1](g, at, count);
  at->a += count * height * g->a_row;
  at->c += count * height * g->c_row;
}

/* How the rows of a panel are cut into tiles of nearly equal height: `tall` of low + 1 rows, then `others` of
 * low. */
typedef struct heights {
  int64_t low, tall, others;
} heights;

OC_INLINE heights heights_of(int64_t rows, const int64_t most) {
  if (rows % most == 0) return (heights){most, 0, rows / most}; /* without a division by a variable */
  const int64_t n = (rows + most - 1) / most;
  return (heights){rows / n, rows % n, n - rows % n};
}

/* A panel whose first tile copies it, and the others, which read the copy. */
static void run_copied(const oc_gemm *g, tile_at at) {
  heights h = heights_of(g->rows, MR);
  oc_gemm rest = *g;
  rest.b_step[1] = g->count[2] * NR;
  rest.b_step[2] = NR;
  run_tiles(copying_tiles, g, &at, h.tall ? h.low + 1 : h.low, 1);
  if (h.tall)
    h.tall--;
  else
    h.others--;
  at.b = g->copy;
  run_tiles(wide_tiles, &rest, &at, h.low + 1, h.tall);
  run_tiles(wide_tiles, &rest, &at, h.low, h.others);
}

static void run_panel(const oc_gemm *g, tile_at at, int64_t cols) {
  const bool wide = cols > VL;
  const tile_fn *plain = wide ? wide_tiles : narrow_tiles;
  const tile_fn *tiles = !g->leaf ? plain : wide ? wide_tree_tiles : narrow_tree_tiles;
  if (g->rows == 0) return;
  at.lanes = wide ? cols - VL : cols;
  if (g->copy && wide) {
    run_copied(g, at);
    return;
  }
  heights h = wide ? heights_of(g->rows, MR) : heights_of(g->rows, MAX_ROWS);
  if (g->leaf) h = wide ? heights_of(g->rows, TREE_MR) : heights_of(g->rows, TREE_MAX_ROWS);
  run_tiles(tiles, g, &at, h.low + 1, h.tall);
  run_tiles(tiles, g, &at, h.low, h.others);
}

void OC_K(oc_gemm_run)(const oc_gemm *g) {
  tile_at at = {g->a, g->b, g->c, 0};
  for (int64_t left = g->cols; left > 0; left -= NR) {
    run_panel(g, at, left < NR ? left : NR);
    at.b += g->b_panel;
    at.c += NR;
  }
}
