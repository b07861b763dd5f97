/* standardize.c: computes the mean of each pixel, and one standard deviation of all values (lecture:
 * "Generate the Mini-batches"). Sums are integers, so they are exact and no order of adding can change a
 * bit. */
#include "base/checked.h"
#include "base/error.h"
#include "base/memory.h"
#include "data/dataset.h"
#include <math.h>
#include <string.h>

enum { DRAWN_ENOUGH = 10000, CHUNK_BYTES = 1 << 18 };

typedef struct sums {
  int64_t n;      /* values of an image */
  uint64_t *each; /* n sums over the images */
  uint64_t squares;
} sums;

static void add_image(sums *s, const uint8_t *pixels) {
  uint64_t squares = 0;
  for (int64_t i = 0; i < s->n; i++) {
    uint32_t v = pixels[i];
    s->each[i] += v;
    squares += v * v;
  }
  s->squares += squares;
}

static oc_status add_all(const oc_dataset *d, int64_t images, sums *s, oc_error *err) {
  int64_t chunk = oc_max_i64(1, CHUNK_BYTES / s->n);
  uint8_t *pixels = oc_memory_array((size_t)chunk, (size_t)s->n);
  if (!pixels) return oc_fail_memory(err, (size_t)(chunk * s->n));
  oc_status status = OC_OK;
  for (int64_t at = 0; at < images && status == OC_OK; at += chunk) {
    int64_t count = oc_min_i64(chunk, images - at);
    status = oc_dataset_read(d, at, count, pixels, NULL, err);
    for (int64_t i = 0; i < count && status == OC_OK; i++) add_image(s, pixels + i * s->n);
  }
  oc_memory_free(pixels);
  return status;
}

/* sqrt(mean(v^2) - mean(v)^2), the difference taken in integers: (K*sum(v^2) - sum(v)^2) / K^2 for K values.
 */
static double deviation_of(const sums *s, int64_t images) {
  unsigned __int128 k = (unsigned __int128)images * (uint64_t)s->n, sum = 0;
  for (int64_t i = 0; i < s->n; i++) sum += s->each[i];
  unsigned __int128 difference = k * s->squares - sum * sum;
  double deviation = sqrt((double)difference) / (double)k;
  return deviation > 0 ? deviation : 1;
}

oc_status oc_standardizer_fit(const oc_dataset *d, oc_standardizer *out, oc_error *err) {
  NEED(d, out);
  oc_image_shape size = oc_dataset_image_shape(d);
  int64_t images = oc_dataset_count(d);
  if (oc_dataset_is_generated(d)) images = oc_min_i64(images, DRAWN_ENOUGH);
  sums s = {.n = size.height * size.width * size.channels};
  *out = (oc_standardizer){.count = s.n};
  s.each = oc_memory_array((size_t)s.n, sizeof *s.each);
  out->mean = oc_memory_array((size_t)s.n, sizeof *out->mean);
  oc_status status = s.each && out->mean ? add_all(d, images, &s, err) : oc_fail_memory(err, (size_t)s.n * 8);
  if (status == OC_OK) {
    for (int64_t i = 0; i < s.n; i++) out->mean[i] = (float)((double)s.each[i] / (double)images);
    out->deviation = deviation_of(&s, images);
  } else {
    oc_standardizer_release(out);
  }
  oc_memory_free(s.each);
  return status;
}

void oc_standardizer_release(oc_standardizer *s) {
  if (!s) return;
  oc_memory_free(s->mean);
  *s = (oc_standardizer){0};
}

#define DEFINE_APPLY(name, type)                                                                             \
  void name(const oc_standardizer *s, const type *pixels, int64_t images, float *out) {                      \
    if (!s || !pixels || !out) return;                                                                       \
    float deviation = (float)s->deviation;                                                                   \
    for (int64_t p = 0; p < images; p++, pixels += s->count, out += s->count)                                \
      for (int64_t i = 0; i < s->count; i++) out[i] = ((float)pixels[i] - s->mean[i]) / deviation;           \
  }
DEFINE_APPLY(oc_standardizer_apply, uint8_t)
DEFINE_APPLY(oc_standardizer_apply_f32, float)
