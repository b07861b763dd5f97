/* data_files.h: writes IDX files, plain or gzip, and images, for the tests of data. */
#ifndef TESTS_DATA_FILES_H
#define TESTS_DATA_FILES_H
#include "harness.h"
#include "base/file.h"
#if OC_HAVE_ZLIB
#include <zlib.h>
#endif

/* Header and values into `out`, which must have room; returns the bytes. values NULL: 0 to 250, again and
 * again */
static inline size_t data_idx_bytes(unsigned char *out, int rank, const uint32_t *dims,
                                    const uint8_t *values) {
  size_t at = 0, count = 1;
  const unsigned char magic[4] = {0, 0, 8, (unsigned char)rank};
  memcpy(out, magic, 4), at = 4;
  for (int i = 0; i < rank; i++) {
    for (int shift = 24; shift >= 0; shift -= 8) out[at++] = (unsigned char)(dims[i] >> shift);
    count *= dims[i];
  }
  for (size_t i = 0; i < count; i++) out[at++] = values ? values[i] : (unsigned char)(i % 251);
  return at;
}

static inline void data_write_gzip(const char *path, const void *bytes, size_t size) {
#if OC_HAVE_ZLIB
  gzFile f = gzopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(gzwrite(f, bytes, (unsigned)size), size);
  assert_int_equal(gzclose(f), Z_OK);
#else
  (void)path, (void)bytes, (void)size;
  skip();
#endif
}

/* By the name's ending plain or gzip. */
static inline void data_write_idx(const char *path, int rank, const uint32_t *dims, const uint8_t *values) {
  size_t room = 64;
  for (int i = 0; i < rank; i++) room *= dims[i] ? dims[i] : 1;
  unsigned char *bytes = malloc(room);
  assert_non_null(bytes);
  size_t size = data_idx_bytes(bytes, rank, dims, values), n = strlen(path);
  if (n > 3 && strcmp(path + n - 3, ".gz") == 0)
    data_write_gzip(path, bytes, size);
  else
    harness_write_file(path, bytes, size);
  free(bytes);
}

/* `below` in the source tree. */
static inline void data_repository_path(const char *below, char out[1024]) {
  const char *source = getenv("OCELLUS_SOURCE");
  snprintf(out, 1024, "%s/%s", source ? source : ".", below);
}

/* A gray image of h x w pixels of one value, with the folders above it. */
static inline void data_write_image(const char *path, int h, int w, uint8_t value) {
  unsigned char bytes[4096];
  oc_error err;
  char folder[512];
  snprintf(folder, sizeof folder, "%s", path);
  char *slash = strrchr(folder, '/');
  if (slash) *slash = 0;
  if (slash) assert_ok(oc_folder_create(folder, &err), err);
  const int head = snprintf((char *)bytes, sizeof bytes, "P5 %d %d 255\n", w, h);
  assert_true(head + h * w <= (int)sizeof bytes);
  memset(bytes + head, value, (size_t)(h * w));
  harness_write_file(path, bytes, (size_t)(head + h * w));
}

#endif
