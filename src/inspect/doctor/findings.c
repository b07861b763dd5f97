/* findings.c: keeps what the checks find. */
#include "inspect/doctor/doctor.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *kept(oc_doctor *d, const char *text) {
  return *text ? oc_arena_string(&d->text, text) : "";
}

oc_status oc_doctor_add(oc_doctor *d, const oc_doctor_row *row, oc_error *err) {
  if (!oc_memory_reserve(&d->rows, d->row_count, &d->row_capacity, sizeof *d->rows))
    return oc_fail_memory(err, 2 * (size_t)d->row_capacity * sizeof *d->rows);
  oc_doctor_row copy = *row;
  oc_finding *f = &copy.finding;
  f->file = row->index >= 0 ? d->items.list[row->index].path : "";
  f->other = row->other >= 0 ? d->items.list[row->other].path : kept(d, f->other);
  f->detail = kept(d, f->detail);
  if (!f->other || !f->detail) return oc_fail_memory(err, strlen(row->finding.detail) + 1);
  d->rows[d->row_count++] = copy;
  return OC_OK;
}

oc_status oc_doctor_add_class(oc_doctor *d, const char *kind, const char *name, const char *detail,
                              oc_error *err) {
  const oc_doctor_row row = {{kind, "", name, detail}, -1, -1};
  return oc_doctor_add(d, &row, err);
}

oc_status oc_doctor_add_item(oc_doctor *d, const oc_doctor_about *about, oc_error *err, const char *format,
                             ...) {
  char detail[600];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(detail, sizeof detail, format, arguments);
  va_end(arguments);
  const oc_doctor_row row = {{about->kind, "", "", detail}, about->index, about->other};
  return oc_doctor_add(d, &row, err);
}
