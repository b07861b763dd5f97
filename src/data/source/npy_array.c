/* npy_array.c: reads an array of NumPy as images or as labels. The header is untrusted: sizes are compared
 * with the bytes that can come before memory is taken. */
#include "data/source/npy_array.h"
#include "base/checked.h"
#include "base/error.h"
#include "numeric/npy_header.h"
#include <stdio.h>
#include <string.h>

/* ---- the header ---------------------------------------------------------------------------------------- */

static oc_status read_exactly(const oc_npy_bytes *from, void *to, size_t size, oc_error *err) {
  size_t got;
  TRY(from->stream.read(from->stream.context, to, size, &got, err));
  if (got == size) return OC_OK;
  return oc_fail(err, OC_E_DATA, from->where, "Copy or save the file again.",
                 "truncated .npy header: got %zu bytes, expected %zu", got, size);
}

/* Reads the header; *offset is its size. */
static oc_status read_header(const oc_npy_bytes *from, oc_npy *out, size_t *offset, oc_error *err) {
  unsigned char first[OC_NPY_PREFIX];
  TRY(read_exactly(from, first, sizeof first, err));
  if (!oc_npy_known(first, sizeof first))
    return oc_fail(err, OC_E_DATA, from->where, "Save it with numpy.save.", "not an array of NumPy (.npy)");
  TRY(oc_npy_offset(from->where, first, sizeof first, offset, err));
  if (*offset < sizeof first || *offset > OC_NPY_MAX_HEADER)
    return oc_fail(err, OC_E_DATA, from->where, "Save it with numpy.save.",
                   "a .npy header of %zu bytes: the limit is %d", *offset, OC_NPY_MAX_HEADER);
  unsigned char *bytes = oc_memory_alloc_uninitialized(*offset);
  if (!bytes) return oc_fail_memory(err, *offset);
  memcpy(bytes, first, sizeof first);
  oc_status status = read_exactly(from, bytes + sizeof first, *offset - sizeof first, err);
  if (status == OC_OK) status = oc_npy_header(from->where, bytes, *offset, out, err);
  oc_memory_free(bytes);
  return status;
}

/* "(60000, 28, 28)". */
static const char *shape_text(const oc_npy *h, char text[112]) {
  int used = snprintf(text, 112, "(");
  for (int i = 0; i < h->rank; i++)
    used += snprintf(text + used, 112 - (size_t)used, "%s%lld", i ? ", " : "", (long long)h->dim[i]);
  (void)snprintf(text + used, 112 - (size_t)used, "%s)", h->rank == 1 ? "," : "");
  return text;
}

/* Counts the elements, and compares them with the bytes that can come. */
static oc_status count_elements(const oc_npy_bytes *from, const oc_npy *h, size_t offset, int64_t *count,
                                oc_error *err) {
  int64_t bytes = 0;
  *count = 1;
  bool fits = true;
  for (int i = 0; i < h->rank; i++) {
    if (h->dim[i] < 1)
      return oc_fail(err, OC_E_DATA, from->where, "Save an array with at least one image.",
                     "the array must not be empty: axis %d has size 0", i);
    fits = fits && oc_mul_i64(*count, h->dim[i], count);
  }
  fits = fits && oc_mul_i64(*count, (int64_t)h->element->bytes, &bytes);
  if (fits && (uint64_t)bytes <= from->most && offset <= from->most - (uint64_t)bytes) return OC_OK;
  char shape[112];
  return oc_fail(err, OC_E_DATA, from->where, "Copy or save the file again.",
                 "truncated: an array of shape %s and type %s needs more bytes than the file has",
                 shape_text(h, shape), h->element->name);
}

