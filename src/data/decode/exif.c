/* exif.c: reads the orientation from EXIF data (JEITA CP-3451, TIFF 6.0): a TIFF header and the entries of
 * its first directory. Every offset and count is from the file, and is checked against its size. */
#include "data/decode/exif.h"
#include "base/error.h"
#include "base/memory.h"
#include <string.h>

typedef struct tiff {
  const uint8_t *bytes;
  size_t size;
  bool big; /* the first byte of a number is its highest */
} tiff;

static unsigned number16(const tiff *t, size_t at) {
  const unsigned a = t->bytes[at], b = t->bytes[at + 1];
  return t->big ? a << 8 | b : b << 8 | a;
}

static uint32_t number32(const tiff *t, size_t at) {
  const uint32_t a = number16(t, at), b = number16(t, at + 2);
  return t->big ? a << 16 | b : b << 16 | a;
}

/* The value of an entry of 12 bytes (tag, type, count, value) if it is an orientation, else 0. */
static unsigned orientation_of(const tiff *t, size_t entry) {
  enum { ORIENTATION = 0x0112, SHORT = 3, LONG = 4 };
  if (number16(t, entry) != ORIENTATION || number32(t, entry + 4) != 1) return 0;
  const unsigned type = number16(t, entry + 2);
  const uint32_t value = type == SHORT ? number16(t, entry + 8) : type == LONG ? number32(t, entry + 8) : 0;
  return value <= 8 ? value : 0;
}

static unsigned find_orientation(const tiff *t) {
  enum { HEADER = 8, COUNT = 2, ENTRY = 12 };
  if (t->size < HEADER || number16(t, 2) != 42) return 0;
  const size_t directory = number32(t, 4);
  if (directory > t->size || t->size - directory < COUNT) return 0;
  const size_t room = (t->size - directory - COUNT) / ENTRY, declared = number16(t, directory);
  for (size_t i = 0; i < room && i < declared; i++) {
    const unsigned value = orientation_of(t, directory + COUNT + i * ENTRY);
    if (value) return value;
  }
  return 0;
}

int oc_exif_orientation(const uint8_t *bytes, size_t size) {
  enum { NAME = 6 };
  const size_t skip = size >= NAME && memcmp(bytes, "Exif\0\0", NAME) == 0 ? NAME : 0;
  if (size < skip + 2) return 1;
  const tiff t = {bytes + skip, size - skip, bytes[skip] == 'M'};
  if (memcmp(t.bytes, t.big ? "MM" : "II", 2) != 0) return 1;
  const unsigned value = find_orientation(&t);
  return value ? (int)value : 1;
}

oc_exif_layout oc_exif_layout_of(int orientation, oc_image_shape *size) {
  const int64_t h = size->height, w = size->width;
  const oc_exif_layout layouts[] = {
      {0, 1, w}, {w - 1, -1, w}, {h * w - 1, -1, -w}, {(h - 1) * w, 1, -w}, /* upright and mirrored */
      {0, h, 1}, {h - 1, h, -1}, {h * w - 1, -h, -1}, {(w - 1) * h, -h, 1}, /* on its side */
  };
  if (orientation < 1 || orientation > 8) return layouts[0];
  if (orientation > 4) size->height = w, size->width = h;
  return layouts[orientation - 1];
}

oc_status oc_exif_turn(oc_decoded *image, oc_error *err) {
  const int64_t h = image->size.height, w = image->size.width, channels = image->size.channels;
  const size_t bytes = (size_t)(h * w * channels);
  if (image->upright || image->orientation <= 1 || image->orientation > 8) return OC_OK;
  if (image->stored.height == 0) image->stored = image->size;
  const oc_exif_layout to = oc_exif_layout_of(image->orientation, &image->size);
  image->upright = true;
  if (!image->pixels) return OC_OK;
  uint8_t *turned = oc_memory_alloc_uninitialized(bytes);
  if (!turned) return oc_fail_memory(err, bytes);
  for (int64_t i = 0; i < h * w; i++)
    memcpy(turned + (to.start + i / w * to.down + i % w * to.across) * channels, image->pixels + i * channels,
           (size_t)channels);
  oc_memory_free(image->pixels);
  image->pixels = turned;
  return OC_OK;
}
