/* check_labels.c: labels that a trained model contradicts with confidence.
 *
 * The confidence that a class needs is the mean probability that the model gives to it on the images that
 * are labeled so (confident learning: Northcutt, Jiang, Chuang, 2021, section 3.1). An image is suspected
 * if its best class is another one and reaches that class's mean. The most doubtful come first: those whose
 * label has the least probability. Between two classes that are often confused, such as cats and dogs, a
 * label keeps some probability even where the model is wrong; a label that does not belong to the image has
 * none. Of CIFAR-10's training images with 5% wrong labels, and a network of 5 epochs, 81% of the first 2,000
 * were wrong (docs/results.md). Of 6,000 of them, and a network that is right on 55%, 54% of the first 240
 * were; by the difference to the best class, 35%. */
#include "inspect/doctor/doctor.h"
#include "ocellus/preprocess.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AT_A_TIME = 256 };

typedef struct suspect {
  int64_t index;
  int best;
  float probability, of_label;
} suspect;

typedef struct judge {
  oc_doctor *doctor;
  oc_model *model;
  int classes;
  int *model_class; /* of each class of the data */
  float *answers;   /* of all readable items, classes each */
  int64_t *index;   /* their items */
  int64_t count;
  double *sum;      /* of the probabilities of each class, over the images labeled so, */
  int64_t *labeled; /* and their number */
} judge;

static oc_status match_classes(judge *j, oc_error *err) {
  const oc_items *items = &j->doctor->items;
  for (int c = 0; c < items->class_count; c++) {
    int k = 0;
    while (k < j->classes && strcmp(oc_model_class_name(j->model, k), items->classes[c]) != 0) k++;
    if (k == j->classes)
      return oc_fail(err, OC_E_DATA, "model", "Use a model that was trained on these classes.",
                     "the model has no class '%.60s'", items->classes[c]);
    j->model_class[c] = k;
  }
  return OC_OK;
}

/* ---- answers ------------------------------------------------------------------------------------------- */

/* Reads and answers `count` images from position `first` on. */
static oc_status answer(judge *j, int64_t first, int64_t count, uint8_t *pixels, oc_error *err) {
  const oc_image_shape s = oc_model_image_shape(j->model);
  const oc_preprocessing rule = oc_model_preprocessing(j->model);
  const oc_data_options *o = j->doctor->options.data;
  for (int64_t i = 0; i < count; i++)
    TRY(oc_item_pixels(&j->doctor->items, j->index[first + i], &rule, false,
                       pixels + i * s.height * s.width * s.channels, err));
  if (o->progress) o->progress(o->context, "Judging", first, j->count);
  if (o->go_on && !o->go_on(o->context))
    return oc_fail(err, OC_E_INTERRUPTED, j->doctor->where, "", "interrupted");
  return oc_model_predict(j->model, pixels, count, j->answers + first * j->classes, err);
}

static oc_status answer_all(judge *j, oc_error *err) {
  const oc_image_shape s = oc_model_image_shape(j->model);
  uint8_t *pixels = oc_memory_array(AT_A_TIME, (size_t)(s.height * s.width * s.channels));
  if (!pixels) return oc_fail_memory(err, AT_A_TIME * (size_t)(s.height * s.width * s.channels));
  oc_status status = OC_OK;
  for (int64_t at = 0; at < j->count && status == OC_OK; at += AT_A_TIME)
    status = answer(j, at, j->count - at < AT_A_TIME ? j->count - at : AT_A_TIME, pixels, err);
  oc_memory_free(pixels);
  return status;
}

/* ---- suspects ------------------------------------------------------------------------------------------ */

static int label_of(const judge *j, int64_t i) {
  return j->model_class[j->doctor->items.list[j->index[i]].label];
}

static void add_up(judge *j) {
  for (int64_t i = 0; i < j->count; i++) {
    const int label = label_of(j, i);
    j->sum[label] += (double)j->answers[i * j->classes + label];
    j->labeled[label]++;
  }
}

static int compare_suspects(const void *a, const void *b) {
  const suspect *x = a, *y = b;
  if (x->of_label != y->of_label) return x->of_label < y->of_label ? -1 : 1;
  if (x->probability != y->probability) return x->probability > y->probability ? -1 : 1;
  return (x->index > y->index) - (x->index < y->index);
}

static int64_t find_suspects(const judge *j, suspect *out) {
  int64_t n = 0;
  for (int64_t i = 0; i < j->count; i++) {
    const float *p = j->answers + i * j->classes;
    const int label = label_of(j, i), best = oc_best_class(p, j->classes);
    if (best < 0 || best == label) continue;
    if (j->labeled[best] && (double)p[best] < j->sum[best] / (double)j->labeled[best]) continue;
    out[n++] = (suspect){j->index[i], best, p[best], p[label]};
  }
  if (n) qsort(out, (size_t)n, sizeof *out, compare_suspects);
  return n;
}

static oc_status report(const judge *j, oc_error *err) {
  suspect *list = oc_memory_array((size_t)j->count + 1, sizeof *list);
  if (!list) return oc_fail_memory(err, (size_t)j->count * sizeof *list);
  const int64_t count = find_suspects(j, list);
  oc_status status = OC_OK;
  for (int64_t i = 0; i < count && status == OC_OK; i++) {
    const char *best = oc_model_class_name(j->model, list[i].best);
    char detail[160];
    (void)snprintf(detail, sizeof detail, "the model says '%.60s' with %.3f, and %.3f for its label", best,
                   (double)list[i].probability, (double)list[i].of_label);
    const oc_doctor_row row = {{"label", "", best, detail}, list[i].index, -1};
    status = oc_doctor_add(j->doctor, &row, err);
  }
  oc_memory_free(list);
  return status;
}

/* ---- the check ----------------------------------------------------------------------------------------- */

static oc_status make(judge *j, oc_error *err) {
  const oc_doctor *d = j->doctor;
  const size_t count = (size_t)d->items.count, classes = (size_t)j->classes;
  j->model_class = oc_memory_array((size_t)d->items.class_count + 1, sizeof *j->model_class);
  j->index = oc_memory_array(count + 1, sizeof *j->index);
  j->answers = oc_memory_array(count + 1, classes * sizeof *j->answers);
  j->sum = oc_memory_array(classes, sizeof *j->sum);
  j->labeled = oc_memory_array(classes, sizeof *j->labeled);
  if (!j->model_class || !j->index || !j->answers || !j->sum || !j->labeled)
    return oc_fail_memory(err, count * classes * sizeof *j->answers);
  for (int64_t i = 0; i < d->items.count; i++)
    if (d->features[i].state == OC_FILE_GOOD) j->index[j->count++] = i;
  return match_classes(j, err);
}

static oc_status run(oc_doctor *d, oc_error *err) {
  judge j = {.doctor = d, .model = d->options.model};
  if (!j.model) return OC_OK;
  j.classes = oc_model_classes(j.model);
  if (j.classes < 2) return oc_fail(err, OC_E_ARGUMENT, "model", "", "the model does not predict one class");
  oc_status status = make(&j, err);
  if (status == OC_OK) status = answer_all(&j, err);
  if (status == OC_OK) add_up(&j);
  if (status == OC_OK) status = report(&j, err);
  oc_memory_free(j.model_class);
  oc_memory_free(j.index);
  oc_memory_free(j.answers);
  oc_memory_free(j.sum);
  oc_memory_free(j.labeled);
  return status;
}

OC_DEFINE_CHECK(labels, .kinds = {{"label", "a label that the model contradicts (with --model)"}},
                .run = run);
