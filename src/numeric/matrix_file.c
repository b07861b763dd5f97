/* matrix_file.c: reads a matrix from bytes or a file (.npy or text, by the first bytes), and writes one. */
#include "base/error.h"
#include "base/file.h"
#include "base/kind.h"
#include "base/memory.h"
#include "numeric/matrix.h"
#include "numeric/npy_header.h"
#include <string.h>

/* A number as text takes at most this many bytes, with its separators. */
#define MAX_FILE ((size_t)OC_MATRIX_MAX_ELEMENTS * 32)

static oc_status parse_utf16(const char *where, const unsigned char *bytes, size_t size, oc_matrix *out,
                             oc_error *err) {
  size_t length;
  char *text = oc_utf8_of_utf16(bytes, size, &length);
  if (!text) return oc_fail_memory(err, 2 * size);
  oc_status status = oc_matrix_text_parse(where, text, length, false, out, err);
  oc_memory_free(text);
  return status;
}

static oc_status parse_text(const char *where, const unsigned char *b, size_t size, oc_matrix *out,
                            oc_error *err) {
  if (size >= 2 && ((b[0] == 0xff && b[1] == 0xfe) || (b[0] == 0xfe && b[1] == 0xff)))
    return parse_utf16(where, b, size, out, err);
  const size_t mark = size >= 3 && memcmp(b, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* of UTF-8 */
  return oc_matrix_text_parse(where, (const char *)b + mark, size - mark, false, out, err);
}

/* Names the kind of a file without numbers by its first bytes: a JPEG image, a page of HTML. */
oc_status oc_matrix_parse(const char *where, const void *bytes, size_t size, oc_matrix *out, oc_error *err) {
  NEED(where, out);
  *out = (oc_matrix){0};
  if (size > 0) NEED(bytes);
  if (oc_npy_known(bytes, size)) return oc_npy_parse(where, bytes, size, out, err);
  const oc_status status = parse_text(where, bytes, size, out, err);
  if (status != OC_E_DATA) return status;
  const oc_kind *kind = oc_kind_of(bytes, size < OC_KIND_BYTES ? size : OC_KIND_BYTES, size);
  if (!kind || oc_kind_is_table(kind)) return status;
  return oc_fail(err, OC_E_DATA, where, kind->hint, "expected numbers, got %s", kind->name);
}

oc_status oc_matrix_parse_argument(const char *where, const char *text, oc_matrix *out, oc_error *err) {
  NEED(where, text, out);
  *out = (oc_matrix){0};
  return oc_matrix_text_parse(where, text, strlen(text), true, out, err);
}

oc_status oc_matrix_load(const char *path, oc_matrix *out, oc_error *err) {
  NEED(path, out);
  unsigned char *bytes;
  size_t size;
  *out = (oc_matrix){0};
  TRY(oc_file_read(path, MAX_FILE, &bytes, &size, err));
  oc_status status = oc_matrix_parse(path, bytes, size, out, err);
  oc_memory_free(bytes);
  return status;
}

static bool ends_with(const char *text, const char *end) {
  const size_t n = strlen(text), m = strlen(end);
  return n >= m && strcmp(text + n - m, end) == 0;
}

oc_status oc_matrix_save(const oc_matrix *m, const char *path, oc_error *err) {
  NEED(m, path);
  const bool npy = ends_with(path, ".npy");
  oc_text text = {0};
  if (m->rank > 2 && !npy)
    return oc_fail(err, OC_E_ARGUMENT, path, "Choose a name that ends in .npy.",
                   "unsupported by text files: %d axes", m->rank);
  (npy ? oc_npy_write : oc_matrix_text_write)(m, &text);
  const size_t size = text.size;
  char *bytes = oc_text_take(&text);
  if (!bytes) return oc_fail_memory(err, size);
  oc_status status = oc_file_replace(path, bytes, size, err);
  oc_memory_free(bytes);
  return status;
}
