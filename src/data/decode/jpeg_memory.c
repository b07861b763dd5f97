/* jpeg_memory.c: the memory manager of libjpeg. libjpeg calls it through jpeg->mem alone (jpeglib.h, struct
 * jpeg_memory_mgr), so an own table of functions replaces its malloc. Requests are freed together, a pool at
 * a time. Freed bytes are not credited again, so endless requests fail. */
#include "base/memory.h"
#if OC_HAVE_JPEG
#include "data/decode/jpeg_memory.h"
#include <jerror.h>

/* The vector code of libjpeg-turbo reads and writes past the end of a row, up to a multiple of 64 samples. */
enum { ROW = 64 };

typedef struct memory_block {
  struct memory_block *next;
} memory_block;

/* Rows of coefficients, all in memory; access is a pointer to the first requested row. */
struct jvirt_barray_control {
  JBLOCKARRAY rows; /* NULL until realized */
  JDIMENSION width, height, max_rows;
  struct jvirt_barray_control *next;
};

static size_t round_up(size_t bytes) {
  return (bytes + ROW - 1) / ROW * ROW;
}

static oc_jpeg_memory *memory_of(j_common_ptr jpeg) {
  return (oc_jpeg_memory *)jpeg->mem;
}

static void *pool_alloc(j_common_ptr jpeg, int pool, size_t bytes) {
  oc_jpeg_memory *m = memory_of(jpeg);
  if (pool < 0 || pool >= JPOOL_NUMPOOLS) ERREXIT1(jpeg, JERR_BAD_POOL_ID, pool);
  m->greedy = m->greedy || bytes > m->left;
  memory_block *b = m->greedy ? NULL : oc_memory_alloc(OC_ALIGNMENT + round_up(bytes));
  if (!b) {
    if (!m->greedy) m->refused = bytes;
    ERREXIT1(jpeg, JERR_OUT_OF_MEMORY, 0);
    return NULL; /* not reached */
  }
  m->left -= bytes;
  b->next = m->blocks[pool];
  m->blocks[pool] = b;
  return (unsigned char *)b + OC_ALIGNMENT;
}

/* Pointers to `count` rows of `bytes` each. Both are 32 bits, so the product cannot overflow. */
static void **alloc_rows(j_common_ptr jpeg, int pool, size_t bytes, JDIMENSION count) {
  void **rows = pool_alloc(jpeg, pool, count * sizeof *rows);
  unsigned char *all = pool_alloc(jpeg, pool, bytes * count);
  for (JDIMENSION i = 0; i < count; i++) rows[i] = all + i * bytes;
  return rows;
}

static JSAMPARRAY alloc_samples(j_common_ptr jpeg, int pool, JDIMENSION width, JDIMENSION height) {
  return (JSAMPARRAY)alloc_rows(jpeg, pool, round_up((size_t)width * sizeof(JSAMPLE)), height);
}

static JBLOCKARRAY alloc_blocks(j_common_ptr jpeg, int pool, JDIMENSION width, JDIMENSION height) {
  return (JBLOCKARRAY)alloc_rows(jpeg, pool, (size_t)width * sizeof(JBLOCK), height);
}

/* ---- arrays that libjpeg may keep outside of memory; here they are inside ------------------------------ */

static jvirt_barray_ptr request_blocks(j_common_ptr jpeg, int pool, boolean zero, JDIMENSION width,
                                       JDIMENSION height, JDIMENSION max_rows) {
  (void)zero; /* oc_memory_alloc always gives zeros */
  oc_jpeg_memory *m = memory_of(jpeg);
  jvirt_barray_ptr array = pool_alloc(jpeg, pool, sizeof *array);
  *array = (struct jvirt_barray_control){NULL, width, height, max_rows, m->arrays};
  m->arrays = array;
  return array;
}

/* For two passes over the colors of a palette, which no caller requests. */
static jvirt_sarray_ptr request_samples(j_common_ptr jpeg, int pool, boolean zero, JDIMENSION width,
                                        JDIMENSION height, JDIMENSION max_rows) {
  (void)pool, (void)zero, (void)width, (void)height, (void)max_rows;
  ERREXIT(jpeg, JERR_NOT_COMPILED);
  return NULL;
}

static JSAMPARRAY access_samples(j_common_ptr jpeg, jvirt_sarray_ptr array, JDIMENSION first,
                                 JDIMENSION count, boolean writable) {
  (void)array, (void)first, (void)count, (void)writable;
  ERREXIT(jpeg, JERR_NOT_COMPILED);
  return NULL;
}

static void realize_arrays(j_common_ptr jpeg) {
  for (jvirt_barray_ptr a = memory_of(jpeg)->arrays; a; a = a->next)
    if (!a->rows) a->rows = alloc_blocks(jpeg, JPOOL_IMAGE, a->width, a->height);
}

static JBLOCKARRAY access_blocks(j_common_ptr jpeg, jvirt_barray_ptr array, JDIMENSION first,
                                 JDIMENSION count, boolean writable) {
  (void)writable;
  if (!array->rows || first > array->height || count > array->height - first || count > array->max_rows)
    ERREXIT(jpeg, JERR_BAD_VIRTUAL_ACCESS);
  return array->rows + first;
}

/* ---- the end ------------------------------------------------------------------------------------------- */

static void release_pool(oc_jpeg_memory *m, int pool) {
  while (m->blocks[pool]) {
    memory_block *b = m->blocks[pool];
    m->blocks[pool] = b->next;
    oc_memory_free(b);
  }
  if (pool == JPOOL_IMAGE) m->arrays = NULL;
}

static void free_pool(j_common_ptr jpeg, int pool) {
  release_pool(memory_of(jpeg), pool);
}

/* Never called: oc_jpeg_memory_release puts the original back first. */
static void self_destruct(j_common_ptr jpeg) {
  (void)jpeg;
}

void oc_jpeg_memory_use(oc_jpeg_memory *memory, j_decompress_ptr jpeg, size_t limit) {
  *memory = (oc_jpeg_memory){.original = jpeg->mem, .left = limit};
  memory->methods = (struct jpeg_memory_mgr){.alloc_small = pool_alloc,
                                             .alloc_large = pool_alloc,
                                             .alloc_sarray = alloc_samples,
                                             .alloc_barray = alloc_blocks,
                                             .request_virt_sarray = request_samples,
                                             .request_virt_barray = request_blocks,
                                             .realize_virt_arrays = realize_arrays,
                                             .access_virt_sarray = access_samples,
                                             .access_virt_barray = access_blocks,
                                             .free_pool = free_pool,
                                             .self_destruct = self_destruct,
                                             .max_memory_to_use = jpeg->mem->max_memory_to_use,
                                             .max_alloc_chunk = jpeg->mem->max_alloc_chunk};
  jpeg->mem = &memory->methods;
}

void oc_jpeg_memory_release(oc_jpeg_memory *memory, j_decompress_ptr jpeg) {
  if (!memory->original) return;
  for (int pool = 0; pool < JPOOL_NUMPOOLS; pool++) release_pool(memory, pool);
  jpeg->mem = memory->original;
  memory->original = NULL;
}
#endif