/* Reads all elements, to the end of the file. */
static oc_status read_elements(const oc_npy_bytes *from, const oc_npy *h, int64_t count,
                               const oc_data_options *how, oc_stored *to, oc_error *err) {
  unsigned char extra;
  int64_t got;
  size_t more;
  to->where = from->where;
  to->type = h->element;
  to->boolean = h->boolean && to->pixels;
  TRY(oc_stored_read(to, &from->stream, count, how, &got, err));
  if (got < count)
    return oc_fail(err, OC_E_DATA, from->where, "Copy or save the file again.",
                   "truncated: got %lld values, expected %lld", (long long)got, (long long)count);
  TRY(from->stream.read(from->stream.context, &extra, 1, &more, err));
  if (more == 0) return OC_OK;
  return oc_fail(err, OC_E_DATA, from->where, "Copy or save the file again.",
                 "too long: bytes follow the %lld values of its shape", (long long)count);
}

/* ---- images -------------------------------------------------------------------------------------------- */

/* Which axis of the array is which; -1: there is none, its size is 1. */
typedef struct axes {
  int rows, columns, channels;
} axes;

static bool is_channels(int64_t size) {
  return size == 1 || size == 3;
}

static oc_status find_axes(const char *where, const oc_npy *h, axes *out, oc_error *err) {
  char shape[112];
  const bool last = h->rank == 4 && is_channels(h->dim[3]), second = h->rank == 4 && is_channels(h->dim[1]);
  if (h->rank == 4 && last && second && h->dim[1] != h->dim[2])
    return oc_fail(err, OC_E_DATA, where, "Save it with the channels last.",
                   "shape %s may have its channels second or last", shape_text(h, shape));
  if (h->rank == 2)
    *out = (axes){-1, 1, -1};
  else if (h->rank == 3)
    *out = (axes){1, 2, -1};
  else if (last)
    *out = (axes){1, 2, 3};
  else if (second)
    *out = (axes){2, 3, 1};
  else
    return oc_fail(err, OC_E_DATA, where,
                   "Save it as (count, rows, columns) or (count, rows, columns, channels).",
                   "expected images, got shape %s%s", shape_text(h, shape),
                   h->rank == 4 ? ", in which no axis is 1 or 3 channels" : "");
  return OC_OK;
}

/* (rows, columns, 3) is a color image, not many gray ones with three columns. */
static oc_status refuse_single(const char *where, const oc_npy *h, oc_error *err) {
  char shape[112];
  if (h->rank != 3 || h->dim[2] > 4) return OC_OK;
  return oc_fail(err, OC_E_DATA, where, "Add an axis for the number of images: array[None].",
                 "shape %s may be a single image", shape_text(h, shape));
}

/* Brings the elements from the order of the file into that of images. */
static oc_status reorder(const oc_npy *h, const axes *a, oc_store *store, oc_error *err) {
  int64_t stride[OC_NPY_MAX_RANK], step = 1;
  for (int i = 0; i < h->rank; i++) {
    const int axis = h->fortran ? i : h->rank - 1 - i;
    stride[axis] = step;
    step *= h->dim[axis];
  }
  if (!h->fortran && a->channels != 1) return OC_OK;
  uint8_t *to = oc_memory_alloc_uninitialized((size_t)step), *at = to;
  if (!to) return oc_fail_memory(err, (size_t)step);
  const oc_image_shape s = store->size;
  const int64_t down = a->rows < 0 ? 0 : stride[a->rows], across = stride[a->columns],
                deep = a->channels < 0 ? 0 : stride[a->channels];
  for (int64_t n = 0; n < store->count; n++)
    for (int64_t y = 0; y < s.height; y++)
      for (int64_t x = 0; x < s.width; x++)
        for (int64_t c = 0; c < s.channels; c++)
          *at++ = store->pixels[n * stride[0] + y * down + x * across + c * deep];
  oc_memory_free(store->pixels);
  store->pixels = to;
  return OC_OK;
}

