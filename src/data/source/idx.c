/* idx.c: reads IDX. The header is untrusted and is checked before memory is allocated. */
#include "data/source/idx.h"
#include "base/checked.h"
#include "base/kind.h"
#include "base/memory.h"
#include "base/reader.h"
#include <string.h>

static const char *const FETCH_AGAIN = "Fetch the file again, or compare its size with the source's.";

/* By the third byte of the file, less TYPES_FROM. */
enum { TYPES_FROM = 8 };
static const oc_element types[] = {{"uint8", OC_ELEMENT_UNSIGNED, 1, true},
                                   {"int8", OC_ELEMENT_SIGNED, 1, true},
                                   {0},
                                   {"int16", OC_ELEMENT_SIGNED, 2, true},
                                   {"int32", OC_ELEMENT_SIGNED, 4, true},
                                   {"float32", OC_ELEMENT_REAL, 4, true},
                                   {"float64", OC_ELEMENT_REAL, 8, true}};

/* NULL for an unknown type. */
static const oc_element *type_of(unsigned char code) {
  const size_t i = (size_t)code - TYPES_FROM;
  return code >= TYPES_FROM && i < sizeof types / sizeof types[0] && types[i].name ? &types[i] : NULL;
}

static uint32_t big_endian(const unsigned char b[4]) {
  return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static oc_status read_exactly(oc_reader *r, const char *path, void *to, size_t size, oc_error *err) {
  size_t got;
  TRY(oc_reader_read(r, to, size, &got, err));
  if (got == size) return OC_OK;
  return oc_fail(err, OC_E_DATA, path, FETCH_AGAIN, "truncated IDX header: got %zu bytes, expected %zu", got,
                 size);
}

/* Fails with the kind of a file that begins with `b` and is not IDX. OC_OK if the kind is unknown. */
static oc_status refuse_known(oc_reader *r, const char *path, const unsigned char b[4], oc_error *err) {
  unsigned char first[OC_KIND_BYTES];
  size_t got;
  memcpy(first, b, 4);
  TRY(oc_reader_read(r, first + 4, sizeof first - 4, &got, err));
  const oc_kind *kind = oc_kind_of(first, got + 4, oc_reader_is_gzip(r) ? 0 : oc_reader_most(r));
  if (!kind) return OC_OK;
  return oc_fail(err, OC_E_DATA, path, kind->hint, "unsupported data format: %s", kind->name);
}

static oc_status read_magic(oc_reader *r, const char *path, oc_idx *out, oc_error *err) {
  unsigned char b[4];
  size_t got;
  TRY(oc_reader_read(r, b, sizeof b, &got, err));
  if (got == 0) return oc_fail(err, OC_E_DATA, path, FETCH_AGAIN, "the file is empty");
  if (got < sizeof b)
    return oc_fail(err, OC_E_DATA, path, FETCH_AGAIN, "truncated IDX header: got %zu bytes, expected 4", got);
  out->type = type_of(b[2]);
  if (b[0] != 0 || b[1] != 0 || !out->type) TRY(refuse_known(r, path, b, err));
  if (b[0] != 0 || b[1] != 0)
    return oc_fail(err, OC_E_DATA, path, "Use an IDX file, such as MNIST's.",
                   "wrong magic number 0x%08x: expected two zero bytes first", (unsigned)big_endian(b));
  if (!out->type)
    return oc_fail(
        err, OC_E_DATA, path, "Convert the values to unsigned bytes (0x08).",
        "wrong magic number 0x%08x: unknown value type 0x%02x, expected 0x08, 0x09 or 0x0b to 0x0e",
        (unsigned)big_endian(b), b[2]);
  if (b[3] < 1 || b[3] > OC_IDX_MAX_RANK)
    return oc_fail(err, OC_E_DATA, path, "", "wrong magic number 0x%08x: rank %d is out of range 1 to %d",
                   (unsigned)big_endian(b), b[3], OC_IDX_MAX_RANK);
  out->rank = b[3];
  return OC_OK;
}

static oc_status read_sizes(oc_reader *r, const char *path, oc_idx *out, oc_error *err) {
  out->count = 1;
  for (int i = 0; i < out->rank; i++) {
    unsigned char b[4];
    TRY(read_exactly(r, path, b, sizeof b, err));
    out->dim[i] = big_endian(b);
    if (out->dim[i] == 0)
      return oc_fail(err, OC_E_DATA, path, "", "size %d of the IDX header must be at least 1, got 0", i);
    int64_t bytes;
    if (!oc_mul_i64(out->count, out->dim[i], &out->count) ||
        !oc_mul_i64(out->count, (int64_t)out->type->bytes, &bytes))
      return oc_fail(err, OC_E_DATA, path, FETCH_AGAIN,
                     "the sizes of the IDX header are too large: the limit is 2^63 bytes");
  }
  return OC_OK;
}

/* What gzip declares may be this much: MNIST's images are 4.7 times their gzip, in 47 MB; a bomb has up to
 * 1032 times. */
enum { GZIP_TIMES = 4, GZIP_FREE = 200000000 };

/* The promise against the limit and against the bytes that can be there. */
static oc_status check_count(const oc_reader *r, const char *path, size_t limit, const oc_idx *idx,
                             oc_error *err) {
  uint64_t header = 4 + 4 * (uint64_t)idx->rank, count, most = oc_reader_most(r);
  if ((uint64_t)idx->count > limit)
    return oc_fail(err, OC_E_DATA, path, "Raise max_bytes if this size is intended.",
                   "the header declares %lld bytes, more than the limit of %zu", (long long)idx->count,
                   limit);
  count = (uint64_t)idx->count * idx->type->bytes;
  if (count + header > most)
    return oc_fail(err, OC_E_DATA, path, FETCH_AGAIN,
                   "truncated: the header declares %llu bytes, but the file holds at most %llu",
                   (unsigned long long)count, (unsigned long long)(most > header ? most - header : 0));
  if (oc_reader_is_gzip(r) && count > GZIP_FREE + GZIP_TIMES * (uint64_t)oc_reader_file_size(r))
    return oc_fail(err, OC_E_DATA, path, "Unpack it with gunzip if this size is intended.",
                   "the header declares %llu bytes, too many for %zu bytes of gzip: the limit is %d times as "
                   "many plus %d MB",
                   (unsigned long long)count, oc_reader_file_size(r), GZIP_TIMES, GZIP_FREE / 1000000);
  return OC_OK;
}

static oc_status read_stream(void *reader, void *to, size_t size, size_t *got, oc_error *err) {
  return oc_reader_read(reader, to, size, got, err);
}

static oc_status read_values(oc_reader *r, const char *path, const oc_data_options *how, oc_idx *out,
                             oc_error *err) {
  const oc_stream from = {read_stream, r};
  oc_stored e = {.where = path, .type = out->type, .pixels = out->pixels, .labels = out->labels};
  int64_t got;
  TRY(oc_stored_read(&e, &from, out->count, how, &got, err));
  out->largest = e.largest;
  out->real_max = oc_stored_real_max(&e);
  if (got == out->count) return OC_OK;
  return oc_fail(
      err, OC_E_DATA, path, FETCH_AGAIN, "truncated: the header declares %lld bytes, the file has %lld",
      (long long)(out->count * (int64_t)out->type->bytes), (long long)(got * (int64_t)out->type->bytes));
}

/* Asks for one byte more: none may come, and gzip then compares its check sum. */
static oc_status check_end(oc_reader *r, const char *path, const oc_idx *idx, oc_error *err) {
  unsigned char extra;
  size_t got;
  TRY(oc_reader_read(r, &extra, 1, &got, err));
  if (got == 0) return OC_OK;
  return oc_fail(err, OC_E_DATA, path, FETCH_AGAIN, "extra bytes follow the %lld that the header declares",
                 (long long)(idx->count * (int64_t)idx->type->bytes));
}

static oc_status make_room(oc_idx_content content, oc_idx *out, oc_error *err) {
  const size_t need = (size_t)out->count * (content == OC_IDX_LABELS ? sizeof *out->labels : 1);
  void *room = oc_memory_alloc_uninitialized(need);
  if (!room) return oc_fail_memory(err, need);
  if (content == OC_IDX_LABELS)
    out->labels = room;
  else
    out->pixels = room;
  return OC_OK;
}

static oc_status read_all(oc_reader *r, const char *path, oc_idx_content content, const oc_data_options *how,
                          oc_idx *out, oc_error *err) {
  TRY(read_magic(r, path, out, err));
  TRY(read_sizes(r, path, out, err));
  if (content == OC_IDX_LABELS && out->rank != 1)
    return oc_fail(err, OC_E_DATA, path, "Check that images and labels are not exchanged.",
                   "expected labels of rank 1, got rank %d", out->rank);
  TRY(check_count(r, path, how->max_bytes, out, err));
  TRY(make_room(content, out, err));
  TRY(read_values(r, path, how, out, err));
  return check_end(r, path, out, err);
}

oc_status oc_idx_read(const char *path, oc_idx_content content, const oc_data_options *how, oc_idx *out,
                      oc_error *err) {
  memset(out, 0, sizeof *out);
  oc_reader *r;
  TRY(oc_reader_open(path, &r, err));
  oc_status status = read_all(r, path, content, how, out, err);
  oc_reader_close(r);
  if (status != OC_OK) oc_idx_release(out);
  return status;
}

void oc_idx_release(oc_idx *idx) {
  if (!idx) return;
  oc_memory_free(idx->pixels);
  oc_memory_free(idx->labels);
  memset(idx, 0, sizeof *idx);
}
