/* doctor.c: runs the checks and keeps what they find. */
#include "inspect/doctor/doctor.h"
#include "base/error.h"
#include "base/options.h"
#include "data/dataset.h"
#include "ocellus/preprocess.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OC_ROW(id) extern const oc_check oc_check_##id;
#include "inspect/doctor/checks.def"
#undef OC_ROW

static const oc_check *const checks[] = {
#define OC_ROW(id) &oc_check_##id,
#include "inspect/doctor/checks.def"
#undef OC_ROW
};
enum { CHECKS = sizeof checks / sizeof checks[0] };

bool oc_doctor_kind(int index, const char **name, const char **summary) {
  if (!name || !summary || index < 0) return false;
  for (int c = 0; c < CHECKS; c++)
    for (const oc_check_kind *k = checks[c]->kinds; k->name; k++)
      if (index-- == 0) {
        *name = k->name;
        *summary = k->summary;
        return true;
      }
  return false;
}

oc_doctor_options oc_doctor_defaults(void) {
  return (oc_doctor_options){.struct_size = sizeof(oc_doctor_options)};
}

static int compare_rows(const void *a, const void *b) {
  const oc_doctor_row *x = a, *y = b;
  return strcmp(x->finding.file, y->finding.file);
}

/* By kind and file; labels stay sorted by doubt. */
static oc_status sort_rows(oc_doctor *d, oc_error *err) {
  oc_doctor_row *sorted = oc_memory_array((size_t)d->row_count + 1, sizeof *sorted);
  if (!sorted) return oc_fail_memory(err, (size_t)d->row_count * sizeof *sorted);
  int64_t n = 0;
  const char *name, *summary;
  for (int k = 0; oc_doctor_kind(k, &name, &summary); k++) {
    const int64_t first = n;
    for (int64_t i = 0; i < d->row_count; i++)
      if (strcmp(d->rows[i].finding.kind, name) == 0) sorted[n++] = d->rows[i];
    if (n > first && strcmp(name, "label") != 0)
      qsort(sorted + first, (size_t)(n - first), sizeof *sorted, compare_rows);
  }
  oc_memory_free(d->rows);
  d->rows = sorted;
  return OC_OK;
}

/* ---- a report ------------------------------------------------------------------------------------------ */

static oc_status examine(oc_doctor *d, const oc_data_options *data, oc_error *err) {
  if (!oc_items_accept(d->where))
    return oc_fail(err, OC_E_UNSUPPORTED, d->where,
                   "Give a folder or an archive with a folder for each class, or a list.",
                   "only images in files are examined");
  TRY(oc_items_open(d->where, data, &d->items, err));
  d->features = oc_memory_array((size_t)d->items.count, sizeof *d->features);
  if (!d->features) return oc_fail_memory(err, (size_t)d->items.count * sizeof *d->features);
  TRY(oc_doctor_read(d, data, err));
  for (int c = 0; c < CHECKS; c++) TRY(checks[c]->run(d, err));
  return sort_rows(d, err);
}

oc_status oc_doctor_examine(const char *where, const oc_doctor_options *options, oc_doctor **out,
                            oc_error *err) {
  NEED(where, out);
  oc_doctor_options o = oc_doctor_defaults();
  *out = NULL;
  if (options) OC_OPTIONS_READ(o, options);
  TRY(oc_options_check(o.struct_size, sizeof o, "oc_doctor_options", err));
  const oc_data_options data = oc_data_options_resolve(o.data);
  TRY(oc_options_check(data.struct_size, sizeof data, "oc_data_options", err));
  oc_doctor *d = oc_memory_alloc(sizeof *d);
  if (!d) return oc_fail_memory(err, sizeof *d);
  d->options = o;
  d->options.data = &data;
  d->where = where;
  const oc_status status = examine(d, &data, err);
  if (status == OC_OK)
    *out = d;
  else
    oc_doctor_free(d);
  return status;
}

void oc_doctor_free(oc_doctor *d) {
  if (!d) return;
  oc_items_release(&d->items);
  oc_memory_free(d->features);
  oc_memory_free(d->rows);
  oc_arena_free(&d->text);
  oc_memory_free(d);
}

int64_t oc_doctor_images(const oc_doctor *d) {
  return d ? d->items.count : 0;
}

bool oc_doctor_finding(const oc_doctor *d, int64_t index, oc_finding *out) {
  if (!d || !out || index < 0 || index >= d->row_count) return false;
  *out = d->rows[index].finding;
  return true;
}

static oc_status draw(const oc_doctor *d, int64_t item, int side, oc_image *out, oc_error *err) {
  const oc_preprocessing rule = {
      .struct_size = sizeof rule, .shape = {side, side, 3}, .resize = OC_RESIZE_PAD};
  const size_t bytes = (size_t)side * (size_t)side * 3;
  *out = (oc_image){.size = rule.shape, .pixels = oc_memory_alloc(bytes)};
  const oc_status status = out->pixels ? oc_item_pixels(&d->items, item, &rule, true, out->pixels, err)
                                       : oc_fail_memory(err, bytes);
  if (status != OC_OK) oc_image_release(out);
  return status;
}

oc_status oc_doctor_image(const oc_doctor *d, int64_t index, bool other, int side, oc_image *out,
                          oc_error *err) {
  NEED(d, out);
  *out = (oc_image){0};
  if (index < 0 || index >= d->row_count || side < 1 || side > 4096)
    return oc_fail(err, OC_E_ARGUMENT, "finding", "", "no finding %lld, or a side of %d pixels",
                   (long long)index, side);
  const int64_t item = other ? d->rows[index].other : d->rows[index].index;
  if (item < 0)
    return oc_fail(err, OC_E_ARGUMENT, "finding", "", "finding %lld has no such image", (long long)index);
  return draw(d, item, side, out, err);
}
