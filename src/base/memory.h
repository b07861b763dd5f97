/* memory.h: allocates all heap memory of the library. Tests make the n-th call fail with ld --wrap. */
#ifndef OC_BASE_MEMORY_H
#define OC_BASE_MEMORY_H
#include "ocellus/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OC_ALIGNMENT 64

/* 64-byte aligned, zeroed. bytes 0 gives a valid pointer. NULL when there is no memory. Freed with
 * oc_memory_free. */
void *oc_memory_alloc(size_t bytes);
/* Like oc_memory_alloc, but uninitialized: for memory that is overwritten immediately. */
void *oc_memory_alloc_uninitialized(size_t bytes);
/* count * size with overflow check (NULL on overflow). */
void *oc_memory_array(size_t count, size_t size);
/* A larger copy of `old` (old_bytes are kept, the rest zeroed); `old` is freed only on success. */
void *oc_memory_grow(void *old, size_t old_bytes, size_t new_bytes);
/* Makes room for one more element of a growing list: *list is the address of its pointer, which may be NULL
 * with a capacity of 0. False when there is no memory; the list stays as it is. */
bool oc_memory_reserve(void *list, int64_t count, int64_t *capacity, size_t size);
void oc_memory_free(void *memory);
/* A copy of a string or of bytes; NULL when there is no memory. */
char *oc_memory_string(const char *text);
void *oc_memory_copy(const void *from, size_t bytes);

/* The most memory that a process may use: the machine's memory, or a smaller limit of the process (ulimit -v)
 * or of its group (cgroup v2). */
size_t oc_memory_most(void);
/* OC_E_MEMORY, with both numbers, if `bytes` for `what` ("a plan for 64 samples") are more than
 * oc_memory_most. For requests that can be very large: a system that overcommits memory kills a process that
 * touches it. */
oc_status oc_memory_check(const char *what, size_t bytes, oc_error *err);

/* An arena: many small objects with one lifetime, freed together. Zero-initialize, then oc_arena_free. */
typedef struct oc_arena {
  struct oc_arena_block *blocks;
} oc_arena;
void *oc_arena_alloc(oc_arena *arena,
                     size_t bytes); /* 16-byte aligned, zeroed, NULL when there is no memory */
void *oc_arena_copy(oc_arena *arena, const void *from, size_t bytes);
char *oc_arena_string(oc_arena *arena, const char *text);
void oc_arena_free(oc_arena *arena);

#endif
