/* memory.c: allocates heap memory and arenas. Every byte comes from one call of posix_memalign, so a test
 * that is linked with -Wl,--wrap=posix_memalign sees, counts and fails each allocation of the library
 * (tests/fault/alloc.h). */
#include "base/memory.h"
#include "base/checked.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { LARGE_PAGE = 2 * 1024 * 1024 };

/* Asks for large pages: a program that loads a model and answers once spends a third of its time on the first
 * touch of small ones, and a training step 1% on finding them. A wish: the system may have none. */
static void ask_for_large_pages(void *memory, size_t size) {
#ifdef MADV_HUGEPAGE
  if (size >= LARGE_PAGE) madvise(memory, size / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE);
#else
  (void)memory, (void)size;
#endif
}

/* A last large page that would be at least half full becomes a whole one; but with a sanitizer, nothing
 * follows the end. */
static size_t with_last_page(size_t size) {
#ifdef __SANITIZE_ADDRESS__
  return size;
#else
  return size % LARGE_PAGE >= LARGE_PAGE / 2 ? oc_round_up(size, LARGE_PAGE) : size;
#endif
}

void *oc_memory_alloc_uninitialized(size_t bytes) {
  void *memory = NULL;
  if (bytes > PTRDIFF_MAX - LARGE_PAGE) return NULL;
  const size_t size = with_last_page(bytes ? bytes : 1),
               alignment = size >= LARGE_PAGE ? LARGE_PAGE : OC_ALIGNMENT;
  if (posix_memalign(&memory, alignment, size) != 0) return NULL;
  ask_for_large_pages(memory, size);
  return memory;
}

void *oc_memory_alloc(size_t bytes) {
  void *memory = oc_memory_alloc_uninitialized(bytes);
  return memory ? memset(memory, 0, bytes ? bytes : 1) : NULL;
}

void *oc_memory_array(size_t count, size_t size) {
  size_t bytes;
  return oc_mul_size(count, size, &bytes) ? oc_memory_alloc(bytes) : NULL;
}

void *oc_memory_grow(void *old, size_t old_bytes, size_t new_bytes) {
  void *memory = oc_memory_alloc(new_bytes);
  if (!memory) return NULL;
  if (old) memcpy(memory, old, old_bytes < new_bytes ? old_bytes : new_bytes);
  oc_memory_free(old);
  return memory;
}

bool oc_memory_reserve(void *list, int64_t count, int64_t *capacity, size_t size) {
  enum { FIRST = 32 };
  void *old;
  if (count < *capacity) return true;
  memcpy(&old, list, sizeof old); /* of whatever type the pointer is */
  const int64_t larger = *capacity ? 2 * *capacity : FIRST;
  void *grown = oc_memory_grow(old, (size_t)*capacity * size, (size_t)larger * size);
  if (!grown) return false;
  memcpy(list, &grown, sizeof grown);
  *capacity = larger;
  return true;
}

void oc_memory_free(void *memory) {
  free(memory);
}

void oc_free(void *memory) {
  oc_memory_free(memory);
}

void *oc_memory_copy(const void *from, size_t bytes) {
  void *memory = oc_memory_alloc(bytes);
  if (memory && bytes) memcpy(memory, from, bytes);
  return memory;
}

char *oc_memory_string(const char *text) {
  return oc_memory_copy(text, strlen(text) + 1);
}

/* ---- arena --------------------------------------------------------------------------------------------- */

enum { ARENA_ALIGNMENT = 16, ARENA_BLOCK = 8192 };

typedef struct oc_arena_block {
  struct oc_arena_block *older;
  size_t used, capacity;
  _Alignas(ARENA_ALIGNMENT) unsigned char bytes[];
} oc_arena_block;

/* A block with room for at least `bytes`, at the head of the list. */
static oc_arena_block *arena_block(oc_arena *arena, size_t bytes) {
  const size_t capacity = bytes > ARENA_BLOCK ? bytes : ARENA_BLOCK;
  size_t size;
  if (!oc_add_size(sizeof(oc_arena_block), capacity, &size)) return NULL;
  oc_arena_block *block = oc_memory_alloc(size);
  if (!block) return NULL;
  block->older = arena->blocks;
  block->capacity = capacity;
  arena->blocks = block;
  return block;
}

void *oc_arena_alloc(oc_arena *arena, size_t bytes) {
  if (bytes > PTRDIFF_MAX) return NULL;
  const size_t size = oc_round_up(bytes ? bytes : 1, ARENA_ALIGNMENT);
  oc_arena_block *block = arena->blocks;
  if (!block || block->capacity - block->used < size) block = arena_block(arena, size);
  if (!block) return NULL;
  void *memory = block->bytes + block->used;
  block->used += size;
  return memory;
}

void *oc_arena_copy(oc_arena *arena, const void *from, size_t bytes) {
  void *memory = oc_arena_alloc(arena, bytes);
  if (memory && bytes) memcpy(memory, from, bytes);
  return memory;
}

char *oc_arena_string(oc_arena *arena, const char *text) {
  return oc_arena_copy(arena, text, strlen(text) + 1);
}

void oc_arena_free(oc_arena *arena) {
  while (arena->blocks) {
    oc_arena_block *block = arena->blocks;
    arena->blocks = block->older;
    oc_memory_free(block);
  }
}
