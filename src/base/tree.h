/* tree.h: the order in which the sums of chunks are added: along a binary tree that follows from their number
 * alone. The tree of n chunks joins that of the first m and that of the others, where m is the largest power
 * of two below n (pairwise summation). So any aligned group of chunks, 2^k of them from number i * 2^k on,
 * can be summed elsewhere, and the sum of all is the same.
 *
 * Chunk after chunk, it is a stack, as a binary counter is: chunk k is put into place number
 * oc_tree_place(k); then oc_tree_joins(k, n) times, the last place is added to the one before it. The sum
 * ends up in place 0. */
#ifndef OC_BASE_TREE_H
#define OC_BASE_TREE_H
#include <stdint.h>

static inline int oc_tree_place(int64_t k) {
  return __builtin_popcountll((unsigned long long)k);
}
static inline int oc_tree_joins(int64_t k, int64_t n) {
  return k + 1 < n ? __builtin_ctzll((unsigned long long)k + 1) : oc_tree_place(k);
}

#endif