oc_status oc_npy_read_images(const oc_npy_bytes *from, const oc_data_options *how, oc_store *store,
                             oc_error *err) {
  oc_npy h;
  axes a = {0};
  size_t offset;
  int64_t count;
  TRY(read_header(from, &h, &offset, err));
  TRY(find_axes(from->where, &h, &a, err));
  TRY(refuse_single(from->where, &h, err));
  TRY(count_elements(from, &h, offset, &count, err));
  if ((uint64_t)count > how->max_bytes)
    return oc_fail(err, OC_E_DATA, from->where, "Raise max_bytes if this size is intended.",
                   "%lld bytes of pixels are more than the limit of %zu", (long long)count, how->max_bytes);
  store->count = h.dim[0];
  store->size = (oc_image_shape){a.rows < 0 ? 1 : h.dim[a.rows], h.dim[a.columns],
                                 a.channels < 0 ? 1 : h.dim[a.channels]};
  store->image_bytes = (size_t)(count / h.dim[0]);
  store->pixels = oc_memory_alloc_uninitialized((size_t)count);
  if (!store->pixels) return oc_fail_memory(err, (size_t)count);
  oc_stored stored = {.pixels = store->pixels};
  TRY(read_elements(from, &h, count, how, &stored, err));
  store->real_max = oc_stored_real_max(&stored);
  return reorder(&h, &a, store, err);
}

/* ---- labels -------------------------------------------------------------------------------------------- */

/* Replaces rows of zeros with a single 1 by the place of the 1. */
static oc_status take_places(const char *where, const oc_npy *h, int32_t *labels, oc_error *err) {
  const int64_t across = h->fortran ? h->dim[0] : 1, down = h->fortran ? 1 : h->dim[1];
  for (int64_t n = 0; n < h->dim[0]; n++) {
    int32_t ones = 0, place = 0;
    for (int64_t c = 0; c < h->dim[1]; c++) {
      const int32_t v = labels[n * down + c * across];
      if (v == 1) place = (int32_t)c;
      ones += v == 1 ? 1 : v == 0 ? 0 : 2;
    }
    if (ones != 1)
      return oc_fail(err, OC_E_DATA, where, "Save one label for each image.",
                     "expected a single 1 and zeros for each image, which image %lld has not", (long long)n);
    labels[n] = place; /* of an element that has been read */
  }
  return OC_OK;
}

/* One number for each image, or a row of numbers with a single 1. */
static oc_status check_shape(const char *where, const oc_npy *h, const oc_store *store, oc_error *err) {
  char shape[112];
  if (h->rank > 2)
    return oc_fail(err, OC_E_DATA, where, "Save one label for each image.", "expected labels, got shape %s",
                   shape_text(h, shape));
  if (h->dim[0] == store->count) return OC_OK;
  return oc_fail(err, OC_E_DATA, where, "Use labels and images of the same data set.",
                 "got %lld labels for %lld images", (long long)h->dim[0], (long long)store->count);
}

oc_status oc_npy_read_labels(const oc_npy_bytes *from, const oc_data_options *how, oc_store *store,
                             oc_error *err) {
  oc_npy h;
  size_t offset;
  int64_t count;
  TRY(read_header(from, &h, &offset, err));
  TRY(check_shape(from->where, &h, store, err));
  TRY(count_elements(from, &h, offset, &count, err));
  const bool rows = h.rank == 2 && h.dim[1] > 1;
  int32_t *labels = oc_memory_array((size_t)count, sizeof *labels);
  if (!labels) return oc_fail_memory(err, (size_t)count * sizeof *labels);
  store->values[0] = labels;
  oc_stored stored = {.labels = labels};
  TRY(read_elements(from, &h, count, how, &stored, err));
  if (rows && h.dim[1] > 65536)
    return oc_fail(err, OC_E_DATA, from->where, "", "too many classes: %lld; the limit is 65536",
                   (long long)h.dim[1]);
  store->classes = rows ? (int)h.dim[1] : stored.largest < 1 ? 2 : stored.largest + 1;
  return rows ? take_places(from->where, &h, labels, err) : OC_OK;
}
