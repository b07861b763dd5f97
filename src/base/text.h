/* text.h: builds a growing string. After a failed allocation it stays empty: every call is safe, and
 * oc_text_take returns NULL. Zero-initialize. */
#ifndef OC_BASE_TEXT_H
#define OC_BASE_TEXT_H
#include <stdbool.h>
#include <stddef.h>

typedef struct oc_text {
  char *data; /* may be NULL while empty */
  size_t size, capacity;
  bool failed;
} oc_text;
void oc_text_add(oc_text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void oc_text_add_bytes(oc_text *t, const void *bytes, size_t size);
/* The string, to be freed with oc_memory_free ("" if nothing was added); NULL if memory ran out. Empties
 * t. */
char *oc_text_take(oc_text *t);
void oc_text_release(oc_text *t);
/* True if it is UTF-8 (RFC 3629: no surrogates, nothing above U+10FFFF, no overlong forms). */
bool oc_text_is_utf8(const char *text);

#endif
