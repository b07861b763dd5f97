/* bmp.c: decodes BMP (Microsoft, "Bitmap Storage", and OS/2's header of 12 bytes): 1 to 32 bits per pixel,
 * palettes, masks of bits, run lengths, from the bottom or from the top. Every size and offset is checked
 * against the file. Values of fewer than 8 bits become v * 255 / max, rounded down, as Pillow does. */
#include "base/error.h"
#include "base/memory.h"
#include "data/decode/decoder.h"
#include <string.h>

enum {
  FILE_HEADER = 14,
  CORE_HEADER = 12,
  INFO_HEADER = 40,
  ALPHA_HEADER = 56,
  MASKS = 40,
  COLORS_MAX = 256
};
enum { RAW = 0, RLE8 = 1, RLE4 = 2, BITFIELDS = 3 };
static const char AGAIN[] = "Fetch the file again.";

typedef struct bmp {
  const char *path;
  const unsigned char *bytes;
  size_t size;
  uint32_t header;     /* size of the second header */
  int64_t rows, width; /* of the image */
  bool top_down;
  unsigned bits, compression;
  uint32_t masks[4]; /* red, green, blue, alpha; 0: without alpha */
  uint8_t palette[COLORS_MAX][3];
  unsigned colors;
  bool gray;     /* so are all colors of the palette */
  size_t pixels; /* where they begin */
  oc_error *err;
} bmp;

static uint32_t read_u16(const bmp *b, size_t at) {
  return b->bytes[at] | (uint32_t)b->bytes[at + 1] << 8;
}

static uint32_t read_u32(const bmp *b, size_t at) {
  return read_u16(b, at) | read_u16(b, at + 2) << 16;
}

static oc_status fail_truncated(const bmp *b, const char *what, size_t need) {
  return oc_fail(b->err, OC_E_DATA, b->path, AGAIN,
                 "corrupt BMP: truncated: %s would end at byte %zu, the file has %zu", what, need, b->size);
}

static oc_status fail_unsupported(const bmp *b) {
  return oc_fail(b->err, OC_E_DATA, b->path, "Convert it to PNG.",
                 "unsupported BMP: header of %u bytes, compression %u, %u bits per pixel", b->header,
                 b->compression, b->bits);
}

/* ---- headers ------------------------------------------------------------------------------------------- */

static bool is_header_size(uint32_t size) {
  return size == CORE_HEADER || size == INFO_HEADER || size == 52 || size == ALPHA_HEADER || size == 64 ||
         size == 108 || size == 124;
}

/* False: a combination that the format does not have, or that is not read. */
static bool is_supported(const bmp *b) {
  if (b->compression == RLE8) return b->bits == 8;
  if (b->compression == RLE4) return b->bits == 4;
  if (b->compression == BITFIELDS)
    return b->header != 64 && b->bits >= 16 && b->bits % 8 == 0 && b->bits <= 32;
  return b->compression == RAW &&
         (b->bits == 1 || b->bits == 4 || (b->bits % 8 == 0 && b->bits >= 8 && b->bits <= 32));
}

/* Height and width as they stand there: a negative height means that the first row is the upper one. */
static oc_status read_sizes(bmp *b) {
  const size_t at = FILE_HEADER;
  int64_t height;
  if (b->header == CORE_HEADER) {
    b->width = read_u16(b, at + 4);
    height = read_u16(b, at + 6);
    b->bits = read_u16(b, at + 10);
  } else {
    b->width = (int32_t)read_u32(b, at + 4);
    height = (int32_t)read_u32(b, at + 8);
    b->bits = read_u16(b, at + 14);
    b->compression = read_u32(b, at + 16);
  }
  b->top_down = height < 0;
  b->rows = height < 0 ? -height : height;
  return is_supported(b) ? OC_OK : fail_unsupported(b);
}

static oc_status read_header(bmp *b) {
  if (b->size < FILE_HEADER + 4) return fail_truncated(b, "the header", FILE_HEADER + 4);
  b->header = read_u32(b, FILE_HEADER);
  b->pixels = read_u32(b, 10);
  if (!is_header_size(b->header))
    return oc_fail(b->err, OC_E_DATA, b->path, "Convert it to PNG.", "unsupported BMP: header of %u bytes",
                   b->header);
  if (b->size < FILE_HEADER + b->header) return fail_truncated(b, "the header", FILE_HEADER + b->header);
  return read_sizes(b);
}

