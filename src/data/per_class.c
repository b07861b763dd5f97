/* per_class.c: draws a few images of each class of a set. The images of a class are drawn one by one: with
 * probability (still wanted) / (still to come) (selection sampling, Knuth 3.4.2), so that they stay in the
 * order of the set. */
#include "base/checked.h"
#include "base/error.h"
#include "base/random.h"
#include "data/dataset.h"

enum { DRAW = 2 }; /* 0 and 1 are those of splits with the same seed */

/* Of a class: images still to come, and how many of them are still wanted. */
typedef struct quota {
  int64_t left, wanted;
} quota;

/* Returns how many images will be drawn. */
static int64_t set_quotas(quota *q, int classes, const int32_t *labels, int64_t count, int64_t each) {
  int64_t all = 0;
  for (int64_t i = 0; i < count; i++) q[labels[i]].left++;
  for (int c = 0; c < classes; c++) all += q[c].wanted = oc_min_i64(each, q[c].left);
  return all;
}

static void draw_images(quota *q, const int32_t *labels, int64_t count, uint64_t seed, int64_t *drawn) {
  for (int64_t i = 0; i < count; i++) {
    quota *c = &q[labels[i]];
    oc_random r = oc_random_at(seed, OC_STREAM_SPLIT, DRAW, (uint64_t)i);
    const bool wanted = oc_random_below(&r, (uint64_t)c->left) < (uint64_t)c->wanted;
    c->left--;
    c->wanted -= wanted;
    if (wanted) *drawn++ = i;
  }
}

/* Places in `d` become places in its store. */
static void map_index(const oc_dataset *d, int64_t *index, int64_t count) {
  for (int64_t i = 0; i < count; i++) index[i] = d->index ? d->index[index[i]] : d->first + index[i];
}

static oc_status draw(const oc_dataset *d, int64_t each, uint64_t seed, const int32_t *labels,
                      oc_dataset **out, oc_error *err) {
  const int classes = oc_dataset_classes(d);
  const int64_t count = oc_dataset_count(d);
  quota *q = oc_memory_array((size_t)classes, sizeof *q);
  if (!q) return oc_fail_memory(err, (size_t)classes * sizeof *q);
  const int64_t all = set_quotas(q, classes, labels, count, each);
  int64_t *drawn = oc_memory_array((size_t)all, sizeof *drawn);
  oc_status status = drawn ? OC_OK : oc_fail_memory(err, (size_t)all * sizeof *drawn);
  if (status == OC_OK) {
    draw_images(q, labels, count, seed, drawn);
    map_index(d, drawn, all);
    status = oc_dataset_part(d, 0, all, d->split, out, err);
  }
  oc_memory_free(q);
  if (status == OC_OK)
    oc_dataset_take_index(*out, drawn);
  else
    oc_memory_free(drawn);
  return status;
}

oc_status oc_dataset_per_class(const oc_dataset *d, int64_t count, uint64_t seed, oc_dataset **out,
                               oc_error *err) {
  NEED(d, out);
  *out = NULL;
  int32_t *labels;
  if (count < 1)
    return oc_fail(err, OC_E_ARGUMENT, "per_class", "Ask for 1 or more images of each class.",
                   "must be at least 1, got %lld", (long long)count);
  if (!oc_dataset_labeled(d))
    return oc_fail(err, OC_E_ARGUMENT, "per_class", "Use images with one label each.",
                   "the images have no classes to draw from");
  TRY(oc_dataset_labels(d, &labels, err));
  const oc_status status = draw(d, count, seed, labels, out, err);
  oc_memory_free(labels);
  return status;
}
