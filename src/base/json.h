/* json.h: JSON as text in memory of ours. */
#ifndef OC_BASE_JSON_H
#define OC_BASE_JSON_H
#include <jansson.h>

/* Like json_dumps, but from base/memory.h (oc_memory_free). NULL if there is no memory, `value` is NULL, or
 * it is neither object nor array and `flags` has no JSON_ENCODE_ANY. */
char *oc_json_text(const json_t *value, size_t flags);

#endif
