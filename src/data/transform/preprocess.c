/* preprocess.c: gives an image the shape of a rule: pads, crops or stretches it. Places and sizes are those
 * of Pillow's ImageOps.pad and ImageOps.fit. */
#include "ocellus/preprocess.h"
#include "base/checked.h"
#include "base/error.h"
#include "data/transform/resize.h"
#include "data/transform/rule.h"
#include <math.h>
#include <string.h>

enum { LIGHT = 128 };

/* ---- checks -------------------------------------------------------------------------------------------- */

static oc_status check_image(const oc_image *image, oc_error *err) {
  const oc_image_shape s = image->size;
  int64_t bytes = s.channels;
  if (image->pixels && s.height > 0 && s.width > 0 && (s.channels == 1 || s.channels == 3) &&
      oc_mul_i64(bytes, s.height, &bytes) && oc_mul_i64(bytes, s.width, &bytes))
    return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "image", "", "expected pixels of 1 or 3 channels, got %lldx%lldx%lld",
                 (long long)s.height, (long long)s.width, (long long)s.channels);
}

/* ---- places -------------------------------------------------------------------------------------------- */

/* Where the image lies in the result. */
typedef struct place {
  int64_t top, left, height, width;
} place;

/* As ImageOps.contain and ImageOps.pad: halves are rounded to even. */
static place place_whole(oc_image_shape from, oc_image_shape to) {
  place at = {0, 0, to.height, to.width};
  const double is = (double)from.width / (double)from.height, wanted = (double)to.width / (double)to.height;
  if (is > wanted)
    at.height = (int64_t)rint((double)from.height / (double)from.width * (double)to.width);
  else if (is < wanted)
    at.width = (int64_t)rint((double)from.width / (double)from.height * (double)to.height);
  at.height = oc_max_i64(1, at.height);
  at.width = oc_max_i64(1, at.width);
  at.top = (int64_t)rint((double)(to.height - at.height) * 0.5);
  at.left = (int64_t)rint((double)(to.width - at.width) * 0.5);
  return at;
}

/* As ImageOps.fit. */
static void cut_box(oc_image_shape from, oc_image_shape to, oc_resize *r) {
  const double is = (double)from.width / (double)from.height, wanted = (double)to.width / (double)to.height;
  double width = (double)from.width, height = (double)from.height;
  if (is > wanted)
    width = wanted * height;
  else if (is < wanted)
    height = width / wanted;
  const double left = ((double)from.width - width) * 0.5, top = ((double)from.height - height) * 0.5;
  r->left = (float)left, r->right = (float)(left + width);
  r->top = (float)top, r->bottom = (float)(top + height);
}

/* ---- the border ---------------------------------------------------------------------------------------- */

bool oc_edges_are_light(oc_image_shape s, const uint8_t *pixels) {
  const int64_t row = s.width * s.channels;
  int64_t sum = 0;
  for (int64_t i = 0; i < row; i++) sum += pixels[i] + pixels[(s.height - 1) * row + i];
  for (int64_t y = 0; y < s.height; y++)
    for (int64_t c = 0; c < s.channels; c++)
      sum += pixels[y * row + c] + pixels[(y + 1) * row - s.channels + c];
  return sum >= LIGHT * 2 * (s.width + s.height) * s.channels;
}

static void fill_background(const oc_preprocessing *p, const oc_image *image, uint8_t *pixels) {
  const int64_t channels = p->shape.channels, count = p->shape.height * p->shape.width;
  uint8_t color[3];
  if (p->background_set)
    memcpy(color, p->background, sizeof color);
  else if (image->transparent)
    memcpy(color, image->background, sizeof color);
  else
    memset(color, oc_edges_are_light(image->size, image->pixels) ? 255 : 0, sizeof color);
  if (channels == 1) (void)oc_image_convert(color, (oc_image_shape){1, 1, 3}, 1, color, NULL);
  for (int64_t i = 0; i < count; i++) memcpy(pixels + i * channels, color, (size_t)channels);
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static oc_status resize_into(const oc_preprocessing *p, const oc_image *image, uint8_t *pixels,
                             oc_error *err) {
  const oc_image_shape to = p->shape, from = image->size;
  place at = {0, 0, to.height, to.width};
  oc_resize r = {.from = image->pixels,
                 .size = from,
                 .right = (float)from.width,
                 .bottom = (float)from.height,
                 .channels = to.channels,
                 .stride = to.width * to.channels};
  if (p->resize == OC_RESIZE_PAD) at = place_whole(from, to);
  if (p->resize == OC_RESIZE_CROP) cut_box(from, to, &r);
  r.to = pixels + at.top * r.stride + at.left * to.channels;
  r.height = at.height;
  r.width = at.width;
  if (r.height < to.height || r.width < to.width) fill_background(p, image, pixels);
  return oc_resize_image(&r, err);
}

oc_status oc_preprocess(const oc_preprocessing *given, const oc_image *image, uint8_t *pixels,
                        oc_error *err) {
  NEED(given, image, pixels);
  TRY(oc_preprocessing_check(given, err));
  TRY(check_image(image, err));
  const oc_image_shape s = image->size;
  const oc_preprocessing p = oc_preprocessing_resolve(given, (oc_image_shape){0});
  if (!p.shape.height || !p.shape.width || !p.shape.channels)
    return oc_fail(err, OC_E_ARGUMENT, "shape", "", "must not be 0");
  if (s.height == p.shape.height && s.width == p.shape.width)
    return oc_image_convert(image->pixels, s, p.shape.channels, pixels, err);
  return resize_into(&p, image, pixels, err);
}
