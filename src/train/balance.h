/* balance.h (internal): training on classes of uneven size: weights of classes in the loss, or an order of
 * images in which classes are equally frequent. */
#ifndef OC_TRAIN_BALANCE_H
#define OC_TRAIN_BALANCE_H
#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

struct oc_fit;

/* The training images by class, for balanced sampling. */
typedef struct oc_balance {
  int classes;          /* 0: not used */
  int64_t *first;       /* [classes + 1]: where the images of each class begin in `images` */
  int64_t *images;      /* by class, in the order of the data */
  int64_t *drawn;       /* [classes]: their order in an epoch */
  int64_t *shuffled;    /* room for those of a class */
  int32_t *occurrences; /* of each place of the last order: how often its image came before */
  int32_t *seen;        /* of each image: how often it has come */
} oc_balance;

/* True if the options weight classes; if they balance sampling. */
bool oc_balances_weights(const struct oc_fit *f);
bool oc_balances_sampling(const struct oc_fit *f);
/* OC_E_ARGUMENT: an option has another value, or needs a class, or an order that is drawn. */
oc_status oc_balance_check(const struct oc_fit *f, oc_error *err);
/* Weights of the classes of a target of the heads: images / (classes that have any * images of the class), as
 * scikit-learn's "balanced"; 1 for a class without images. The caller frees *out. */
oc_status oc_balance_weights(const struct oc_fit *f, int target, double **out, oc_error *err);
/* Memory of f->balance, if it is used. */
oc_status oc_balance_create(struct oc_fit *f, oc_error *err);
void oc_balance_release(oc_balance *b);
/* The order of an epoch: first[classes] indices of images, of each class that has any the same number (or one
 * more). Images of a class come again only when all have come. It depends on `seed` and `epoch` alone. Fills
 * b->occurrences too. */
void oc_balance_order(oc_balance *b, uint64_t seed, uint64_t epoch, int64_t *order);

#endif
