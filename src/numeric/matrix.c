/* matrix.c: making, loading and saving numbers. */
#include "numeric/matrix.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number as text takes at most this many bytes, with what stands around it. */
#define MAX_FILE ((size_t)OC_MATRIX_MOST * 32)

oc_status oc_matrix_create(int rank, int64_t rows, int64_t columns, int64_t channels, oc_matrix *out,
                           oc_error *err) {
  *out = (oc_matrix){0};
  if (rank < 1 || rank > 3 || rows < 1 || columns < 1 || channels < 1 || rows > OC_MATRIX_MOST ||
      columns > OC_MATRIX_MOST / rows || channels > OC_MATRIX_MOST / (rows * columns))
    return oc_fail(err, OC_E_ARGUMENT, "matrix", "Use smaller sizes.",
                   "%lld x %lld x %lld numbers in %d axes: 1 to %lld numbers in 1 to 3 axes can be held",
                   (long long)rows, (long long)columns, (long long)channels, rank, (long long)OC_MATRIX_MOST);
  const size_t count = (size_t)(rows * columns * channels);
  double *data = oc_memory_array(count, sizeof *data);
  if (!data) return oc_fail_memory(err, count * sizeof *data);
  *out = (oc_matrix){rank, rows, columns, channels, data};
  return OC_OK;
}

void oc_matrix_release(oc_matrix *m) {
  if (!m) return;
  oc_memory_free(m->data);
  *m = (oc_matrix){0};
}

int64_t oc_count_nan(const double *values, int64_t count) {
  int64_t found = 0;
  for (int64_t i = 0; i < count; i++) found += isnan(values[i]) != 0;
  return found;
}

oc_status oc_matrix_parse(const char *where, const void *bytes, size_t size, oc_matrix *out, oc_error *err) {
  *out = (oc_matrix){0};
  if (oc_npy_known(bytes, size)) return oc_npy_parse(where, bytes, size, out, err);
  return oc_matrix_text_parse(where, bytes, size, out, err);
}

oc_status oc_matrix_load(const char *path, oc_matrix *out, oc_error *err) {
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
  const bool npy = ends_with(path, ".npy");
  oc_text text = {0};
  if (m->rank == 3 && !npy)
    return oc_fail(err, OC_E_ARGUMENT, path, "Choose a name that ends in .npy.",
                   "%lld channels cannot be written as rows of text", (long long)m->channels);
  (npy ? oc_npy_write : oc_matrix_text_write)(m, &text);
  const size_t size = text.size;
  char *bytes = oc_text_take(&text);
  if (!bytes) return oc_fail_memory(err, size);
  oc_status status = oc_file_replace(path, bytes, size, err);
  oc_memory_free(bytes);
  return status;
}

/* ---- numbers as text ---------------------------------------------------------------------------------------- */

locale_t oc_plain_locale_begin(locale_t *before) {
  locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (plain) *before = uselocale(plain);
  return plain;
}

void oc_plain_locale_end(locale_t plain, locale_t before) {
  if (!plain) return;
  uselocale(before);
  freelocale(plain);
}

/* Without its own locale (no memory for one) the text is still a number, if maybe with a comma in it. */
const char *oc_number_text(double value, char *text, size_t size) {
  locale_t before, plain = oc_plain_locale_begin(&before);
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, size, "%.*g", digits, value);
    if (isnan(value) || strtod(text, NULL) == value) break;
  }
  if (isnan(value)) snprintf(text, size, "nan"); /* no "-nan" */
  oc_plain_locale_end(plain, before);
  return text;
}

void oc_matrix_text_write(const oc_matrix *m, oc_text *out) {
  char number[32];
  for (int64_t i = 0; i < m->rows; i++)
    for (int64_t j = 0; j < m->columns; j++)
      oc_text_add(out, "%s%s", oc_number_text(m->data[i * m->columns + j], number, sizeof number),
                  j + 1 < m->columns ? "," : "\n");
}
