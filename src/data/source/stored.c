/* stored.c: converts the numbers of a file, of any type, to pixels and labels.
 *
 * One pass is enough: a number v of 0 to 1 is kept as round(255 v). When a number beyond 1 shows that 255 is
 * the largest, round(v) follows from what was kept: it is 1 exactly if round(255 v) is 128 or more. */
#include "data/source/stored.h"
#include "base/checked.h"
#include <math.h>

enum { LABEL_MAX = 65535 };

static bool is_plain(const oc_stored *e) {
  return e->type->kind == OC_ELEMENT_UNSIGNED && e->type->bytes == 1 && !e->boolean;
}

static oc_status fail_pixel(const oc_stored *e, int64_t i, double value, oc_error *err) {
  const bool real = e->type->kind == OC_ELEMENT_REAL;
  return oc_fail(err, OC_E_DATA, e->where,
                 real ? "Scale the images to 0 to 255 or to 0 to 1, without standardizing them."
                      : "Scale the images to 0 to 255, and save them as unsigned bytes.",
                 "pixels of type %s must be 0 to 255%s, got %.9g as number %lld", e->type->name,
                 real ? ", or 0 to 1" : "", value, (long long)i + 1);
}

/* The numbers until now were taken as 0 to 1. */
static void go_beyond_one(oc_stored *e) {
  for (int64_t i = 0; i < e->done; i++) e->pixels[i] = e->pixels[i] >= 128;
  e->beyond_one = true;
}

static oc_status add_pixel(oc_stored *e, const unsigned char *raw, oc_error *err) {
  double v;
  const bool exact = oc_element_value(e->type, raw, &v);
  if (!exact || !(v >= 0 && v <= 255) || (e->boolean && v > 1)) return fail_pixel(e, e->done, v, err);
  const bool real = e->type->kind == OC_ELEMENT_REAL;
  if (real && v > 1 && !e->beyond_one) go_beyond_one(e);
  const double scale = e->boolean || (real && !e->beyond_one) ? 255 : 1;
  e->pixels[e->done] = (uint8_t)round(v * scale);
  return OC_OK;
}

static oc_status add_label(oc_stored *e, const unsigned char *raw, oc_error *err) {
  double v;
  const bool exact = oc_element_value(e->type, raw, &v);
  if (!exact || !(v >= 0 && v <= LABEL_MAX) || v != (double)(int32_t)v)
    return oc_fail(err, OC_E_DATA, e->where, "Number the classes 0, 1, 2 and so on.",
                   "labels must be whole numbers of 0 to %d, got %.9g as number %lld", LABEL_MAX, v,
                   (long long)e->done + 1);
  e->labels[e->done] = (int32_t)v;
  if (e->labels[e->done] > e->largest) e->largest = e->labels[e->done];
  return OC_OK;
}

oc_status oc_stored_add(oc_stored *e, const unsigned char *raw, int64_t count, oc_error *err) {
  for (int64_t i = 0; i < count; i++, e->done++) {
    const unsigned char *at = raw + (size_t)i * e->type->bytes;
    TRY(e->pixels ? add_pixel(e, at, err) : add_label(e, at, err));
  }
  return OC_OK;
}

int oc_stored_real_max(const oc_stored *e) {
  return e->type->kind != OC_ELEMENT_REAL ? 0 : e->beyond_one ? 255 : 1;
}

/* Unsigned bytes are pixels already. */
static oc_status read_piece(oc_stored *e, const oc_stream *from, int64_t count, int64_t *got, oc_error *err) {
  enum { PIECE = 1 << 16 };
  unsigned char raw[PIECE];
  size_t bytes;
  if (e->pixels && is_plain(e)) {
    TRY(from->read(from->context, e->pixels + e->done, (size_t)count, &bytes, err));
    *got = (int64_t)bytes;
    e->done += *got;
    return OC_OK;
  }
  const int64_t room = PIECE / (int64_t)e->type->bytes;
  if (count > room) count = room;
  TRY(from->read(from->context, raw, (size_t)count * e->type->bytes, &bytes, err));
  *got = (int64_t)(bytes / e->type->bytes);
  return oc_stored_add(e, raw, *got, err);
}

oc_status oc_stored_read(oc_stored *e, const oc_stream *from, int64_t count, const oc_data_options *how,
                         int64_t *got, oc_error *err) {
  enum { BETWEEN = 4 << 20 };
  int64_t last = 1, asked = 0;
  for (*got = 0; *got < count && last > 0; *got += last, asked -= last) {
    if (asked <= 0 && how->go_on && !how->go_on(how->context))
      return oc_fail(err, OC_E_INTERRUPTED, "data", "Open it again to read all of it.", "stopped by go_on");
    if (asked <= 0) asked = BETWEEN;
    TRY(read_piece(e, from, oc_min_i64(count - *got, BETWEEN), &last, err));
  }
  return OC_OK;
}
