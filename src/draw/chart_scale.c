/* chart_scale.c: ranges of axes and their ticks, at 1, 2 or 5 times a power of ten. */
#include "draw/chart.h"
#include <math.h>

enum { TICKS = 5 };

/* Numbers that can be subtracted and divided by: of an axis, and its least length. */
#define LARGEST 4e307
#define LEAST   1e-300

typedef struct range {
  double low, high;
  bool whole; /* all numbers are integers */
} range;

static void extend(range *r, double value) {
  if (!isfinite(value)) return;
  if (value < r->low) r->low = value;
  if (value > r->high) r->high = value;
  r->whole &= value == floor(value);
}

static bool is_over_x(const oc_drawn_mark *m) {
  return m->kind == OC_MARK_LINE || m->kind == OC_MARK_POINTS;
}

/* Bars begin at 0, and have their values along x. */
static range range_of(const oc_chart *c, bool of_x) {
  range r = {INFINITY, -INFINITY, true};
  for (int i = 0; i < c->mark_count; i++) {
    const oc_drawn_mark *m = &c->marks[i];
    const double *numbers = is_over_x(m) && of_x ? m->x : m->values;
    if (m->kind == OC_MARK_CELLS || (m->kind == OC_MARK_BARS && !of_x)) continue;
    if (m->kind == OC_MARK_BARS) extend(&r, 0);
    for (int64_t k = 0; k < m->count; k++) extend(&r, numbers[k]);
  }
  if (r.low > r.high) r = (range){0, 1, false};
  return r;
}

static double nice_step(double width, bool whole) {
  const double rough = width / TICKS, power = pow(10, floor(log10(rough)));
  const double factor = rough / power;
  const double step = power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
  return whole && step < 1 ? 1 : step;
}

static double within(double value) {
  return fmin(LARGEST, fmax(-LARGEST, value));
}

oc_scale oc_scale_of(const oc_chart *c, bool of_x) {
  const oc_axis *axis = of_x ? &c->x : &c->y;
  range r = range_of(c, of_x);
  const bool fixed = axis->low < axis->high;
  if (fixed) r = (range){axis->low, axis->high, r.whole};
  r.low = within(r.low);
  r.high = within(r.high);
  if (!(r.high - r.low > fmax(LEAST, 1e-12 * fmax(fabs(r.high), fabs(r.low))))) { /* a single value */
    const double room = r.whole && fabs(r.high) < 1e9 ? 1 : fmax(fabs(r.high) / 2, 1e-9);
    r.low -= room;
    r.high += room;
  }
  oc_scale s = {r.low, r.high, nice_step(r.high - r.low, of_x && r.whole)};
  if (!fixed && !of_x) { /* values lie between two ticks */
    s.low = floor(r.low / s.step) * s.step;
    s.high = ceil(r.high / s.step) * s.step;
  }
  return s;
}

double oc_scale_at(const oc_scale *s, double value) {
  return fmin(1, fmax(0, (value - s->low) / (s->high - s->low)));
}

bool oc_scale_tick(const oc_scale *s, int i, double *value) {
  *value = (ceil(s->low / s->step - 1e-9) + i) * s->step;
  return i <= 2 * TICKS && *value <= s->high + 1e-9 * s->step;
}

/* ---- cells --------------------------------------------------------------------------------------------- */

bool oc_cell_is_first(const oc_drawn_mark *m, int64_t columns, int64_t i) {
  return !m->diagonal || i / columns == i % columns;
}

double oc_cells_most(const oc_drawn_mark *m, int64_t columns, bool on_diagonal) {
  double most = 0;
  for (int64_t i = 0; i < m->count; i++)
    if (oc_cell_is_first(m, columns, i) == on_diagonal && isfinite(m->values[i]) && m->values[i] > most)
      most = m->values[i];
  return most;
}