/* ---- colors -------------------------------------------------------------------------------------------- */

/* One run of set bits, or none. */
static bool is_run(uint32_t mask) {
  const uint32_t low = mask & (~mask + 1);
  return (mask & (mask + low)) == 0;
}

/* Masks follow the header of 40 bytes, and are part of the longer ones. */
static oc_status read_masks(bmp *b) {
  static const uint32_t five[] = {0x7C00, 0x3E0, 0x1F, 0}, eight[] = {0xFF0000, 0xFF00, 0xFF, 0xFF000000};
  const size_t at = FILE_HEADER + MASKS;
  memcpy(b->masks, b->bits == 16 ? five : eight, sizeof b->masks);
  if (b->compression != BITFIELDS) b->masks[3] = 0;
  if (b->compression != BITFIELDS) return OC_OK;
  if (b->size < at + 12) return fail_truncated(b, "the masks", at + 12);
  uint32_t masks[4] = {read_u32(b, at), read_u32(b, at + 4), read_u32(b, at + 8), 0};
  if (b->header >= ALPHA_HEADER) masks[3] = read_u32(b, at + 12);
  if (!(masks[0] | masks[1] | masks[2] | masks[3])) return OC_OK; /* the usual ones */
  for (int k = 0; k < 4; k++)
    if (!is_run(masks[k]) || (b->bits < 32 && masks[k] >> b->bits != 0))
      return oc_fail(b->err, OC_E_DATA, b->path, "Convert it to PNG.",
                     "unsupported BMP: mask 0x%08x of %u bits", masks[k], b->bits);
  memcpy(b->masks, masks, sizeof masks);
  return OC_OK;
}

/* Only entries between the header and the pixels exist. */
static oc_status read_palette(bmp *b) {
  const size_t at = FILE_HEADER + b->header, entry = b->header == CORE_HEADER ? 3 : 4;
  const uint32_t stored = b->header == CORE_HEADER ? 0 : read_u32(b, FILE_HEADER + 32), max = 1U << b->bits;
  const size_t declared = stored ? stored : max;
  if (b->pixels == 0 || b->pixels == at) b->pixels = at + declared * entry;
  const size_t end = b->pixels < b->size ? b->pixels : b->size;
  if (end < at + entry) return fail_truncated(b, "the palette", at + entry);
  const size_t present = (end - at) / entry, colors = declared < present ? declared : present;
  b->colors = (unsigned)(colors < max ? colors : max);
  b->gray = true;
  for (unsigned i = 0; i < b->colors; i++) {
    const unsigned char *color = b->bytes + at + i * entry;
    for (int k = 0; k < 3; k++) b->palette[i][k] = color[2 - k];
    b->gray = b->gray && color[0] == color[1] && color[1] == color[2];
  }
  return OC_OK;
}

static oc_status read_colors(bmp *b) {
  if (b->bits <= 8) return read_palette(b);
  const size_t end =
      FILE_HEADER + b->header + (b->compression == BITFIELDS && b->header == INFO_HEADER ? 12 : 0);
  if (b->pixels == 0) b->pixels = end;
  return read_masks(b);
}

/* ---- run lengths --------------------------------------------------------------------------------------- */

/* Where run-length decoding reads, and writes indices, one byte each. What it skips stays 0. */
typedef struct rle_cursor {
  const bmp *b;
  size_t at;
  int64_t x, y;
  uint8_t *indices;
} rle_cursor;

/* Index i of the samples at `from`: of 8 bits, or of 4 with the upper half first. */
static uint8_t index_of(const bmp *b, const unsigned char *from, int64_t i) {
  if (b->compression == RLE8) return from[i];
  return i % 2 ? from[i / 2] & 15 : from[i / 2] >> 4;
}

