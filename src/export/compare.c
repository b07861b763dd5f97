/* compare.c: holds an exported model against the one that it was made of. Both get the same random images; an
 * answer may differ in the last digits, because plans may fuse other operations. */
#include "base/checked.h"
#include "base/random.h"
#include "export/export.h"
#include <math.h>
#include <string.h>

enum { IMAGES = 100, PIECE_BYTES = 1 << 24 };
#define TOLERANCE 1e-4 /* of the larger one of 1 and the answer */

/* Answers of two models to as many images as fit. */
typedef struct answers {
  uint8_t *pixels;
  float *a[OC_TARGETS_MAX], *b[OC_TARGETS_MAX];
} answers;

static void release(answers *s) {
  oc_memory_free(s->pixels);
  for (int i = 0; i < OC_TARGETS_MAX; i++) {
    oc_memory_free(s->a[i]);
    oc_memory_free(s->b[i]);
  }
}

static bool reserve(answers *s, const oc_model *m, int64_t images, int64_t bytes) {
  s->pixels = oc_memory_array((size_t)images, (size_t)bytes);
  bool all = s->pixels != NULL;
  for (int i = 0; i < m->output_count && all; i++) {
    s->a[i] = oc_memory_array((size_t)(images * m->outputs[i].size), sizeof(float));
    s->b[i] = oc_memory_array((size_t)(images * m->outputs[i].size), sizeof(float));
    all = s->a[i] && s->b[i];
  }
  return all;
}

static void draw(oc_random *random, uint8_t *pixels, int64_t count) {
  for (int64_t i = 0; i < count; i++) pixels[i] = (uint8_t)(oc_random_u32(random) >> 24);
}

static oc_status compare(const oc_model *m, const answers *s, int64_t images, oc_error *err) {
  for (int i = 0; i < m->output_count; i++)
    for (int64_t k = 0; k < images * m->outputs[i].size; k++) {
      const double a = (double)s->a[i][k], b = (double)s->b[i][k];
      if (fabs(a - b) <= TOLERANCE * fmax(1, fabs(a))) continue;
      return oc_fail(err, OC_E_INTERNAL, m->outputs[i].name, "Report this fault of the export.",
                     "the exported model answers %g, the model %g", b, a);
    }
  return OC_OK;
}

oc_status oc_export_compare(oc_model *a, oc_model *b, oc_error *err) {
  const int64_t bytes = a->size.height * a->size.width * a->size.channels;
  const int64_t piece = oc_max_i64(1, oc_min_i64(IMAGES, PIECE_BYTES / bytes));
  oc_random random = oc_random_at(1, OC_STREAM_XO, 0, 0);
  answers s = {0};
  oc_status status = reserve(&s, a, piece, bytes) ? OC_OK : oc_fail_memory(err, (size_t)(piece * bytes));
  for (int64_t done = 0; done < IMAGES && status == OC_OK; done += piece) {
    draw(&random, s.pixels, piece * bytes);
    status = oc_model_predict_outputs(a, s.pixels, piece, s.a, err);
    if (status == OC_OK) status = oc_model_predict_outputs(b, s.pixels, piece, s.b, err);
    if (status == OC_OK) status = compare(a, &s, piece, err);
  }
  release(&s);
  return status;
}
