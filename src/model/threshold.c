/* threshold.c: the probability that an answer must have to be given. Key threshold of the metadata: a number
 * above 0, at most 1; without it every answer is given.
 *
 * It is found on images with labels: the lowest probability such that, of the answers that have at least it,
 * the wanted fraction is right (a reject option, as in Chow 1970). Equal probabilities stay together. */
#include "base/checked.h"
#include "base/number.h"
#include "model/model.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define KEY     "threshold"
#define DAMAGED "Copy or train the model again: the file is damaged or was edited."
enum { AT_A_TIME = 256 };

double oc_model_threshold(const oc_model *m) {
  return m ? m->threshold : 0;
}

oc_status oc_model_set_threshold(oc_model *m, double threshold, oc_error *err) {
  char text[OC_NUMBER_TEXT];
  NEED(m);
  if (!(threshold >= 0 && threshold <= 1))
    return oc_fail(err, OC_E_ARGUMENT, KEY, "", "must be 0 to 1, got %g", threshold);
  oc_number_text(threshold, text, sizeof text);
  if (!oc_metadata_set(&m->metadata, KEY, threshold > 0 ? text : NULL))
    return oc_fail_memory(err, sizeof text);
  m->threshold = threshold;
  return OC_OK;
}

oc_status oc_threshold_read(oc_model *m, const char *path, oc_error *err) {
  const char *text = oc_metadata_get(&m->metadata, KEY);
  const size_t size = text ? strlen(text) : 0;
  if (!text) return OC_OK;
  m->threshold = size > 0 && strspn(text, "0123456789.e-") == size ? oc_number_read(text, size) : NAN;
  if (m->threshold > 0 && m->threshold <= 1) return OC_OK;
  return oc_fail(err, OC_E_DATA, path, DAMAGED, "invalid '%s' in the metadata: %.60s", KEY, text);
}

/* ---- finding ------------------------------------------------------------------------------------------- */

typedef struct answer {
  float probability;
  bool right;
} answer;

static int falling(const void *a, const void *b) {
  const answer *x = a, *y = b;
  return (x->probability < y->probability) - (x->probability > y->probability);
}

/* The answers for images first .. first+n-1, in room for AT_A_TIME of them. */
static oc_status answer_some(oc_model *m, const oc_dataset *d, int64_t first, int64_t n, uint8_t *pixels,
                             answer *out, oc_error *err) {
  int32_t labels[AT_A_TIME];
  float *p = oc_memory_array((size_t)n, (size_t)m->classes * sizeof *p);
  if (!p) return oc_fail_memory(err, (size_t)(n * m->classes) * sizeof *p);
  oc_status status = oc_dataset_read(d, first, n, pixels, labels, err);
  if (status == OC_OK) status = oc_model_predict(m, pixels, n, p, err);
  for (int64_t i = 0; i < n && status == OC_OK; i++) {
    const int best = oc_best_class(p + i * m->classes, m->classes);
    out[i] = (answer){p[i * m->classes + best], best == labels[i]};
  }
  oc_memory_free(p);
  return status;
}

static oc_status answer_all(oc_model *m, const oc_dataset *d, answer *out, oc_error *err) {
  const int64_t count = oc_dataset_count(d), image = m->size.height * m->size.width * m->size.channels;
  uint8_t *pixels = oc_memory_array((size_t)oc_min_i64(count, AT_A_TIME), (size_t)image);
  if (!pixels) return oc_fail_memory(err, (size_t)(oc_min_i64(count, AT_A_TIME) * image));
  oc_status status = OC_OK;
  for (int64_t at = 0; at < count && status == OC_OK; at += AT_A_TIME)
    status = answer_some(m, d, at, oc_min_i64(AT_A_TIME, count - at), pixels, out + at, err);
  oc_memory_free(pixels);
  return status;
}

/* Of answers by falling probability. */
static void find_lowest(const answer *a, int64_t count, double precision, oc_threshold *out) {
  int64_t right = 0;
  for (int64_t i = 0; i < count; i++) {
    right += a[i].right;
    const bool last_of_equal = i + 1 == count || a[i + 1].probability < a[i].probability;
    if (!last_of_equal || (double)right < precision * (double)(i + 1)) continue;
    out->value = (double)a[i].probability;
    out->answered = i + 1;
    out->right = right;
  }
}

static oc_status check_request(const oc_model *m, const oc_dataset *d, double precision, oc_error *err) {
  int targets[OC_TARGETS_MAX];
  if (!(precision > 0 && precision <= 1))
    return oc_fail(err, OC_E_ARGUMENT, "precision", "Use, for example, 0.99.",
                   "must be above 0, at most 1, got %g", precision);
  if (m->output_count != 1 || !m->classes)
    return oc_fail(err, OC_E_UNSUPPORTED, "oc_model_find_threshold", "",
                   "the model does not answer with one class");
  return oc_heads_check_data(m, &m->heads, d, "dataset", targets, err);
}

oc_status oc_model_find_threshold(oc_model *m, const oc_dataset *d, double precision, oc_threshold *out,
                                  oc_error *err) {
  NEED(m, d, out);
  *out = (oc_threshold){.count = oc_dataset_count(d)};
  TRY(check_request(m, d, precision, err));
  answer *answers = oc_memory_array((size_t)out->count, sizeof *answers);
  if (!answers) return oc_fail_memory(err, (size_t)out->count * sizeof *answers);
  const oc_status status = answer_all(m, d, answers, err);
  qsort(answers, (size_t)out->count, sizeof *answers, falling);
  if (status == OC_OK) find_lowest(answers, out->count, precision, out);
  oc_memory_free(answers);
  if (status != OC_OK || out->answered > 0) return status;
  return oc_fail(err, OC_E_DATA, "dataset", "Ask for a lower fraction, or train a better model.",
                 "no threshold makes %g of the answers right: the most certain ones are not", precision);
}
