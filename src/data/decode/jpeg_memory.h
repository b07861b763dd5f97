/* jpeg_memory.h: gives libjpeg its memory: from oc_memory_alloc, up to a limit. */
#ifndef OC_DATA_DECODE_JPEG_MEMORY_H
#define OC_DATA_DECODE_JPEG_MEMORY_H
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h> /* which jpeglib.h needs */
#include <jpeglib.h>

typedef struct oc_jpeg_memory {
  struct jpeg_memory_mgr methods;   /* the first member: libjpeg passes it back as jpeg->mem */
  struct jpeg_memory_mgr *original; /* libjpeg's own, with what jpeg_create_decompress has allocated */
  void *blocks[JPOOL_NUMPOOLS];     /* the list of each pool */
  jvirt_barray_ptr arrays;          /* requested in the pool of the image */
  size_t left;                      /* bytes that libjpeg may still request */
  bool greedy;                      /* it requested more */
  size_t refused;                   /* bytes of a request that failed */
} oc_jpeg_memory;

/* Replaces the memory manager of `jpeg`, which jpeg_create_decompress has just made. A request that fails, or
 * that exceeds `limit`, ends in the error JERR_OUT_OF_MEMORY. */
void oc_jpeg_memory_use(oc_jpeg_memory *memory, j_decompress_ptr jpeg, size_t limit);
/* Frees everything and gives `jpeg` its own manager back, for jpeg_destroy_decompress. Does nothing if the
 * manager was never replaced. */
void oc_jpeg_memory_release(oc_jpeg_memory *memory, j_decompress_ptr jpeg);

#endif
