/* similar.h: finds the word that was meant. */
#ifndef OC_BASE_SIMILAR_H
#define OC_BASE_SIMILAR_H
#include <stddef.h>

/* How many letters must be changed, added or left out to make `b` of a[0..n-1]; 99 if one is longer than 30
 * letters. */
size_t oc_word_distance(const char *a, size_t n, const char *b);

#endif
