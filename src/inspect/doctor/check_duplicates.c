/* check_duplicates.c: images that are there twice, byte for byte or almost.
 *
 * Two images are almost the same if their 8x8 gray thumbs differ by at most a seventh of their contrast (root
 * of the mean square), as those of one image that was scaled or compressed again do. Then their means differ
 * by no more than that, and so do the means of their 4x4 parts: sorted by mean, only neighbors are compared,
 * first by those parts. Each image is reported once, with the earliest image of its worst kind: in another
 * split (leak), in another class (conflict), or in its own class (duplicate). */
#include "base/checked.h"
#include "base/thread_pool.h"
#include "inspect/doctor/doctor.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COARSE = 4, COARSE_PIXELS = COARSE * COARSE, IN_PART = 64 };
static const float tolerance = 0.14F, least = 3.5F; /* of the contrast; in levels */

typedef enum relation { APART = 0, SAME_CLASS, OTHER_CLASS, OTHER_SPLIT } relation;

static const char *const equal_kinds[] = {"", "duplicate", "conflict", "leak"}, *const near_kinds[] = {
                                                                                    "", "near-duplicate",
                                                                                    "near-conflict",
                                                                                    "near-leak"};

typedef struct entry {
  int64_t index;
  float mean, allowed;
  float coarse[COARSE_PIXELS];
} entry;

typedef struct match {
  int64_t other;
  relation relation;
} match;

typedef struct search {
  oc_doctor *doctor;
  entry *entries; /* by mean */
  int64_t count;
  match *found; /* of each item */
} search;

static relation relation_of(const oc_doctor *d, int64_t a, int64_t b) {
  const oc_item *x = &d->items.list[a], *y = &d->items.list[b];
  return x->part != y->part ? OTHER_SPLIT : x->label != y->label ? OTHER_CLASS : SAME_CLASS;
}

/* ---- byte for byte ------------------------------------------------------------------------------------- */

typedef struct summed {
  const uint8_t *sum;
  int64_t index;
} summed;

