/* background.c: blends transparent pixels with a background. Black, as in MNIST's images, would hide ink that
 * is dark itself: then it is white. */
#include "base/error.h"
#include "base/memory.h"
#include "data/decode/image.h"
#include <stdio.h>
#include <string.h>

static const char choices[] = "black, white, a gray from 0 to 255, or #rrggbb";

/* ---- colors by name ------------------------------------------------------------------------------------ */

static bool has_only(const char *text, const char *set) {
  return *text && text[strspn(text, set)] == 0;
}

/* False if `text` is not a color. */
static bool read_color(const char *text, uint8_t color[3]) {
  unsigned r, g, b;
  if (strcmp(text, "black") == 0) return memset(color, 0, 3), true;
  if (strcmp(text, "white") == 0) return memset(color, 255, 3), true;
  if (text[0] == '#' && strlen(text) == 7 && has_only(text + 1, "0123456789abcdefABCDEF") &&
      sscanf(text + 1, "%2x%2x%2x", &r, &g, &b) == 3) {
    color[0] = (uint8_t)r, color[1] = (uint8_t)g, color[2] = (uint8_t)b;
    return true;
  }
  if (strlen(text) > 3 || !has_only(text, "0123456789") || sscanf(text, "%u", &r) != 1 || r > 255)
    return false;
  memset(color, (int)r, 3);
  return true;
}

bool oc_background_read(const char *text, uint8_t color[3]) {
  return text && read_color(text, color);
}

oc_status oc_background_check(const char *text, oc_error *err) {
  uint8_t color[3];
  if (!text || read_color(text, color)) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "background", "", "must be %s, got '%s'", choices, text);
}

/* ---- transparent pixels -------------------------------------------------------------------------------- */

typedef struct ink_sums {
  bool transparent; /* some pixel is not opaque */
  uint64_t alpha;   /* sum over the pixels */
  uint64_t light;   /* sum of alpha * brightness, 0..255 */
} ink_sums;

static unsigned brightness(const uint8_t *pixel, int64_t colors) {
  return colors == 1 ? pixel[0] : (299u * pixel[0] + 587u * pixel[1] + 114u * pixel[2] + 500u) / 1000u;
}

static ink_sums ink_of(const oc_decoded *d, int64_t colors) {
  ink_sums sum = {0};
  for (int64_t i = 0; i < d->size.height * d->size.width; i++) {
    const uint8_t *pixel = d->pixels + i * d->size.channels;
    sum.transparent = sum.transparent || pixel[colors] < 255;
    sum.alpha += pixel[colors];
    sum.light += (uint64_t)pixel[colors] * brightness(pixel, colors);
  }
  return sum;
}

/* ---- laying over --------------------------------------------------------------------------------------- */

static uint8_t blend_value(unsigned value, unsigned alpha, unsigned under) {
  return (uint8_t)((value * alpha + under * (255 - alpha) + 127) / 255);
}

static void blend(const oc_decoded *from, int64_t colors, const oc_image *to) {
  for (int64_t i = 0; i < to->size.height * to->size.width; i++) {
    const uint8_t *pixel = from->pixels + i * from->size.channels;
    for (int64_t k = 0; k < to->size.channels; k++)
      to->pixels[i * to->size.channels + k] =
          blend_value(pixel[colors == 1 ? 0 : k], pixel[colors], to->background[k]);
  }
}

static bool is_gray(const uint8_t color[3]) {
  return color[0] == color[1] && color[1] == color[2];
}

oc_status oc_background_apply(oc_decoded *from, const char *background, oc_image *out, oc_error *err) {
  const int64_t colors = from->size.channels < 3 ? 1 : 3;
  *out = (oc_image){.size = from->size};
  if (colors == from->size.channels) { /* no alpha */
    out->pixels = from->pixels;
    return OC_OK;
  }
  const ink_sums seen = ink_of(from, colors);
  out->transparent = seen.transparent;
  if (background)
    (void)read_color(background, out->background); /* checked before */
  else if (2 * seen.light < 255 * seen.alpha && seen.transparent)
    memset(out->background, 255, 3);
  out->size.channels = seen.transparent && !is_gray(out->background) ? 3 : colors;
  const size_t bytes = (size_t)(out->size.height * out->size.width * out->size.channels);
  out->pixels = oc_memory_alloc(bytes);
  if (out->pixels) blend(from, colors, out);
  oc_memory_free(from->pixels);
  from->pixels = NULL;
  return out->pixels ? OC_OK : oc_fail_memory(err, bytes);
}
