/* evaluate.c: measures a model on a dataset: accuracy with its 95% interval, loss, and per class
 * precision, recall and F1 from the confusion matrix. */
#include "base/checked.h"
#include "model/frozen.h"
#include <math.h>
#include <string.h>

/* Wilson 1927: the values p that would make the fraction found the 2.5% or the 97.5% quantile of what one
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

oc_status oc_heads_check_labels(const oc_heads *h, const oc_input *input, int64_t first, int64_t count,
                                oc_error *err) {
  for (int t = 0; t < h->target_count; t++) {
    const int32_t *labels = input->targets[t];
    const int64_t classes = h->targets[t].size;
    for (int64_t i = 0; h->targets[t].kind == OC_TARGET_CLASS && i < count; i++)
      if (labels[i] < 0 || labels[i] >= classes)
        return oc_fail(err, OC_E_DATA, "dataset",
                       "Use images of the model's classes, or train a model for these.",
                       "image %lld has label %d; the model has classes 0 to %lld", (long long)(first + i),
                       labels[i], (long long)classes - 1);
  }
  return OC_OK;
}

/* The answers of a batch whose first head's target is a class. */
static void count_answers(const oc_scoring *s, int64_t first, int64_t n, oc_score *out,
                          const oc_score_detail *detail) {
  const int32_t *answers = oc_plan_result(s->use->plan, 0).data,
                *right = s->use->input.targets[s->heads->list[0].target];
  const int64_t classes = s->heads->targets[s->heads->list[0].target].size;
  for (int64_t i = 0; i < n; i++) {
    out->correct += answers[i] == right[i];
    if (detail && detail->confusion) detail->confusion[right[i] * classes + answers[i]]++;
  }
  if (detail && detail->predictions)
    memcpy(detail->predictions + first, answers, (size_t)n * sizeof *answers);
}

/* A batch; false: its loss is not finite. */
static bool add_batch(const oc_scoring *s, bool plain, int64_t n, oc_score *out) {
  const float loss = *(const float *)oc_plan_result(s->use->plan, 1).data;
  const int scores = plain ? 0 : oc_heads_score_count(s->heads);
  out->samples = n;
  if (!isfinite(loss)) {
    out->loss = loss;
    return false;
  }
  out->loss += loss * (double)n;
  for (int i = 0; i < scores; i++)
    out->sums[i] += *(const float *)oc_plan_result(s->use->plan, 2 + i).data * (double)n;
  return true;
}

static oc_status fill(const oc_scoring *s, int64_t first, int64_t n, oc_error *err) {
  const oc_images from = {.data = s->data, .targets = s->targets};
  oc_input *in = &s->use->input;
  return s->features ? oc_features_fill(s->features, in, &from, first, n, err)
                     : oc_input_fill(in, &from, first, n, &s->model->standardizer, s->pool, err);
}

oc_status oc_model_score(const oc_scoring *s, oc_score *out, const oc_score_detail *detail, oc_error *err) {
  const bool plain = oc_heads_plain(s->model, s->heads), counts = oc_heads_count(s->heads);
  *out = (oc_score){.count = oc_dataset_count(s->data)};
  for (int64_t first = 0; first < out->count; first += s->use->input.capacity) {
    const int64_t n = oc_min_i64(s->use->input.capacity, out->count - first);
    TRY(oc_session_go_on(s->use->asks, "evaluate", err));
    TRY(fill(s, first, n, err));
    TRY(oc_heads_check_labels(s->heads, &s->use->input, first, n, err));
    TRY(oc_plan_run(s->use->plan, n, (oc_rng_counter){0, (uint64_t)first}, err));
    if (!add_batch(s, plain, n, out)) return OC_OK;
    if (counts) count_answers(s, first, n, out, detail);
  }
  if (plain) {
    out->sums[0] = out->loss;
    out->sums[1] = (double)out->correct;
  }
  out->loss /= (double)out->count;
  return OC_OK;
}

oc_status oc_evaluation_create(const oc_model *m, const oc_dataset *d, oc_evaluation *e, oc_error *err) {
  e->classes = oc_heads_classes(&m->heads);
  e->count = oc_dataset_count(d);
  const size_t n = (size_t)e->classes, count = (size_t)e->count;
  const bool counts = oc_heads_count(&m->heads);
  e->head_count = m->heads.count;
  e->heads = oc_memory_array(OC_HEADS_MAX, sizeof *e->heads);
  if (counts) {
    e->per_class = oc_memory_array(n, sizeof *e->per_class);
    e->confusion = oc_memory_array(n * n, sizeof *e->confusion);
    e->predictions = oc_memory_array(count, sizeof *e->predictions);
  }
  if (e->heads && (!counts || (e->per_class && e->confusion && e->predictions))) return OC_OK;
  return oc_fail_memory(err, n * n * sizeof *e->confusion + count * sizeof *e->predictions);
}

static oc_status evaluate(oc_model *m, const oc_dataset *d, const int *targets, oc_evaluation *e,
                          oc_error *err) {
  oc_scoring s = {m, &m->heads, NULL, oc_session_thread_pool(m->session), d, targets, NULL};
  oc_score score;
  TRY(oc_evaluation_create(m, d, e, err));
  TRY(oc_model_borrow(m, OC_USE_SCORE, &s.use, err));
  const oc_score_detail detail = {e->confusion, e->predictions};
  oc_status status = oc_model_score(&s, &score, &detail, err);
  if (status == OC_OK && !isfinite(score.loss))
    status = oc_model_find_nonfinite(m, &s.use->input, score.samples, m->nodes.loss, err);
  oc_model_give_back(m, OC_USE_SCORE, s.use);
  TRY(status);
  e->loss = score.loss;
  oc_heads_scores(m, &m->heads, score.sums, (double)score.count, e->heads);
  e->accuracy = e->low = e->high = NAN;
  if (e->classes) oc_evaluation_finish(e);
  return OC_OK;
}

oc_status oc_model_evaluate(oc_model *m, const oc_dataset *d, oc_evaluation *out, oc_error *err) {
  NEED(m, d, out);
  *out = (oc_evaluation){0};
  int targets[OC_TARGETS_MAX];
  TRY(oc_heads_check_data(m, &m->heads, d, "dataset", targets, err));
  const oc_status status = evaluate(m, d, targets, out, err);
  if (status != OC_OK) oc_evaluation_release(out);
  return status;
}

void oc_evaluation_release(oc_evaluation *e) {
  if (!e) return;
  oc_memory_free(e->per_class);
  oc_memory_free(e->confusion);
  oc_memory_free(e->predictions);
  oc_memory_free(e->heads);
  *e = (oc_evaluation){0};
}
