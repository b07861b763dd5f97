/* predict.c: class probabilities. One image has a plan of its own, so that the first answer comes soon;
 * more go through a plan for many. */
#include "base/checked.h"
#include "base/memory.h"
#include "model/model.h"
#include <math.h>
#include <string.h>

static oc_status check_request(const oc_model *m, const void *pixels, int64_t count, const void *answers,
                               oc_error *err) {
  if (!m || !pixels || !answers)
    return oc_fail(err, OC_E_ARGUMENT, "oc_model_predict", "",
                   "model, pixels and probabilities must not be NULL");
  if (count < 0)
    return oc_fail(err, OC_E_ARGUMENT, "oc_model_predict", "", "count must be at least 0, got %lld",
                   (long long)count);
  return OC_OK;
}

static oc_status check_class(const oc_model *m, const char *function, oc_error *err) {
  if (m->classes) return OC_OK;
  return oc_fail(err, OC_E_UNSUPPORTED, function, "Use oc_model_predict_outputs.",
                 "the model's first output, %s, is %s: it has no class probabilities", m->outputs[0].name,
                 oc_target_kind_words(m->outputs[0].kind));
}

static bool all_finite(const float *x, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    if (!isfinite(x[i])) return false;
  return true;
}

/* What a plan gave for n images, from image `first` on. */
static oc_status take_answers(oc_model *m, const oc_model_use *use, int64_t first, int64_t n,
                              float *const *answers, oc_error *err) {
  for (int i = 0; i < m->output_count; i++) {
    const int64_t size = m->outputs[i].size;
    const float *result = oc_plan_result(use->plan, i).data;
    if (!answers[i]) continue;
    if (!all_finite(result, n * size))
      return oc_model_find_nonfinite(m, &use->input, n, m->nodes.outputs[i].answer, err);
    memcpy(answers[i] + first * size, result, (size_t)(n * size) * sizeof(float));
  }
  return OC_OK;
}

static oc_status predict(oc_model *m, oc_model_use *use, const oc_images *from, int64_t count,
                         float *const *answers, oc_error *err) {
  for (int64_t first = 0; first < count; first += use->input.capacity) {
    const int64_t n = oc_min_i64(use->input.capacity, count - first);
    TRY(oc_session_go_on(use->asks, "predict", err));
    TRY(oc_input_fill(&use->input, from, first, n, &m->standardizer, oc_session_thread_pool(m->session),
                      err));
    TRY(oc_plan_run(use->plan, n, (oc_rng_counter){0, (uint64_t)first}, err));
    TRY(take_answers(m, use, first, n, answers, err));
  }
  return OC_OK;
}

static oc_status predict_from(oc_model *m, const oc_images *from, int64_t count, float *const *answers,
                              oc_error *err) {
  if (count == 0) return OC_OK;
  const int kind = count == 1 ? OC_USE_ONE : OC_USE_MANY;
  oc_model_use *use;
  TRY(oc_model_borrow(m, kind, &use, err));
  const oc_status status = predict(m, use, from, count, answers, err);
  oc_model_give_back(m, kind, use);
  return status;
}

oc_status oc_model_predict(oc_model *m, const uint8_t *pixels, int64_t count, float *probabilities,
                           oc_error *err) {
  NEED(m, pixels, probabilities);
  float *answers[OC_TARGETS_MAX] = {probabilities};
  TRY(check_request(m, pixels, count, probabilities, err));
  TRY(check_class(m, "oc_model_predict", err));
  return predict_from(m, &(oc_images){.pixels = pixels}, count, answers, err);
}

oc_status oc_model_predict_outputs(oc_model *m, const uint8_t *pixels, int64_t count, float *const *answers,
                                   oc_error *err) {
  NEED(m, pixels, answers);
  TRY(check_request(m, pixels, count, answers, err));
  return predict_from(m, &(oc_images){.pixels = pixels}, count, answers, err);
}

oc_status oc_model_predict_f32(oc_model *m, const float *pixels, int64_t count, float *probabilities,
                               oc_error *err) {
  NEED(m, pixels, probabilities);
  float *answers[OC_TARGETS_MAX] = {probabilities};
  TRY(check_request(m, pixels, count, probabilities, err));
  TRY(check_class(m, "oc_model_predict_f32", err));
  const int64_t image = m->size.height * m->size.width * m->size.channels;
  for (int64_t i = 0; i < count; i++)
    if (!all_finite(pixels + i * image, image))
      return oc_fail(err, OC_E_DATA, "oc_model_predict_f32", "Give numbers of 0 to 255.",
                     "image %lld has a pixel that is NaN or infinite", (long long)i);
  return predict_from(m, &(oc_images){.values = pixels}, count, answers, err);
}

int oc_best_class(const float *probabilities, int classes) {
  if (!probabilities) return -1;
  int best = -1;
  for (int c = 0; probabilities && c < classes; c++)
    if (!isnan(probabilities[c]) && (best < 0 || probabilities[c] > probabilities[best])) best = c;
  return best;
}

/* In pieces, so that the probabilities of a large set need not be held. */
oc_status oc_model_classify(oc_model *m, const uint8_t *pixels, int64_t count, int32_t *labels,
                            oc_error *err) {
  NEED(m, pixels, labels);
  enum { AT_A_TIME = 1024 };
  if (!m || !labels)
    return oc_fail(err, OC_E_ARGUMENT, "oc_model_classify", "", "model and labels must not be NULL");
  TRY(check_class(m, "oc_model_classify", err));
  const int64_t bytes = m->size.height * m->size.width * m->size.channels,
                most = oc_min_i64(oc_max_i64(count, 1), AT_A_TIME);
  float *p = oc_memory_array((size_t)most, (size_t)m->classes * sizeof *p);
  if (!p) return oc_fail_memory(err, (size_t)(most * m->classes) * sizeof *p);
  oc_status status = count < 0 ? check_request(m, pixels, count, p, err) : OC_OK;
  for (int64_t first = 0; first < count && status == OC_OK; first += most) {
    const int64_t n = oc_min_i64(most, count - first);
    status = oc_model_predict(m, pixels ? pixels + first * bytes : NULL, n, p, err);
    for (int64_t i = 0; i < n && status == OC_OK; i++) {
      labels[first + i] = oc_best_class(p + i * m->classes, m->classes);
      if (labels[first + i] < 0)
        status = oc_fail(err, OC_E_NOT_FINITE, "oc_model_classify", "",
                         "every probability of image %lld is NaN", (long long)(first + i));
    }
  }
  oc_memory_free(p);
  return status;
}
