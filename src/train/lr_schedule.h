/* lr_schedule.h: defines learning-rate schedules: a descriptor at the end of a file, and a row in
 * schedules.def. */
#ifndef OC_TRAIN_LR_SCHEDULE_H
#define OC_TRAIN_LR_SCHEDULE_H
#include "base/hyperparameter.h"

/* The progress of a run before a step, from the end of its warm-up. It depends on the position alone, so a
 * resumed run continues with the same learning rates. */
typedef struct oc_lr_position {
  double done;   /* fraction of all steps of all epochs, in [0, 1] */
  double epoch;  /* finished epochs, with the fraction of the present one */
  double epochs; /* that the run is to have */
  double step;   /* number of the step, from 0 ... */
  double steps;  /* ... of this many, of all epochs */
} oc_lr_position;

typedef struct oc_lr_schedule {
  const char *name;
  const char *summary; /* one line for help, without a period */
  /* The learning rate of a step does not depend on the number of epochs, so that a resumed run may have
   * another one. */
  bool extends;
  oc_hyperparameter hyperparameters[OC_HYPERPARAMETERS_MAX];
  /* What the learning rate is multiplied with; values: of the hyperparameters, in their order. */
  double (*factor)(const oc_lr_position *at, const double *values);
} oc_lr_schedule;

#define OC_ROW(name) extern const oc_lr_schedule oc_lr_schedule_##name;
#include "train/schedules.def"
#undef OC_ROW

/* The row of the fraction of the learning rate at the end, for decreasing schedules. */
#define OC_END_FACTOR                                                                                        \
  { .name = "end_factor", .high = 1, .help = "fraction of the learning rate at the end" }

/* schedules.c: by name; OC_E_ARGUMENT if there is none. */
oc_status oc_lr_schedule_find(const char *name, const oc_lr_schedule **out, oc_error *err);
/* The i-th schedule, NULL past the end. */
const oc_lr_schedule *oc_lr_schedule_at(int index);

#endif