static int compare_sums(const void *a, const void *b) {
  const summed *x = a, *y = b;
  const int order = memcmp(x->sum, y->sum, 32);
  return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* Of a pair in two splits, the image of the training set is the one to leave out. */
static oc_status report(oc_doctor *d, const char *const *kinds, int64_t index, int64_t other,
                        const char *detail, oc_error *err) {
  const bool swap = d->items.list[other].part < d->items.list[index].part;
  const oc_doctor_about about = {kinds[relation_of(d, index, other)], swap ? other : index,
                                 swap ? index : other};
  return oc_doctor_add_item(d, &about, err, "%s", detail);
}

/* Marks what was reported in found[..].relation. */
static oc_status find_equal(search *s, oc_error *err) {
  oc_doctor *d = s->doctor;
  int64_t n = 0;
  summed *sums = oc_memory_array((size_t)d->items.count + 1, sizeof *sums);
  if (!sums) return oc_fail_memory(err, (size_t)d->items.count * sizeof *sums);
  for (int64_t i = 0; i < d->items.count; i++)
    if (d->features[i].state == OC_FILE_GOOD) sums[n++] = (summed){d->features[i].sum, i};
  qsort(sums, (size_t)n, sizeof *sums, compare_sums);
  oc_status status = OC_OK;
  for (int64_t i = 1, first = 0; i < n && status == OC_OK; i++) {
    if (memcmp(sums[i].sum, sums[first].sum, 32) != 0) {
      first = i;
      continue;
    }
    s->found[sums[i].index].relation = OTHER_SPLIT; /* needs no further search */
    status = report(d, equal_kinds, sums[i].index, sums[first].index, "the same bytes", err);
  }
  oc_memory_free(sums);
  return status;
}

/* ---- almost -------------------------------------------------------------------------------------------- */

static int compare_means(const void *a, const void *b) {
  const entry *x = a, *y = b;
  return x->mean != y->mean ? (x->mean < y->mean ? -1 : 1) : (x->index > y->index) - (x->index < y->index);
}

static entry entry_of(const oc_features *f, int64_t index) {
  entry e = {.index = index, .mean = f->mean, .allowed = fmaxf(least, tolerance * f->deviation)};
  const int side = OC_THUMB / COARSE;
  for (int i = 0; i < OC_THUMB_PIXELS; i++)
    e.coarse[i / OC_THUMB / side * COARSE + i % OC_THUMB / side] += (float)f->thumb[i] / (float)(side * side);
  return e;
}

static bool coarse_match(const entry *a, const entry *b, float allowed) {
  float sum = 0;
  for (int i = 0; i < COARSE_PIXELS; i++)
    sum += (a->coarse[i] - b->coarse[i]) * (a->coarse[i] - b->coarse[i]);
  return sum <= allowed * allowed * COARSE_PIXELS;
}

static bool thumbs_match(const uint8_t *a, const uint8_t *b, float allowed) {
  int sum = 0;
  for (int i = 0; i < OC_THUMB_PIXELS; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return (float)sum <= allowed * allowed * OC_THUMB_PIXELS;
}

static bool same_shape(const oc_image_shape *a, const oc_image_shape *b) {
  const double x = (double)a->width / (double)a->height, y = (double)b->width / (double)b->height;
  return x <= 1.1 * y && y <= 1.1 * x;
}

static bool match_entries(const oc_doctor *d, const entry *a, const entry *b) {
  const float allowed = fminf(a->allowed, b->allowed);
  const oc_features *x = &d->features[a->index], *y = &d->features[b->index];
  return fabsf(a->mean - b->mean) <= allowed && coarse_match(a, b, allowed) &&
         same_shape(&x->size, &y->size) && thumbs_match(x->thumb, y->thumb, allowed);
}

/* Notes that `index` is like an earlier image. */
static void note(search *s, int64_t index, int64_t other) {
  match *m = &s->found[index];
  const relation r = relation_of(s->doctor, index, other);
  if (other > index || r < m->relation || (r == m->relation && m->other <= other)) return;
  *m = (match){other, r};
}

/* Entry i against its neighbors with a lower and with a higher mean: it alone writes found[its index]. */
static void search_around(search *s, int64_t i) {
  const entry *e = &s->entries[i];
  if (s->found[e->index].relation == OTHER_SPLIT && s->found[e->index].other < 0) return;
  for (int step = -1; step <= 1; step += 2)
    for (int64_t k = i + step; k >= 0 && k < s->count && fabsf(s->entries[k].mean - e->mean) <= e->allowed;
         k += step)
      if (s->entries[k].index < e->index && match_entries(s->doctor, e, &s->entries[k]))
        note(s, e->index, s->entries[k].index);
}

static void search_part(void *context, int64_t part, int worker) {
  search *s = context;
  (void)worker;
  const int64_t end = oc_min_i64((part + 1) * IN_PART, s->count);
  for (int64_t i = part * IN_PART; i < end; i++) search_around(s, i);
}

static oc_status report_similar(search *s, oc_error *err) {
  for (int64_t i = 0; i < s->doctor->items.count; i++) {
    const match *m = &s->found[i];
    if (m->relation == APART || m->other < 0) continue;
    TRY(report(s->doctor, near_kinds, i, m->other, "almost the same image", err));
  }
  return OC_OK;
}

/* Flat images are alike by nature: they are reported as such. */
static oc_status find_similar(search *s, oc_error *err) {
  oc_doctor *d = s->doctor;
  oc_thread_pool *pool;
  for (int64_t i = 0; i < d->items.count; i++)
    if (d->features[i].state == OC_FILE_GOOD && d->features[i].deviation >= 2)
      s->entries[s->count++] = entry_of(&d->features[i], i);
  if (s->count) qsort(s->entries, (size_t)s->count, sizeof *s->entries, compare_means);
  TRY(oc_thread_pool_create(d->options.data->workers, &pool, err));
  oc_thread_pool_run(pool, oc_ceil_div(s->count, IN_PART), search_part, s);
  oc_thread_pool_free(pool);
  return report_similar(s, err);
}

static oc_status run(oc_doctor *d, oc_error *err) {
  search s = {.doctor = d};
  s.entries = oc_memory_array((size_t)d->items.count + 1, sizeof *s.entries);
  s.found = oc_memory_array((size_t)d->items.count + 1, sizeof *s.found);
  oc_status status =
      s.entries && s.found ? OC_OK : oc_fail_memory(err, (size_t)d->items.count * sizeof *s.entries);
  for (int64_t i = 0; status == OC_OK && i < d->items.count; i++) s.found[i].other = -1;
  if (status == OC_OK) status = find_equal(&s, err);
  if (status == OC_OK) status = find_similar(&s, err);
  oc_memory_free(s.entries);
  oc_memory_free(s.found);
  return status;
}

OC_DEFINE_CHECK(duplicates,
                .kinds = {{"leak", "the same file in two splits"},
                          {"conflict", "the same file in two classes"},
                          {"duplicate", "the same file twice in a class"},
                          {"near-leak", "almost the same image in two splits"},
                          {"near-conflict", "almost the same image in two classes"},
                          {"near-duplicate", "almost the same image twice in a class"}},
                .run = run);
