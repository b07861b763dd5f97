/* async_hash.h: computes the SHA-256 of parts of a file, in any order, on its own thread while the file is
 * read. */
#ifndef OC_FORMATS_ASYNC_HASH_H
#define OC_FORMATS_ASYNC_HASH_H
#include <stddef.h>

/* A text, and then bytes: in memory, or, where that is NULL, those of the file from `begin` on. */
typedef struct oc_sum_part {
  const char *text;
  size_t text_size;
  const unsigned char *bytes;
  size_t begin, size;
} oc_sum_part;

typedef struct oc_async_hash oc_async_hash;
/* NULL when there is no memory. The parts must stay. Small files get no thread. */
oc_async_hash *oc_async_hash_create(const oc_sum_part *parts, int count);
/* As for oc_file_watch: all bytes of the file, from the first on. */
void oc_async_hash_tell(void *hash, const unsigned char *bytes, size_t have);
/* After all bytes were reported: waits for the hash, 64 hex digits and a closing 0. Meaningless if the file
 * is shorter than its parts. */
void oc_async_hash_hex(oc_async_hash *hash, char hex[65]);
/* Stops it where it is. NULL is fine. Before the bytes go. */
void oc_async_hash_free(oc_async_hash *hash);

#endif
