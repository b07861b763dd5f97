/* kind.h: identifies a file by its first bytes, so that an error can name the kind of an unreadable file. */
#ifndef OC_BASE_KIND_H
#define OC_BASE_KIND_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OC_KIND_BYTES = 512 }; /* this many first bytes distinguish all kinds */

typedef struct oc_kind {
  const char *name; /* "a JPEG image" */
  const char *hint; /* what to do with it; a sentence */
} oc_kind;

/* True for a format of images, whether a decoder reads it or not. */
bool oc_kind_is_image(const oc_kind *kind);
/* True for a table of text (CSV). */
bool oc_kind_is_table(const oc_kind *kind);
/* True for an ONNX file, of `size` bytes in all. */
bool oc_kind_is_onnx(const void *first, size_t got, uint64_t size);
/* NULL if the kind is unknown. `size`: of the whole file; 0 where it is not known. Static storage. */
const oc_kind *oc_kind_of(const void *first, size_t got, uint64_t size);

#endif
