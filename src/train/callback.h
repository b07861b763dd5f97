/* callback.h (internal): someone who looks on while a run goes. The run tells where it stands; a callback changes
 * nothing of it, so a callback_data run has the same bits. Without one, the run does and keeps nothing for it. */
#ifndef OC_TRAIN_WATCH_H
#define OC_TRAIN_WATCH_H
#include "base/error.h"
#include "ocellus/model.h"

struct oc_fit;
typedef struct oc_fit_callback oc_fit_callback;
struct oc_fit_callback {
  /* Before the first step, and before the run writes anything: what can be wrong should be so now. */
  oc_status (*begin)(oc_fit_callback *w, const struct oc_fit *f, oc_error *err);
  /* After a step, outside its measured time. */
  void (*step)(oc_fit_callback *w, const struct oc_fit *f, const oc_event *e);
  /* After an epoch was measured and saved. A failure ends the run. */
  oc_status (*epoch)(oc_fit_callback *w, const struct oc_fit *f, const oc_event *e, oc_error *err);
  /* Whatever happened before. Frees the callback. */
  void (*end)(oc_fit_callback *w);
};

/* What a run keeps for its callback. */
typedef struct oc_watched {
  oc_fit_callback *callback; /* NULL: nobody looks on, and nothing below is there */
  oc_node *
      gradients; /* of the trainable variables, in their order; fetches OC_FIT_GRADIENTS .. of the run's plan */
  int gradient_count;
  int64_t *confusion;   /* of the last validation; NULL without a validation set or with too many classes */
  int32_t *predictions; /* of the last validation; NULL without one */
} oc_watched;

/* More classes than this have no confusion matrix. */
#define OC_WATCH_MAX_CLASSES 1000

#endif
