/* npy.c: reads and writes NumPy's .npy files as matrices: the header, then the elements, and nothing more. */
#include "base/checked.h"
#include "base/error.h"
#include "numeric/matrix.h"
#include "numeric/npy_header.h"
#include <string.h>

/* As many elements as in the shape, and no byte more. Each takes 8 bytes of memory, whatever it takes in the
 * file: of those of one byte fewer may come, so that memory stays in proportion to the file. */
static oc_status check_size(const char *where, const oc_npy *h, size_t size, oc_error *err) {
  const int64_t most = h->element->bytes > 1 ? OC_MATRIX_MAX_ELEMENTS : OC_MATRIX_MAX_ELEMENTS / 2;
  int64_t count = 1;
  for (int i = 0; i < h->rank; i++) {
    if (h->dim[i] < 1)
      return oc_fail(err, OC_E_DATA, where, "Save an array with at least one value.",
                     "the array must not be empty: axis %d has size 0", i);
    if (!oc_mul_i64(count, h->dim[i], &count) || count > most)
      return oc_fail(err, OC_E_DATA, where, "Use a smaller array.", "too many values: the limit is %lld",
                     (long long)most);
  }
  const size_t wanted = (size_t)count * h->element->bytes;
  if (wanted == size) return OC_OK;
  return oc_fail(err, OC_E_DATA, where, "Copy or save the file again.",
                 "%s: got %zu bytes of values, expected %zu", size < wanted ? "truncated" : "too long", size,
                 wanted);
}

static oc_status read_numbers(const char *where, const oc_npy *h, const unsigned char *bytes, oc_matrix *m,
                              oc_error *err) {
  const int64_t count = oc_matrix_count(m);
  for (int64_t n = 0; n < count; n++)
    if (!oc_element_value(h->element, bytes + (size_t)oc_npy_place(h, n) * h->element->bytes, &m->data[n]))
      return oc_fail(err, OC_E_DATA, where, "Save it as float64.",
                     "integer %lld of %lld is beyond 2^53, where doubles skip integers", (long long)n + 1,
                     (long long)count);
  return OC_OK;
}

oc_status oc_npy_parse(const char *where, const unsigned char *bytes, size_t size, oc_matrix *out,
                       oc_error *err) {
  size_t offset;
  oc_npy h;
  TRY(oc_npy_offset_within(where, bytes, size, &offset, err));
  TRY(oc_npy_header(where, bytes, offset, &h, err));
  TRY(check_size(where, &h, size - offset, err));
  TRY(oc_matrix_create(h.rank, h.dim, out, err));
  oc_status status = read_numbers(where, &h, bytes + offset, out, err);
  if (status != OC_OK) oc_matrix_release(out);
  return status;
}

/* Little-endian, in pieces. */
static void add_numbers(oc_text *out, const double *values, int64_t count) {
  enum { PIECE = 512 };
  unsigned char bytes[PIECE * 8];
  for (int64_t done = 0; done < count; done += PIECE) {
    const int64_t piece = oc_min_i64(PIECE, count - done);
    for (int64_t i = 0; i < piece; i++) {
      uint64_t bits;
      memcpy(&bits, &values[done + i], sizeof bits);
      for (int b = 0; b < 8; b++) bytes[i * 8 + b] = (unsigned char)(bits >> (8 * b));
    }
    oc_text_add_bytes(out, bytes, (size_t)piece * 8);
  }
}

void oc_npy_begin(oc_text *out, const char *descr, int rank, const int64_t *sizes) {
  enum { BLOCK = 64 }; /* the numbers begin at a multiple of it */
  oc_text h = {0};
  oc_text_add(&h, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
  for (int i = 0; i < rank; i++) oc_text_add(&h, "%lld, ", (long long)sizes[i]);
  oc_text_add(&h, "), }");
  while ((h.size + 11) % BLOCK && !h.failed) oc_text_add(&h, " ");
  oc_text_add(&h, "\n");
  const unsigned char length[4] = {1, 0, (unsigned char)(h.size & 255), (unsigned char)(h.size >> 8)};
  oc_text_add_bytes(out, "\x93NUMPY", 6);
  oc_text_add_bytes(out, length, sizeof length);
  oc_text_add_bytes(out, h.data, h.size);
  if (h.failed) oc_text_release(out), out->failed = true;
  oc_text_release(&h);
}

void oc_npy_write(const oc_matrix *m, oc_text *out) {
  const int64_t sizes[OC_NPY_IMAGE_RANK] = {m->rank == 1 ? oc_matrix_count(m) : m->rows, m->columns,
                                            m->channels, m->outputs};
  oc_npy_begin(out, "<f8", m->rank, sizes);
  add_numbers(out, m->data, oc_matrix_count(m));
}
