/* tiff_samples.c: makes pixels of the samples of a TIFF (TIFF 6.0). libtiff gives 16 bits in the order of
 * this machine, and all other sizes as a row of bits, the highest first. */
#include "data/decode/tiff_samples.h"
#if OC_HAVE_TIFF
#include "base/checked.h"
#include "data/decode/cmyk.h"
#include <string.h>
#include <tiff.h>

unsigned oc_tiff_used(const oc_tiff_layout *l) {
  return l->colors + l->alpha;
}

static bool has_gray_palette(const oc_tiff_layout *l) {
  for (unsigned i = 0; i < 1U << l->bits; i++)
    if (l->palette[0][i] >> 8 != l->palette[1][i] >> 8 || l->palette[0][i] >> 8 != l->palette[2][i] >> 8)
      return false;
  return true;
}

int64_t oc_tiff_channels(const oc_tiff_layout *l) {
  const bool palette = l->photometric == PHOTOMETRIC_PALETTE;
  const bool gray = palette ? has_gray_palette(l) : l->colors == 1;
  return (gray ? 1 : 3) + l->alpha;
}

/* ---- samples ------------------------------------------------------------------------------------------- */

/* The i-th sample of a row. */
static unsigned sample_at(const uint8_t *row, size_t i, unsigned bits) {
  if (bits == 8) return row[i];
  if (bits == 16) {
    uint16_t value;
    memcpy(&value, row + 2 * i, sizeof value);
    return value;
  }
  unsigned value = 0;
  for (size_t bit = i * bits, end = bit + bits; bit < end; bit++)
    value = value << 1 | (row[bit / 8] >> (7 - bit % 8) & 1U);
  return value;
}

static uint8_t byte_of(unsigned value, unsigned max) {
  return (uint8_t)((2 * value * 255 + max) / (2 * max));
}

/* The used samples of one row, at `to`: `used` bytes from one pixel to the next. */
static void store_row(const oc_tiff_layout *l, const oc_tiff_block *block, const uint8_t *row, uint8_t *to) {
  const unsigned used = oc_tiff_used(l), max = (1U << l->bits) - 1;
  const bool palette = l->photometric == PHOTOMETRIC_PALETTE;
  const unsigned first = l->planes ? block->plane : 0, end = l->planes ? first + 1 : used;
  for (int64_t x = 0; x < block->cols; x++)
    for (unsigned s = first; s < end; s++) {
      const unsigned v = sample_at(row, (size_t)x * (l->planes ? 1 : l->samples) + s - first, l->bits);
      to[(size_t)x * used + s] = palette && s == 0 ? (uint8_t)v : byte_of(v, max);
    }
}

void oc_tiff_store(const oc_tiff_layout *l, const oc_tiff_block *block, const uint8_t *from,
                   const oc_decoded *image) {
  const int64_t used = oc_tiff_used(l);
  for (int64_t y = 0; y < block->rows; y++)
    store_row(l, block, from + (size_t)y * block->stride,
              image->pixels + ((block->y + y) * image->size.width + block->x) * used);
}

/* ---- colors -------------------------------------------------------------------------------------------- */

/* The colors of one pixel from its samples; `from` is a copy. */
static void convert_colors(const oc_tiff_layout *l, const uint8_t *from, int64_t colors, uint8_t *to) {
  for (int64_t k = 0; k < colors; k++)
    if (l->photometric == PHOTOMETRIC_PALETTE)
      to[k] = (uint8_t)(l->palette[k][from[0]] >> 8);
    else if (l->photometric == PHOTOMETRIC_SEPARATED)
      to[k] = oc_cmyk_to_rgb(from[k], from[3]);
    else
      to[k] = l->photometric == PHOTOMETRIC_MINISWHITE ? 255 - from[k] : from[k];
}

static void divide_by_alpha(uint8_t *pixel, int64_t colors) {
  const unsigned alpha = pixel[colors];
  for (int64_t k = 0; alpha > 0 && k < colors; k++)
    pixel[k] = (uint8_t)oc_min_i64(255, 255 * (int64_t)pixel[k] / alpha);
}

static void convert_pixel(const oc_tiff_layout *l, const oc_decoded *image, int64_t i) {
  enum { MOST = 5 };
  const size_t used = oc_tiff_used(l);
  const int64_t channels = image->size.channels, colors = channels - l->alpha;
  uint8_t from[MOST], *to = image->pixels + i * channels;
  memcpy(from, image->pixels + (size_t)i * used, used);
  convert_colors(l, from, colors, to);
  if (l->alpha) to[colors] = from[l->colors];
  if (l->premultiplied) divide_by_alpha(to, colors);
}

/* Pixels that grow are converted from the last one on, the others from the first. */
void oc_tiff_finish(const oc_tiff_layout *l, const oc_decoded *image) {
  const int64_t pixels = image->size.height * image->size.width;
  const bool grow = image->size.channels > oc_tiff_used(l);
  const bool converted = l->photometric == PHOTOMETRIC_PALETTE || l->photometric == PHOTOMETRIC_SEPARATED ||
                         l->photometric == PHOTOMETRIC_MINISWHITE || l->premultiplied;
  if (!converted) return;
  for (int64_t i = 0; i < pixels; i++) convert_pixel(l, image, grow ? pixels - 1 - i : i);
}
#endif