/* Leaves out what passes the end of the row, as in files that round it up. */
static void add_indices(rle_cursor *p, const unsigned char *from, int64_t count, bool repeated) {
  for (int64_t i = 0; i < count && p->x < p->b->width; i++, p->x++)
    p->indices[p->y * p->b->width + p->x] =
        index_of(p->b, from, repeated ? i % (p->b->compression == RLE4 ? 2 : 1) : i);
}

static oc_status skip_pixels(rle_cursor *p) {
  if (p->b->size - p->at < 2) return fail_truncated(p->b, "the last run", p->at + 2);
  p->x += p->b->bytes[p->at];
  p->y += p->b->bytes[p->at + 1];
  p->at += 2;
  if (p->x <= p->b->width && p->y <= p->b->rows) return OC_OK;
  return oc_fail(p->b->err, OC_E_DATA, p->b->path, AGAIN,
                 "corrupt BMP: the runs before byte %zu leave the image", p->at);
}

/* `count` samples one by one, filled up to an even number of bytes. */
static oc_status add_literal(rle_cursor *p, unsigned count) {
  const size_t bytes = p->b->compression == RLE8 ? count : (count + 1) / 2, filled = (bytes + 1) / 2 * 2;
  if (p->b->size - p->at < bytes) return fail_truncated(p->b, "the last run", p->at + bytes);
  add_indices(p, p->b->bytes + p->at, count, false);
  p->at += filled < p->b->size - p->at ? filled : p->b->size - p->at;
  return OC_OK;
}

static oc_status decode_runs(rle_cursor *p) {
  enum { END_OF_ROW = 0, END = 1, MOVE = 2 };
  const bmp *b = p->b;
  while (p->y < b->rows && !(p->y == b->rows - 1 && p->x == b->width)) {
    if (b->size - p->at < 2) return fail_truncated(b, "the last run", p->at + 2);
    const unsigned char *code = b->bytes + p->at;
    p->at += 2;
    if (code[0])
      add_indices(p, code + 1, code[0], true);
    else if (code[1] == END)
      break;
    else if (code[1] == END_OF_ROW)
      p->x = 0, p->y++;
    else
      TRY(code[1] == MOVE ? skip_pixels(p) : add_literal(p, code[1]));
  }
  return OC_OK;
}

/* ---- pixels -------------------------------------------------------------------------------------------- */

static unsigned index_at(const unsigned char *row, int64_t x, unsigned bits) {
  const int64_t bit = x * bits;
  return (unsigned)(row[bit / 8] >> (8 - bits - (unsigned)(bit % 8))) & ((1U << bits) - 1);
}

/* Row y from indices of `bits` each. */
static oc_status write_indexed(const bmp *b, const unsigned char *row, unsigned bits, int64_t y,
                               uint8_t *to) {
  const size_t channels = b->gray ? 1 : 3;
  for (int64_t x = 0; x < b->width; x++) {
    const unsigned index = index_at(row, x, bits);
    if (index >= b->colors)
      return oc_fail(b->err, OC_E_DATA, b->path, AGAIN,
                     "corrupt BMP: the pixel in row %lld, column %lld has color %u of a palette of %u",
                     (long long)y, (long long)x, index, b->colors);
    memcpy(to + (size_t)x * channels, b->palette[index], channels);
  }
  return OC_OK;
}

static uint8_t channel_of(uint32_t pixel, uint32_t mask) {
  if (!mask) return 0;
  const uint32_t low = mask & (~mask + 1), max = mask / low, value = (pixel & mask) / low;
  return (uint8_t)((uint64_t)value * 255 / max);
}

static void write_masked(const bmp *b, const unsigned char *row, uint8_t *to) {
  const unsigned bytes = b->bits / 8, channels = b->masks[3] ? 4 : 3;
  for (int64_t x = 0; x < b->width; x++) {
    uint32_t pixel = 0;
    for (unsigned k = 0; k < bytes; k++) pixel |= (uint32_t)row[x * bytes + k] << 8 * k;
    for (unsigned k = 0; k < channels; k++) to[x * channels + k] = channel_of(pixel, b->masks[k]);
  }
}

