/* tta.c: predicts and evaluates by the mean of probabilities over views of each image. */
#include "ocellus/tta.h"
#include "base/checked.h"
#include "base/memory.h"
#include "model/model.h"
#include <float.h>
#include <math.h>
#include <string.h>

/* ---- views --------------------------------------------------------------------------------------------- */

typedef struct view {
  bool mirrored;
  int64_t dy, dx; /* where its pixels come from */
  double weight;  /* those of all views sum to 1 */
} view;

enum { VIEWS_MAX = 6, SIDES_PER_SHIFT = 32 };

static oc_status check_views(unsigned views, oc_error *err) {
  if ((views & ~(OC_TTA_FLIP | OC_TTA_SHIFT)) == 0) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "views", "Use OC_TTA_FLIP, OC_TTA_SHIFT or their sum.",
                 "unknown views 0x%x", views);
}

/* The image itself comes first. Returns how many there are. */
static int list_views(unsigned views, oc_image_shape size, view out[VIEWS_MAX]) {
  const int64_t by = oc_max_i64(1, oc_min_i64(size.height, size.width) / SIDES_PER_SHIFT);
  const int moved = views & OC_TTA_SHIFT ? 3 : 1, sides = views & OC_TTA_FLIP ? 2 : 1;
  int count = 0;
  for (int i = 0; i < moved; i++)
    for (int side = 0; side < sides; side++) {
      const int64_t offset = i == 0 ? 0 : i == 1 ? by : -by;
      const double weight = (moved == 1 ? 1.0 : i == 0 ? 0.5 : 0.25) / sides;
      out[count++] = (view){side == 1, offset, offset, weight};
    }
  return count;
}

/* A row or column beyond the border is the one as far inside: -1 is 1. */
static int64_t reflect(int64_t at, int64_t size) {
  if (at < 0) at = -at;
  if (at >= size) at = 2 * (size - 1) - at;
  return oc_max_i64(0, oc_min_i64(at, size - 1));
}

static void draw_view(const view *v, oc_image_shape s, const uint8_t *from, uint8_t *to) {
  const size_t channels = (size_t)s.channels;
  for (int64_t y = 0; y < s.height; y++) {
    const uint8_t *row = from + reflect(y + v->dy, s.height) * s.width * s.channels;
    for (int64_t x = 0; x < s.width; x++, to += channels) {
      const int64_t at = v->mirrored ? s.width - 1 - x : x;
      memcpy(to, row + reflect(at + v->dx, s.width) * s.channels, channels);
    }
  }
}

/* ---- probabilities ------------------------------------------------------------------------------------- */

/* What a piece of images needs. */
typedef struct piece {
  oc_model *m;
  view views[VIEWS_MAX];
  int view_count;
  int64_t capacity;
  uint8_t *pixels;      /* of a view of the images */
  float *probabilities; /* of a view */
  double *sums;         /* over the views */
} piece;

static oc_status make_piece(oc_model *m, unsigned views, int64_t count, piece *p, oc_error *err) {
  const oc_image_shape s = m->size;
  const size_t image = (size_t)(s.height * s.width * s.channels), classes = (size_t)m->classes;
  *p = (piece){.m = m, .capacity = oc_max_i64(1, oc_min_i64(count, oc_input_capacity(s)))};
  p->view_count = list_views(views, s, p->views);
  p->pixels = oc_memory_array((size_t)p->capacity, image);
  p->probabilities = oc_memory_array((size_t)p->capacity, classes * sizeof *p->probabilities);
  p->sums = oc_memory_array((size_t)p->capacity, classes * sizeof *p->sums);
  return p->pixels && p->probabilities && p->sums ? OC_OK : oc_fail_memory(err, (size_t)p->capacity * image);
}

static void free_piece(piece *p) {
  oc_memory_free(p->pixels);
  oc_memory_free(p->probabilities);
  oc_memory_free(p->sums);
}

/* Of n images, at most the capacity, into p->sums. */
static oc_status sum_views(piece *p, const uint8_t *pixels, int64_t n, oc_error *err) {
  const oc_image_shape s = p->m->size;
  const int64_t image = s.height * s.width * s.channels, numbers = n * p->m->classes;
  memset(p->sums, 0, (size_t)numbers * sizeof *p->sums);
  for (int k = 0; k < p->view_count; k++) {
    for (int64_t i = 0; i < n; i++) draw_view(&p->views[k], s, pixels + i * image, p->pixels + i * image);
    TRY(oc_model_predict(p->m, p->pixels, n, p->probabilities, err));
    for (int64_t i = 0; i < numbers; i++) p->sums[i] += p->views[k].weight * (double)p->probabilities[i];
  }
  return OC_OK;
}

