/* json.h: reads and writes JSON, and distinguishes a lack of memory from every other error.
 *
 * jansson does not always report that it got no memory: while reading it drops the characters that it could
 * not store. So its allocator is watched (json.c), and both functions here report every failed allocation of
 * jansson on this thread since the last of them: a value that was built with memory missing never becomes
 * text. */
#ifndef OC_BASE_JSON_H
#define OC_BASE_JSON_H
#include "ocellus/status.h"
#include <jansson.h>

/* The value as text from base/memory.h (oc_memory_free). NULL if memory ran out here or while `value` was
 * built, `value` is NULL, or it is neither object nor array and `flags` has no JSON_ENCODE_ANY. Keeps
 * `value`. */
char *oc_json_text(const json_t *value, size_t flags);
/* Reads `size` bytes, an object or an array in which no key stands twice. OC_E_MEMORY, or OC_E_DATA at
 * `where` with `hint`, the reason and the byte. The caller gives *out up with json_decref. */
oc_status oc_json_parse(const char *text, size_t size, const char *where, const char *hint, json_t **out,
                        oc_error *err);

#endif