/* Writes rows that lie `stride` bytes apart, from the bottom to the top unless the file says otherwise. */
static oc_status write_rows(const bmp *b, const unsigned char *rows, size_t stride, unsigned bits,
                            const oc_decoded *to) {
  const size_t row = (size_t)(b->width * to->size.channels);
  for (int64_t i = 0; i < b->rows; i++) {
    const int64_t y = b->top_down ? i : b->rows - 1 - i;
    uint8_t *pixels = to->pixels + (size_t)y * row;
    if (bits > 8)
      write_masked(b, rows + (size_t)i * stride, pixels);
    else
      TRY(write_indexed(b, rows + (size_t)i * stride, bits, y, pixels));
  }
  return OC_OK;
}

static oc_status write_runs(const bmp *b, const oc_decoded *to) {
  const size_t count = (size_t)(b->rows * b->width);
  rle_cursor p = {.b = b, .at = b->pixels, .indices = oc_memory_alloc(count)};
  if (!p.indices) return oc_fail_memory(b->err, count);
  oc_status status = decode_runs(&p);
  if (status == OC_OK) status = write_rows(b, p.indices, (size_t)b->width, 8, to);
  oc_memory_free(p.indices);
  return status;
}

/* ---- decoding ------------------------------------------------------------------------------------------ */

/* Bytes from one row to the next: filled up to a multiple of four. */
static size_t stride_of(const bmp *b) {
  return ((size_t)b->width * b->bits + 31) / 32 * 4;
}

/* All pixels must be there before any memory is taken; two bytes of run lengths give at most 255 of them. */
static oc_status check_pixels(const bmp *b) {
  const size_t start = FILE_HEADER + b->header, pixels = (size_t)(b->rows * b->width);
  if (b->pixels < start || b->pixels > b->size)
    return oc_fail(b->err, OC_E_DATA, b->path, AGAIN,
                   "corrupt BMP: the pixels begin at byte %zu, which must be %zu to %zu", b->pixels, start,
                   b->size);
  if (b->compression == RLE8 || b->compression == RLE4) {
    if (pixels / 128 <= b->size - b->pixels) return OC_OK;
    return oc_image_fail_size(b->path, "BMP", (oc_image_shape){b->rows, b->width, 1}, b->size, b->err);
  }
  const size_t last = ((size_t)b->width * b->bits + 7) / 8,
               need = stride_of(b) * (size_t)(b->rows - 1) + last;
  return need <= b->size - b->pixels ? OC_OK : fail_truncated(b, "the image", b->pixels + need);
}

static oc_status bmp_decode(const char *path, const unsigned char *bytes, size_t size,
                            const oc_decode_options *how, oc_decoded *out, oc_error *err) {
  bmp b = {.path = path, .bytes = bytes, .size = size, .err = err};
  TRY(read_header(&b));
  TRY(oc_image_check(path, (oc_image_shape){b.rows, b.width, 1}, how, err));
  TRY(read_colors(&b));
  oc_decoded image = {.size = {b.rows, b.width, b.gray ? 1 : b.masks[3] ? 4 : 3}};
  TRY(oc_image_check(path, image.size, how, err));
  if (how->header_only) return *out = image, OC_OK;
  TRY(check_pixels(&b));
  const size_t count = (size_t)(b.rows * b.width * image.size.channels);
  image.pixels = oc_memory_alloc(count);
  if (!image.pixels) return oc_fail_memory(err, count);
  const bool runs = b.compression == RLE8 || b.compression == RLE4;
  const oc_status status =
      runs ? write_runs(&b, &image) : write_rows(&b, bytes + b.pixels, stride_of(&b), b.bits, &image);
  if (status == OC_OK)
    *out = image;
  else
    oc_memory_free(image.pixels);
  return status;
}

/* The fourth and fifth byte of the file's size are any; the two after it are always 0, so a text is not taken
 * for one. */
static bool bmp_known(const unsigned char *first, size_t got) {
  return got >= 8 && memcmp(first, "BM", 2) == 0 && first[6] == 0 && first[7] == 0;
}

OC_DEFINE_DECODER(bmp, .formats = "BMP", .endings = {".bmp"}, .known = bmp_known, .decode = bmp_decode);
