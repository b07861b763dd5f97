/* evaluate.c: how good a model is on a dataset: accuracy with its 95 % interval, loss, and per class
 * precision, recall and F1 from the confusion matrix. */
#include "base/checked.h"
#include "model/model.h"
#include <math.h>
#include <string.h>

/* Wilson 1927: the values p that would make the share found the 2.5 % or the 97.5 % quantile of what one
 * would find. */
void oc_wilson_interval(int64_t correct, int64_t count, double *low, double *high) {
  const double z = 1.959963984540054, n = (double)count, p = (double)correct / n;
  const double center = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  *low = fmax(0, center - half);
  *high = fmin(1, center + half);
}

static double share(int64_t part, int64_t whole) {
  return whole ? (double)part / (double)whole : NAN;
}

void oc_evaluation_finish(oc_evaluation *e) {
  const int64_t n = e->classes;
  e->correct = 0;
  for (int64_t c = 0; c < n; c++) {
    int64_t row = 0, column = 0, hit = e->confusion[c * n + c];
    for (int64_t i = 0; i < n; i++) {
      row += e->confusion[c * n + i];
      column += e->confusion[i * n + c];
    }
    e->per_class[c] =
        (oc_class_score){row, share(hit, column), share(hit, row), share(2 * hit, row + column)};
    e->correct += hit;
  }
  e->accuracy = share(e->correct, e->count);
  oc_wilson_interval(e->correct, e->count, &e->low, &e->high);
}

/* An image with an unknown label cannot be right or wrong. */
static oc_status check_labels(const oc_model *m, const oc_input *in, int64_t first, int64_t count,
                              oc_error *err) {
  for (int64_t i = 0; i < count; i++)
    if (in->y[i] < 0 || in->y[i] >= m->classes)
      return oc_fail(err, OC_E_DATA, "dataset",
                     "Use images of the model's classes, or train a model for these.",
                     "image %lld has label %d; the model has classes 0 to %d", (long long)(first + i),
                     in->y[i], m->classes - 1);
  return OC_OK;
}

oc_status oc_model_score(const oc_model *m, oc_model_use *use, oc_thread_pool *pool, const oc_dataset *d,
                         oc_score *out, const oc_score_detail *detail, oc_error *err) {
  const oc_images from = {.data = d};
  *out = (oc_score){.count = oc_dataset_count(d)};
  for (int64_t first = 0; first < out->count; first += use->input.capacity) {
    const int64_t n = oc_min_i64(use->input.capacity, out->count - first);
    TRY(oc_session_go_on(use->asks, "evaluate", err));
    TRY(oc_input_fill(&use->input, &from, first, n, &m->standardizer, pool, err));
    TRY(check_labels(m, &use->input, first, n, err));
    TRY(oc_plan_run(use->plan, n, (oc_rng_counter){0, (uint64_t)first}, err));
    const int32_t *labels = oc_plan_result(use->plan, 0).data;
    const float loss = *(const float *)oc_plan_result(use->plan, 1).data;
    out->loss += loss * (double)n;
    out->samples = n;
    if (!isfinite(loss)) {
      out->loss = loss;
      return OC_OK;
    }
    for (int64_t i = 0; i < n; i++) {
      out->correct += labels[i] == use->input.y[i];
      if (detail && detail->confusion) detail->confusion[use->input.y[i] * m->classes + labels[i]]++;
    }
    if (detail && detail->predictions)
      memcpy(detail->predictions + first, labels, (size_t)n * sizeof *labels);
  }
  out->loss /= (double)out->count;
  return OC_OK;
}

static oc_status evaluate(oc_model *m, const oc_dataset *d, oc_evaluation *e, oc_error *err) {
  const size_t n = (size_t)m->classes;
  e->classes = m->classes;
  e->count = oc_dataset_count(d);
  e->per_class = oc_memory_array(n, sizeof *e->per_class);
  e->confusion = oc_memory_array(n * n, sizeof *e->confusion);
  e->predictions = oc_memory_array((size_t)e->count, sizeof *e->predictions);
  if (!e->per_class || !e->confusion || !e->predictions)
    return oc_fail_memory(err, n * n * sizeof *e->confusion + (size_t)e->count * sizeof *e->predictions);
  oc_model_use *use;
  oc_score score;
  TRY(oc_model_borrow(m, OC_USE_SCORE, &use, err));
  const oc_score_detail detail = {e->confusion, e->predictions};
  oc_status status = oc_model_score(m, use, oc_session_thread_pool(m->session), d, &score, &detail, err);
  if (status == OC_OK && !isfinite(score.loss))
    status = oc_model_find_nonfinite(m, &use->input, score.samples, m->nodes.loss, err);
  oc_model_give_back(m, OC_USE_SCORE, use);
  TRY(status);
  e->loss = score.loss;
  oc_evaluation_finish(e);
  return OC_OK;
}

oc_status oc_model_evaluate(oc_model *m, const oc_dataset *d, oc_evaluation *out, oc_error *err) {
  NEED(m, d, out);
  *out = (oc_evaluation){0};
  TRY(oc_model_check_data(m, d, "dataset", err));
  const oc_status status = evaluate(m, d, out, err);
  if (status != OC_OK) oc_evaluation_release(out);
  return status;
}

void oc_evaluation_release(oc_evaluation *e) {
  if (!e) return;
  oc_memory_free(e->per_class);
  oc_memory_free(e->confusion);
  oc_memory_free(e->predictions);
  *e = (oc_evaluation){0};
}
