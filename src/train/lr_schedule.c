/* lr_schedule.c: how the learning rate changes over a run. A schedule is a row: its name, the share of the rate that is
 * taken after a share `done` (0..1) of all steps, and whether it stays the same when epochs are added. It follows from the
 * position alone, so a resumed run goes on with it. */
#include "train/fit.h"
#include <math.h>
#include <string.h>

static double constant(double done) {
  (void)done;
  return 1;
}
static double linear(double done) {
  return 1 - done;
}
static double cosine(double done) {
  return 0.5 * (1 + cos(3.14159265358979323846 * done));
}

static const struct {
  const char *name;
  double (*share)(double done);
  bool extends; /* a resumed run may have another number of epochs */
} schedules[] = {
    {.name = "constant", .share = constant, .extends = true},
    {.name = "linear", .share = linear},
    {.name = "cosine", .share = cosine},
};
enum { SCHEDULES = sizeof schedules / sizeof *schedules };

const char *oc_lr_schedule_name(int index) {
  return index >= 0 && index < SCHEDULES ? schedules[index].name : NULL;
}

static int find(const char *name) {
  for (int i = 0; name && i < SCHEDULES; i++)
    if (strcmp(schedules[i].name, name) == 0) return i;
  return -1;
}

bool oc_schedule_extends(const char *name) {
  const int i = find(name);
  return i >= 0 && schedules[i].extends;
}

oc_status oc_schedule_check(const char *name, oc_error *err) {
  if (find(name) >= 0) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "schedule", "Use constant, linear or cosine.",
                 "no schedule is called \"%.60s\"", name ? name : "");
}

bool oc_fit_scheduled(const oc_fit *f) {
  return strcmp(f->o.schedule, schedules[0].name) != 0;
}

double oc_fit_rate(const oc_fit *f) {
  const double steps = (double)oc_fit_steps(f) * f->o.epochs;
  const double done = (double)oc_fit_steps(f) * f->at.epoch + (double)oc_fit_step_index(f);
  return f->o.learning_rate * schedules[find(f->o.schedule)].share(fmin(1, done / steps));
}
