/* c_blocks.c: see c_blocks.h. */
#include "export/c/c_blocks.h"
#include "base/checked.h"
#include <stdbool.h>
#include <stdlib.h>

static int by_size(const void *a, const void *b) {
  const oc_c_block *x = a, *y = b;
  if (x->count != y->count) return x->count < y->count ? 1 : -1;
  return (x->value > y->value) - (x->value < y->value);
}

static void place_block(oc_c_block *blocks, int32_t at) {
  oc_c_block *b = &blocks[at];
  for (bool moved = true; moved;) {
    moved = false;
    for (int32_t i = 0; i < at; i++) {
      const oc_c_block *o = &blocks[i];
      const bool meet = o->first <= b->last && b->first <= o->last && b->offset < o->offset + o->count &&
                        o->offset < b->offset + b->count;
      if (meet) b->offset = o->offset + o->count;
      moved = moved || meet;
    }
  }
}

int64_t oc_c_place_blocks(oc_c_block *blocks, int32_t count) {
  int64_t all = 0;
  qsort(blocks, (size_t)count, sizeof *blocks, by_size);
  for (int32_t i = 0; i < count; i++) {
    place_block(blocks, i);
    all = oc_max_i64(all, blocks[i].offset + blocks[i].count);
  }
  return all;
}
