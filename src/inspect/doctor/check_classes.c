/* check_classes.c: classes that are uneven, small, or not in every split. */
#include "inspect/doctor/doctor.h"
#include <stdio.h>

/* Fewer training images than FEW seldom teach a class; with more than UNEVEN times those of the smallest
 * class, an answer is likely for its number alone. */
enum { FEW = 50, UNEVEN = 5 };

typedef int64_t class_counts[OC_PARTS];

static const char *const part_names[] = {"training", "validation", "test"};

static oc_status add(oc_doctor *d, const char *kind, int label, const char *detail, oc_error *err) {
  return oc_doctor_add_class(d, kind, label >= 0 ? d->items.classes[label] : "", detail, err);
}

static oc_status check_splits(oc_doctor *d, int label, const class_counts *counts, const int64_t *all,
                              oc_error *err) {
  char detail[96];
  for (int p = 0; p < OC_PARTS; p++) {
    if (all[p] == 0 || (*counts)[p] > 0) continue;
    (void)snprintf(detail, sizeof detail, "no images in the %s set", part_names[p]);
    TRY(add(d, "missing-class", label, detail, err));
  }
  return OC_OK;
}

static oc_status check_counts(oc_doctor *d, const class_counts *counts, int part, oc_error *err) {
  int least = 0, most = 0;
  char detail[160];
  for (int c = 0; c < d->items.class_count; c++) {
    const int64_t n = counts[c][part];
    if (n < counts[least][part]) least = c;
    if (n > counts[most][part]) most = c;
    if (n == 0 || n >= FEW) continue;
    (void)snprintf(detail, sizeof detail, "%lld %s image%s; at least %d are advised", (long long)n,
                   part_names[part], n == 1 ? "" : "s", FEW);
    TRY(add(d, "few-images", c, detail, err));
  }
  if (counts[most][part] <= UNEVEN * counts[least][part]) return OC_OK;
  (void)snprintf(detail, sizeof detail, "'%.40s' has %lld images, '%.40s' %lld", d->items.classes[most],
                 (long long)counts[most][part], d->items.classes[least], (long long)counts[least][part]);
  return add(d, "imbalance", -1, detail, err);
}

static oc_status check(oc_doctor *d, const class_counts *counts, const int64_t *all, oc_error *err) {
  for (int c = 0; c < d->items.class_count; c++) TRY(check_splits(d, c, &counts[c], all, err));
  return check_counts(d, counts, all[OC_PART_TRAIN] ? OC_PART_TRAIN : OC_PART_TEST, err);
}

static oc_status run(oc_doctor *d, oc_error *err) {
  int64_t all[OC_PARTS] = {0};
  class_counts *counts = oc_memory_array((size_t)d->items.class_count, sizeof *counts);
  if (!counts) return oc_fail_memory(err, (size_t)d->items.class_count * sizeof *counts);
  for (int64_t i = 0; i < d->items.count; i++) {
    const oc_item *item = &d->items.list[i];
    counts[item->label][item->part]++;
    all[item->part]++;
  }
  const oc_status status = check(d, counts, all, err);
  oc_memory_free(counts);
  return status;
}

OC_DEFINE_CHECK(classes,
                .kinds = {{"missing-class", "a class without images in one of the splits"},
                          {"few-images", "a class with few training images"},
                          {"imbalance", "classes with very different numbers of images"}},
                .run = run);