static oc_status predict_pieces(piece *p, const uint8_t *pixels, int64_t count, float *out, oc_error *err) {
  const oc_image_shape s = p->m->size;
  const int64_t image = s.height * s.width * s.channels, classes = p->m->classes;
  for (int64_t first = 0; first < count; first += p->capacity) {
    const int64_t n = oc_min_i64(p->capacity, count - first);
    TRY(sum_views(p, pixels + first * image, n, err));
    for (int64_t i = 0; i < n * classes; i++) out[first * classes + i] = (float)p->sums[i];
  }
  return OC_OK;
}

oc_status oc_tta_predict(oc_model *m, const uint8_t *pixels, int64_t count, unsigned views,
                         float *probabilities, oc_error *err) {
  NEED(m, pixels, probabilities);
  TRY(check_views(views, err));
  if (views == 0 || m->classes == 0 || count < 1)
    return oc_model_predict(m, pixels, count, probabilities, err);
  piece p;
  oc_status status = make_piece(m, views, count, &p, err);
  if (status == OC_OK) status = predict_pieces(&p, pixels, count, probabilities, err);
  free_piece(&p);
  return status;
}

/* ---- evaluation ---------------------------------------------------------------------------------------- */

/* The image of the piece with the number `first + i`, whose class is `label`. */
static void count_image(const piece *p, int64_t i, int64_t first, int32_t label, oc_evaluation *e) {
  const int classes = p->m->classes;
  const double *sums = p->sums + i * classes;
  int best = 0;
  for (int c = 1; c < classes; c++)
    if (sums[c] > sums[best]) best = c;
  e->predictions[first + i] = best;
  e->confusion[(int64_t)label * classes + best]++;
  e->loss -= log(fmax(sums[label], (double)FLT_MIN)); /* float32 has no smaller probability, except 0 */
}

static oc_status evaluate_pieces(piece *p, oc_model_use *use, const oc_dataset *d, const int *targets,
                                 oc_evaluation *e, oc_error *err) {
  const oc_images from = {.data = d, .targets = targets};
  const int32_t *labels = use->input.targets[0];
  for (int64_t first = 0; first < e->count; first += p->capacity) {
    const int64_t n = oc_min_i64(p->capacity, e->count - first);
    TRY(oc_input_fill(&use->input, &from, first, n, &p->m->standardizer,
                      oc_session_thread_pool(p->m->session), err));
    TRY(oc_heads_check_labels(&p->m->heads, &use->input, first, n, err));
    TRY(sum_views(p, use->input.pixels, n, err));
    for (int64_t i = 0; i < n; i++) count_image(p, i, first, labels[i], e);
  }
  e->loss /= (double)e->count;
  oc_evaluation_finish(e);
  return OC_OK;
}

/* The only metric of a class is its accuracy. */
static void score_head(const oc_model *m, oc_evaluation *e) {
  double sums[OC_SCORES_MAX];
  sums[0] = e->loss * (double)e->count;
  for (int i = 1; i < oc_heads_score_count(&m->heads); i++) sums[i] = (double)e->correct;
  oc_heads_scores(m, &m->heads, sums, (double)e->count, e->heads);
}

static oc_status evaluate(oc_model *m, const oc_dataset *d, unsigned views, oc_evaluation *e, oc_error *err) {
  int targets[OC_TARGETS_MAX];
  oc_model_use *use;
  piece p;
  TRY(oc_heads_check_data(m, &m->heads, d, "dataset", targets, err));
  TRY(oc_evaluation_create(m, d, e, err));
  TRY(oc_model_borrow(m, OC_USE_SCORE, &use, err));
  oc_status status = make_piece(m, views, use->input.capacity, &p, err);
  if (status == OC_OK) status = evaluate_pieces(&p, use, d, targets, e, err);
  if (status == OC_OK) score_head(m, e);
  free_piece(&p);
  oc_model_give_back(m, OC_USE_SCORE, use);
  return status;
}

oc_status oc_tta_evaluate(oc_model *m, const oc_dataset *d, unsigned views, oc_evaluation *out,
                          oc_error *err) {
  NEED(m, d, out);
  *out = (oc_evaluation){0};
  TRY(check_views(views, err));
  if (views == 0) return oc_model_evaluate(m, d, out, err);
  if (!oc_heads_by_accuracy(&m->heads) || m->heads.list[0].output != 0)
    return oc_fail(err, OC_E_UNSUPPORTED, "oc_tta_evaluate", "Use oc_model_evaluate.",
                   "the model has other heads than one of its first output with a class");
  const oc_status status = evaluate(m, d, views, out, err);
  if (status != OC_OK) oc_evaluation_release(out);
  return status;
}
