/* schedules.c: lists the learning-rate schedules, and computes the learning rate of a step. */
#include "train/fit.h"
#include <math.h>
#include <string.h>

#define OC_ROW(name) &oc_lr_schedule_##name,
static const oc_lr_schedule *const schedules[] = {
#include "train/schedules.def"
};
#undef OC_ROW
enum { SCHEDULES = sizeof schedules / sizeof *schedules };

static const oc_lr_schedule *find_schedule(const char *name) {
  for (int i = 0; name && i < SCHEDULES; i++)
    if (strcmp(schedules[i]->name, name) == 0) return schedules[i];
  return NULL;
}

const oc_lr_schedule *oc_lr_schedule_at(int index) {
  return index >= 0 && index < SCHEDULES ? schedules[index] : NULL;
}

const char *oc_lr_schedule_name(int index) {
  const oc_lr_schedule *s = oc_lr_schedule_at(index);
  return s ? s->name : NULL;
}

const char *oc_lr_schedule_summary(const char *name) {
  const oc_lr_schedule *s = find_schedule(name);
  return s ? s->summary : NULL;
}

const oc_hyperparameter *oc_lr_schedule_hyperparameter_at(const char *name, int index) {
  const oc_lr_schedule *s = find_schedule(name);
  return s ? oc_hyperparameter_row(s->hyperparameters, index) : NULL;
}

bool oc_schedule_extends(const char *name) {
  const oc_lr_schedule *s = find_schedule(name);
  return s && s->extends;
}

oc_status oc_lr_schedule_find(const char *name, const oc_lr_schedule **out, oc_error *err) {
  char hint[256] = "Use one of";
  *out = find_schedule(name);
  if (*out) return OC_OK;
  for (int i = 0; i < SCHEDULES; i++) {
    const size_t used = strlen(hint);
    snprintf(hint + used, sizeof hint - used, "%s %s", i ? "," : "", schedules[i]->name);
  }
  return oc_fail(err, OC_E_ARGUMENT, "schedule", hint, "unknown schedule '%.60s'", name ? name : "(NULL)");
}

bool oc_fit_scheduled(const oc_fit *f) {
  return f->schedule != schedules[0] || f->recipe[OC_RECIPE_WARMUP] > 0;
}

double oc_fit_top_rate(const oc_fit *f) {
  return f->tuning ? f->o.fine_tune_learning_rate : f->o.learning_rate;
}

/* The steps of the warm-up: as many as its epochs have, and fewer than the run. */
static double warmup_steps(const oc_fit *f, double steps) {
  return f->tuning ? 0 : fmin(floor(f->recipe[OC_RECIPE_WARMUP] * steps), steps * f->first_epochs - 1);
}

/* In the warm-up the first learning rate of the schedule is approached along a straight line (Goyal et al.
 * 2017). The schedule has the steps after it; when all layers are trained at last, it begins again. */
static double rate_at(const oc_fit *f, double step) {
  const int epochs = f->tuning ? f->o.fine_tune : f->first_epochs,
            epoch = f->at.epoch - (f->tuning ? f->first_epochs : 0);
  const double steps = (double)oc_fit_steps(f);
  const double warmup = warmup_steps(f, steps), done = steps * epoch + step;
  const double left = steps * epochs - warmup, after = fmax(0, done - warmup);
  const oc_lr_position at = {.done = fmin(1, after / left),
                             .epoch = fmax(0, epoch + step / steps - warmup / steps),
                             .epochs = epochs - warmup / steps,
                             .step = fmin(after, left - 1),
                             .steps = left};
  const double rate = oc_fit_top_rate(f) * f->schedule->factor(&at, f->schedule_values);
  return done < warmup ? rate * ((done + 1) / (warmup + 1)) : rate;
}

double oc_fit_rate(const oc_fit *f) {
  return rate_at(f, (double)oc_fit_step_index(f));
}

double oc_fit_last_rate(const oc_fit *f) {
  return rate_at(f, (double)oc_fit_steps(f) - 1);
}
