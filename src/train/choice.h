/* choice.h: the parts of oc_choose: choice.c searches a network, choice_recipe.c has the networks with their
 * recipes and writes the list. */
#ifndef OC_TRAIN_CHOICE_H
#define OC_TRAIN_CHOICE_H
#include "base/error.h"
#include "ocellus/choose.h"

/* How a network is trained: options of `ocellus train` as typed. NULL: the default of the option. */
typedef struct oc_choice_recipe {
  const char *optimizer, *lr, *schedule, *warmup;
  const char *l2, *weight_decay, *label_smoothing, *ema;
  const char *batch;
  /* Augmentation of color images of one small size, of gray images, and of photographs; "@12" stands for a
   * twelfth of the shorter side. */
  const char *color, *gray, *photo;
} oc_choice_recipe;

/* A network and the data that it suits. */
typedef struct oc_choice_row {
  const char *preset;
  int64_t smallest, largest; /* sides of images that it suits */
  int64_t images;            /* that it needs */
  bool gray_only;
  oc_choice_recipe recipe;
} oc_choice_row;

/* From the best network to the fastest; NULL past the end. */
const oc_choice_row *oc_choice_row_at(int index);

/* A candidate. */
typedef struct oc_choice_plan {
  const char *net; /* a preset, or the net that was given */
  int64_t height, width;
  double seconds; /* of an epoch */
  int64_t epochs;
  bool fits; /* enough epochs in the minutes */
} oc_choice_plan;

/* Images in a step for this network. */
int64_t oc_choice_batch(const oc_choose_options *o, const char *net);
/* Fills the list; returns its length. */
int oc_choice_list(const oc_choose_options *o, const oc_choice_plan *p, oc_choice out[OC_CHOICES_MAX]);
/* The same for layers of a trained model. */
int oc_choice_transfer(const oc_choose_options *o, oc_choice out[OC_CHOICES_MAX]);

#endif
