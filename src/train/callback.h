/* callback.h (internal): training callbacks. The loop reports its progress. A callback must not change
 * training, so results are identical with and without one. Without callbacks, the run does and stores nothing
 * for them.
 *
 * A kind of callback is a descriptor oc_callback_NAME at the end of a file, and a row in callbacks.def. */
#ifndef OC_TRAIN_CALLBACK_H
#define OC_TRAIN_CALLBACK_H
#include "base/error.h"
#include "ocellus/model.h"

struct oc_fit;
typedef struct oc_fit_callback oc_fit_callback;
struct oc_fit_callback {
  /* Before the first step, and before the run writes anything: errors should be found now. */
  oc_status (*begin)(oc_fit_callback *w, const struct oc_fit *f, oc_error *err);
  /* After a step, outside its measured time. */
  void (*step)(oc_fit_callback *w, const struct oc_fit *f, const oc_event *e);
  /* After an epoch was measured and saved. A failure ends the run. */
  oc_status (*epoch)(oc_fit_callback *w, const struct oc_fit *f, const oc_event *e, oc_error *err);
  /* Whatever happened before. Frees the callback. */
  void (*end)(oc_fit_callback *w);
};

typedef struct oc_callback_kind {
  oc_callback_info info;
  bool keeps_gradients; /* reads oc_callbacks.gradients */
  bool keeps_scores;    /* reads oc_callbacks.confusion and predictions */
  /* `value` is that of oc_callback_setting. Each member of *out but `end` may be NULL. */
  oc_status (*create)(const char *value, oc_fit_callback **out, oc_error *err);
} oc_callback_kind;

#define OC_ROW(name) extern const oc_callback_kind oc_callback_##name;
#include "train/callbacks.def"
#undef OC_ROW

enum { OC_CALLBACKS_MAX = 8 };

/* The callbacks of a run, and what it keeps for them. */
typedef struct oc_callbacks {
  oc_fit_callback *list[OC_CALLBACKS_MAX];
  int count; /* 0: there are no callbacks, and nothing below is set */
  /* Of the trainable variables, in their order; fetches OC_FIT_GRADIENTS .. of the run's plan. */
  oc_node *gradients;
  int gradient_count;
  int64_t *confusion;   /* of the last validation; NULL without a validation set or with too many classes */
  int32_t *predictions; /* of the last validation; NULL without one */
} oc_callbacks;

/* More classes than this have no confusion matrix. */
#define OC_CALLBACK_MAX_CLASSES 1000

/* Makes the callbacks that f->o names, and memory for the data that they need. */
oc_status oc_callbacks_create(struct oc_fit *f, oc_error *err);
/* Makes room for the gradients of all that is trained now. */
oc_status oc_callbacks_keep_gradients(struct oc_fit *f, oc_error *err);
oc_status oc_callbacks_begin(const struct oc_fit *f, oc_error *err);
void oc_callbacks_step(const struct oc_fit *f, const oc_event *e);
/* Tells all of them; the first failure is returned. */
oc_status oc_callbacks_epoch(const struct oc_fit *f, const oc_event *e, oc_error *err);
void oc_callbacks_release(oc_callbacks *c);

#endif
