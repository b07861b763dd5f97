/* int8_pixels.c: the network's input from pixels, in whole numbers: (pixel - mean) / deviation / scale. Means
 * have 7 bits after the point. */
#include "export/int8/int8.h"
#include <math.h>

enum { ONE = 128, MEAN_MOST = 1 << 20 };

static oc_status set_means(oc_int8_network *q, oc_error *err) {
  const oc_standardizer *s = &q->steps.model->standardizer;
  for (int64_t i = 0; i < q->mean_count; i++) {
    if (!(fabsf(s->mean[i]) <= MEAN_MOST))
      return oc_fail(err, OC_E_UNSUPPORTED, "mean", "Export it without --int8.",
                     "a mean of pixels is %g: int8 takes up to %d", (double)s->mean[i], MEAN_MOST);
    q->means[i] = (int32_t)lrintf(s->mean[i] * ONE);
  }
  return OC_OK;
}

oc_status oc_int8_set_pixels(oc_int8_network *q, oc_error *err) {
  const oc_model *m = q->steps.model;
  const oc_standardizer *s = &m->standardizer;
  const int64_t channels = m->size.channels;
  q->mean_count = s->deviations ? channels : m->size.height * m->size.width * channels;
  q->deviation_count = s->deviations ? channels : 1;
  q->means = oc_arena_alloc(&q->steps.arena, (size_t)q->mean_count * sizeof *q->means);
  q->pixel_multipliers = oc_arena_alloc(&q->steps.arena, (size_t)q->deviation_count * sizeof *q->means);
  q->pixel_shifts = oc_arena_alloc(&q->steps.arena, (size_t)q->deviation_count);
  if (!q->means || !q->pixel_multipliers || !q->pixel_shifts)
    return oc_fail_memory(err, (size_t)q->mean_count * sizeof *q->means);
  const double scale = (double)q->values[q->steps.input].scale;
  for (int64_t i = 0; i < q->deviation_count; i++) {
    const double deviation = s->deviations ? s->deviations[i] : s->deviation;
    oc_int8_multiplier(1 / (ONE * deviation * scale), &q->pixel_multipliers[i], &q->pixel_shifts[i]);
  }
  return set_means(q, err);
}
