/* choose.h: chooses how to train on data without a recipe of their own, from numbers about the data alone.
 *
 *   oc_choose_options o = oc_choose_defaults();
 *   oc_choice list[OC_CHOICES_MAX];
 *   int count;
 *   if (oc_choose_describe(data.train, &o, &err) != OC_OK || oc_choose(&o, list, &count, &err) != OC_OK)
 *     return 1;
 *   for (int i = 0; i < count; i++)
 *     printf("--%s %s  # %s\n", list[i].option, list[i].value, list[i].reason);
 *
 * The choice follows from what a network computes for an image (oc_network_cost) at a stated speed, never
 * from a measurement, so every machine chooses the same.
 *
 * Threads: the functions may be called from any thread. */
#ifndef OCELLUS_CHOOSE_H
#define OCELLUS_CHOOSE_H
#include "data.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct oc_choose_options {
  size_t struct_size;     /* sizeof(oc_choose_options); 0: that of version 0.1 */
  int64_t images;         /* in the training set, 1 or more */
  oc_image_shape typical; /* median height and width, at least 1; 1 or 3 channels */
  int classes;            /* 2 or more */
  double minutes;         /* that training may take, above 0; 0: 20 (default) */
  bool uniform;           /* all images have this shape, which the network's then keep; default false */
  /* Images of the smallest class that has any, and of the largest; 0 (default): not known. */
  int64_t smallest, largest;
  /* What is given instead of chosen. */
  const char *preset;    /* name of a preset; NULL (default): chosen */
  const char *net;       /* a net text, or a preset's name, instead of a preset; NULL (default): none */
  int64_t size;          /* height of the network's images, 1 to 65,536; 0 (default): chosen */
  int64_t width;         /* their width, 1 to 65,536; 0 (default): the same */
  int64_t epochs;        /* 1 or more; 0 (default): chosen */
  int64_t batch;         /* images in a step, 1 or more; 0 (default): chosen */
  const char *optimizer; /* name of an optimizer; NULL (default): chosen */
  const char *schedule;  /* name of a schedule; NULL (default): chosen */
  /* transfer: the layers are those of a trained model (oc_model_transfer), so that only training is chosen,
   * whatever it takes; frozen: all of them but the last stay as they are. Default false. */
  bool transfer, frozen;
} oc_choose_options;

/* Returns the defaults; a zeroed struct means the same, but the data must be filled in. */
OC_API oc_choose_options oc_choose_defaults(void);

/* Fills in what a training set says: images, typical (what the images were before a rule gave them one shape,
 * as far as that is known), uniform, classes, smallest, largest. Reads the labels once, and no pixels.
 * OC_E_ARGUMENT: the images have no labels, or wrong minutes. OC_E_MEMORY. Errors as of oc_dataset_read. */
OC_API oc_status oc_choose_describe(const oc_dataset *train, oc_choose_options *options, oc_error *err);

/* Maximum number of choices. */
#define OC_CHOICES_MAX 16

/* An option of `ocellus train` and its value, as one types them, and why. */
typedef struct oc_choice {
  const char *option; /* "size", "preset", "label-smoothing"; static storage */
  char value[128];
  char reason[200]; /* one line, without a period */
} oc_choice;

/* Fills out[0..*count-1]: size, preset and epochs, batch, optimizer and schedule unless they are given; lr,
 * augment, and what else the recipe of the network has (warmup, l2, weight-decay, label-smoothing, ema);
 * class-weights or sampling where the largest class has more than 3 times the images of the smallest. What is
 * given is respected: a learning rate is one of the given optimizer's. If no network fits the minutes with
 * enough epochs, the one that takes least is chosen with as many as fit, at least one, and the reason says
 * so. OC_E_ARGUMENT: a number out of range, or an unknown preset. OC_E_NET: the network is wrong, or takes
 * images of none of the sizes. OC_E_MEMORY. */
OC_API oc_status oc_choose(const oc_choose_options *options, oc_choice out[OC_CHOICES_MAX], int *count,
                           oc_error *err);

#ifdef __cplusplus
}
#endif
#endif
