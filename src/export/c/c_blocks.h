/* c_blocks.h: offsets for blocks of memory, each with a life. */
#ifndef OC_EXPORT_C_BLOCKS_H
#define OC_EXPORT_C_BLOCKS_H
#include <stdint.h>

typedef struct oc_c_block {
  int64_t count, offset;
  int first, last; /* of its life, both in it */
  int32_t value;   /* what it is for; -1: decoding */
} oc_c_block;

/* Sorts the blocks, largest first, and gives each the lowest offset where no other lives at the same time
 * (greedy by size, as in Pisarchyk and Lee 2020). Returns the size of all. */
int64_t oc_c_place_blocks(oc_c_block *blocks, int32_t count);

#endif
