/* chart.c: holds the description of a chart: copies of its texts, escaped, and of its values. */
#include "draw/chart.h"
#include "base/error.h"
#include <math.h>
#include <string.h>

enum { THIN_FROM = 500, STRETCHES = 200 };

/* ---- texts --------------------------------------------------------------------------------------------- */

/* An escaped copy; NULL when there is no memory. */
static const char *copy_text(oc_chart *c, const char *text) {
  char piece[OC_ESCAPE_ROOM];
  size_t size = 1, n;
  text = text ? text : "";
  for (const char *from = text; (n = oc_escape_next(&from, piece)) > 0;) size += n;
  char *copy = oc_arena_alloc(&c->arena, size);
  if (!copy) return NULL;
  size_t used = 0;
  while ((n = oc_escape_next(&text, piece)) > 0) {
    memcpy(copy + used, piece, n);
    used += n;
  }
  return copy;
}

static oc_status copy_axis(oc_chart *c, const oc_chart_axis *from, oc_axis *to, oc_error *err) {
  if (from->names && (from->name_count < 0 || from->name_count > OC_CHART_MAX_NAMES))
    return oc_fail(err, OC_E_ARGUMENT, "name_count", "", "must be 0 to %d, got %lld", OC_CHART_MAX_NAMES,
                   (long long)from->name_count);
  *to = (oc_axis){.low = from->low, .high = from->high};
  if (!isfinite(from->low) || !isfinite(from->high)) to->low = to->high = 0;
  to->label = copy_text(c, from->label);
  if (!to->label) return oc_fail_memory(err, 1);
  if (!from->names) return OC_OK;
  const size_t bytes = (size_t)(from->name_count + 1) * sizeof(char *);
  const char **names = oc_arena_alloc(&c->arena, bytes);
  if (!names) return oc_fail_memory(err, bytes);
  for (int64_t i = 0; i < from->name_count; i++) {
    names[i] = copy_text(c, from->names[i]);
    if (!names[i]) return oc_fail_memory(err, 1);
  }
  to->names = names;
  to->count = from->name_count;
  return OC_OK;
}

oc_status oc_chart_create(const oc_chart_form *form, oc_chart **out, oc_error *err) {
  if (out) *out = NULL;
  NEED(form, out);
  oc_chart *c = oc_memory_alloc(sizeof *c);
  if (!c) return oc_fail_memory(err, sizeof *c);
  c->title = copy_text(c, form->title);
  c->about = copy_text(c, form->about);
  oc_status status = c->title && c->about ? OC_OK : oc_fail_memory(err, 1);
  if (status == OC_OK) status = copy_axis(c, &form->x, &c->x, err);
  if (status == OC_OK) status = copy_axis(c, &form->y, &c->y, err);
  if (status == OC_OK)
    *out = c;
  else
    oc_chart_free(c);
  return status;
}

void oc_chart_free(oc_chart *chart) {
  if (!chart) return;
  oc_arena_free(&chart->arena);
  oc_memory_free(chart);
}

/* ---- marks --------------------------------------------------------------------------------------------- */

/* Which values a stretch keeps, in order: the least, the largest, a gap; returns how many. */
static int pick(const double *values, int64_t first, int64_t end, int64_t kept[3]) {
  int64_t least = -1, largest = -1, gap = -1;
  for (int64_t i = first; i < end; i++) {
    if (!isfinite(values[i])) gap = i;
    if (!isfinite(values[i])) continue;
    if (least < 0 || values[i] < values[least]) least = i;
    if (largest < 0 || values[i] > values[largest]) largest = i;
  }
  const int64_t candidates[3] = {least, largest, gap};
  int count = 0;
  for (int64_t i = first; i < end; i++) /* in the order of the data */
    if (i == candidates[0] || i == candidates[1] || i == candidates[2]) kept[count++] = i;
  return count;
}

static void thin(oc_drawn_mark *m, double *x, double *values, const oc_mark *from) {
  int64_t count = 0, kept[3];
  for (int64_t s = 0; s < STRETCHES; s++) {
    const int n = pick(from->values, from->count * s / STRETCHES, from->count * (s + 1) / STRETCHES, kept);
    for (int k = 0; k < n; k++, count++) {
      x[count] = from->x[kept[k]];
      values[count] = from->values[kept[k]];
    }
  }
  m->count = count;
}

static oc_status check_mark(const oc_chart *c, const oc_mark *m, oc_error *err) {
  const bool over_x = m->kind == OC_MARK_LINE || m->kind == OC_MARK_POINTS;
  const int64_t wanted = m->kind == OC_MARK_BARS ? c->y.count : c->y.count * c->x.count;
  if (m->kind < OC_MARK_LINE || m->kind > OC_MARK_CELLS)
    return oc_fail(err, OC_E_ARGUMENT, "kind", "", "unknown kind of mark %d", (int)m->kind);
  if (m->color < 0 || m->color >= OC_CHART_COLORS)
    return oc_fail(err, OC_E_ARGUMENT, "color", "", "must be 0 to %d, got %d", OC_CHART_COLORS - 1, m->color);
  if (m->count < 0 || m->count > INT32_MAX || (!over_x && m->count != wanted))
    return oc_fail(err, OC_E_ARGUMENT, "count", "", "expected %lld values, got %lld", (long long)wanted,
                   (long long)m->count);
  if (m->kind == OC_MARK_CELLS && c->x.count > OC_CHART_MAX_COLUMNS)
    return oc_fail(err, OC_E_ARGUMENT, "x", "Show fewer of them.", "too many columns: the limit is %d",
                   OC_CHART_MAX_COLUMNS);
  if (m->count > 0 && !m->values) return oc_fail_null(err, "oc_chart_add", "values");
  if (m->count > 0 && over_x && !m->x) return oc_fail_null(err, "oc_chart_add", "x");
  if (c->mark_count >= OC_CHART_MAX_MARKS)
    return oc_fail(err, OC_E_ARGUMENT, "mark", "", "too many marks: the limit is %d", OC_CHART_MAX_MARKS);
  return OC_OK;
}

oc_status oc_chart_add(oc_chart *chart, const oc_mark *mark, oc_error *err) {
  NEED(chart, mark);
  TRY(check_mark(chart, mark, err));
  const bool over_x = mark->kind == OC_MARK_LINE || mark->kind == OC_MARK_POINTS;
  const bool thins = over_x && mark->count > THIN_FROM;
  const int64_t room = thins ? 3 * STRETCHES : mark->count;
  const size_t bytes = (size_t)room * sizeof(double);
  double *values = oc_arena_alloc(&chart->arena, bytes), *x = NULL;
  if (over_x) x = oc_arena_alloc(&chart->arena, bytes);
  oc_drawn_mark m = {mark->kind, copy_text(chart, mark->name), mark->color, mark->diagonal, mark->count, x,
                     values};
  if (!values || (over_x && !x) || !m.name) return oc_fail_memory(err, bytes);
  if (thins) {
    thin(&m, x, values, mark);
  } else if (mark->count > 0) {
    memcpy(values, mark->values, bytes);
    if (x) memcpy(x, mark->x, bytes);
  }
  chart->marks[chart->mark_count++] = m;
  return OC_OK;
}
