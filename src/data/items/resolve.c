/* resolve.c: chooses shape, channels and background for a list of images. */
#include "data/items/resolve.h"
#include "base/checked.h"
#include <string.h>

/* Images of several sizes become squares of the middle of their shorter sides, a multiple of 8 in these
 * bounds: larger ones would be trained for hours on two cores. */
enum { SMALLEST_SIDE = 16, LARGEST_SIDE = 64, STEP = 8 };

typedef struct totals {
  int64_t images, colored, transparent, dark;
  int32_t height, width; /* of the first */
  bool one_size;
  int64_t sides[LARGEST_SIDE + 1]; /* how many shorter sides are of that size, or larger at the end */
} totals;

static void add_row(totals *t, const oc_scan_row *row) {
  if (t->images++ == 0) {
    t->height = row->height;
    t->width = row->width;
    t->one_size = true;
  }
  t->one_size = t->one_size && row->height == t->height && row->width == t->width;
  t->colored += (row->flags & OC_SCAN_COLOR) != 0;
  t->transparent += (row->flags & OC_SCAN_TRANSPARENT) != 0;
  t->dark += (row->flags & OC_SCAN_DARK_INK) != 0;
  t->sides[oc_min_i64(LARGEST_SIDE, oc_min_i64(row->height, row->width))]++;
}

static totals total_of(const oc_items *items, const oc_scan *scan) {
  totals t = {0};
  const bool any = items->count > 0 && items->list[0].part == OC_PART_TRAIN; /* training comes first */
  for (int64_t i = 0; i < items->count; i++)
    if (!any || items->list[i].part == OC_PART_TRAIN) add_row(&t, &scan->rows[i]);
  return t;
}

static int64_t middle_side(const totals *t) {
  int64_t seen = 0, side = 0;
  while (side < LARGEST_SIDE && (seen += t->sides[side]) * 2 < t->images) side++;
  return oc_max_i64(SMALLEST_SIDE, (side + STEP / 2) / STEP * STEP);
}

void oc_items_resolve(oc_preprocessing *rule, const oc_items *items, const oc_scan *scan) {
  const totals t = total_of(items, scan);
  const bool keeps = t.one_size && oc_max_i64(t.height, t.width) <= LARGEST_SIDE;
  oc_image_shape *shape = &rule->shape;
  if (!shape->channels) shape->channels = t.colored * 100 > t.images ? 3 : 1;
  if (!shape->height) shape->height = keeps ? t.height : middle_side(&t);
  if (!shape->width) shape->width = keeps ? t.width : shape->height;
  if (rule->background_set || rule->background_each) return;
  memset(rule->background, 2 * t.dark > t.transparent ? 255 : 0, sizeof rule->background);
  rule->background_set = true;
}
