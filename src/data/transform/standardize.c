/* standardize.c: computes means and standard deviations, of each pixel and all values (lecture: "Generate the
 * Mini-batches") or of each channel, and standardizes with them. Sums are integers, so they are exact and no
 * order of adding can change a bit. */
#include "base/checked.h"
#include "base/error.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "data/transform/pixel_sums.h"
#include <math.h>
#include <string.h>

enum { DRAWN_ENOUGH = 10000, SMALL_SIDE = 32, WHITE = 255 };

const char *oc_standardize_name(oc_standardize how) {
  static const char *const names[] = {"auto", "pixel", "channel", "none"};
  return (unsigned)how < sizeof names / sizeof names[0] ? names[how] : NULL;
}

/* Mean and deviation of the values first, first + step and so on of all images: sqrt(mean(v^2) - mean(v)^2),
 * the difference taken in integers: (K*sum(v^2) - sum(v)^2) / K^2 for K values. */
static double deviation_of(const oc_pixel_sums *s, int64_t images, int64_t first, int64_t step,
                           double *mean) {
  unsigned __int128 k = (unsigned __int128)images * (uint64_t)(s->n / step), sum = 0, squares = 0;
  for (int64_t i = first; i < s->n; i += step) sum += s->each[i], squares += s->squares[i];
  unsigned __int128 difference = k * squares - sum * sum;
  double deviation = sqrt((double)difference) / (double)k;
  *mean = (double)sum / (double)k;
  return deviation > 0 ? deviation : 1;
}

/* ---- fitting ------------------------------------------------------------------------------------------- */

static oc_standardize choose(const oc_dataset *d, oc_standardize how) {
  const oc_image_shape size = oc_dataset_image_shape(d);
  if (how != OC_STANDARDIZE_AUTO) return how;
  const bool small = size.height <= SMALL_SIDE && size.width <= SMALL_SIDE && !d->store->mixed_sizes;
  return size.channels == 1 && small ? OC_STANDARDIZE_PIXEL : OC_STANDARDIZE_CHANNEL;
}

static oc_status reserve(oc_standardizer *s, oc_error *err) {
  const bool pixel = s->how == OC_STANDARDIZE_PIXEL;
  const size_t means = (size_t)(pixel ? s->count : s->channels);
  s->mean = oc_memory_array(means, sizeof *s->mean);
  if (!pixel) s->deviations = oc_memory_array(means, sizeof *s->deviations);
  return s->mean && (pixel || s->deviations) ? OC_OK : oc_fail_memory(err, means * sizeof *s->deviations);
}

static void take_sums(oc_standardizer *out, const oc_pixel_sums *s, int64_t images) {
  double mean;
  if (out->how == OC_STANDARDIZE_PIXEL) {
    for (int64_t i = 0; i < s->n; i++) out->mean[i] = (float)((double)s->each[i] / (double)images);
    out->deviation = deviation_of(s, images, 0, 1, &mean);
    return;
  }
  for (int64_t c = 0; c < out->channels; c++) {
    out->deviations[c] = deviation_of(s, images, c, out->channels, &mean);
    out->mean[c] = (float)mean;
  }
}

static oc_status fit(const oc_dataset *d, oc_image_statistics *statistics, oc_standardizer *out,
                     oc_error *err) {
  int64_t images = oc_dataset_count(d);
  if (oc_dataset_is_generated(d)) images = oc_min_i64(images, DRAWN_ENOUGH);
  oc_pixel_sums s;
  const oc_status status = oc_pixel_sums_add(d, images, statistics, &s, err);
  if (status == OC_OK && out->how != OC_STANDARDIZE_NONE) take_sums(out, &s, images);
  oc_pixel_sums_release(&s);
  return status;
}

oc_status oc_standardizer_fit_with(const oc_dataset *d, oc_standardize how, oc_image_statistics *statistics,
                                   oc_standardizer *out, oc_error *err) {
  const oc_image_shape size = oc_dataset_image_shape(d);
  *out = (oc_standardizer){0};
  if (!oc_standardize_name(how))
    return oc_fail(err, OC_E_ARGUMENT, "standardize", "", "unknown way to standardize: %d", (int)how);
  out->count = size.height * size.width * size.channels;
  out->channels = size.channels;
  out->how = choose(d, how);
  const bool none = out->how == OC_STANDARDIZE_NONE;
  oc_status status = reserve(out, err);
  if (status == OC_OK && (statistics || !none)) status = fit(d, statistics, out, err);
  for (int64_t c = 0; status == OC_OK && none && c < size.channels; c++) out->deviations[c] = WHITE;
  if (status != OC_OK) oc_standardizer_release(out);
  return status;
}

oc_status oc_standardizer_fit_as(const oc_dataset *d, oc_standardize how, oc_standardizer *out,
                                 oc_error *err) {
  NEED(d, out);
  return oc_standardizer_fit_with(d, how, NULL, out, err);
}

oc_status oc_standardizer_fit(const oc_dataset *d, oc_standardizer *out, oc_error *err) {
  NEED(d, out);
  return oc_standardizer_fit_as(d, OC_STANDARDIZE_AUTO, out, err);
}

void oc_standardizer_release(oc_standardizer *s) {
  if (!s) return;
  oc_memory_free(s->mean);
  oc_memory_free(s->deviations);
  *s = (oc_standardizer){0};
}

/* ---- applying ------------------------------------------------------------------------------------------ */

/* Means and deviations of the channels of as many pixels as fit, so that whole vectors are computed. */
enum { PATTERN = 24 };
typedef struct pattern {
  int64_t count;
  float mean[PATTERN], deviation[PATTERN];
} pattern;

static void make_pattern(const oc_standardizer *s, pattern *p) {
  p->count = PATTERN / s->channels * s->channels; /* 0: too many channels */
  for (int64_t i = 0; i < p->count; i++) {
    p->mean[i] = s->mean[i % s->channels];
    p->deviation[i] = (float)s->deviations[i % s->channels];
  }
}

#define DEFINE_APPLY(name, type)                                                                             \
  static void name##_channels(const oc_standardizer *s, const type *pixels, int64_t n, float *out) {         \
    pattern p;                                                                                               \
    int64_t i = 0;                                                                                           \
    make_pattern(s, &p);                                                                                     \
    for (; p.count && i + p.count <= n; i += p.count)                                                        \
      for (int64_t k = 0; k < p.count; k++)                                                                  \
        out[i + k] = ((float)pixels[i + k] - p.mean[k]) / p.deviation[k];                                    \
    for (; i < n; i++) {                                                                                     \
      const int64_t c = i % s->channels;                                                                     \
      out[i] = ((float)pixels[i] - s->mean[c]) / (float)s->deviations[c];                                    \
    }                                                                                                        \
  }                                                                                                          \
  void name(const oc_standardizer *s, const type *pixels, int64_t images, float *out) {                      \
    if (!s || !pixels || !out) return;                                                                       \
    if (s->deviations) {                                                                                     \
      name##_channels(s, pixels, images * s->count, out);                                                    \
      return;                                                                                                \
    }                                                                                                        \
    float deviation = (float)s->deviation;                                                                   \
    for (int64_t p = 0; p < images; p++, pixels += s->count, out += s->count)                                \
      for (int64_t i = 0; i < s->count; i++) out[i] = ((float)pixels[i] - s->mean[i]) / deviation;           \
  }
DEFINE_APPLY(oc_standardizer_apply, uint8_t)
DEFINE_APPLY(oc_standardizer_apply_f32, float)
