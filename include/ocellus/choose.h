/* choose.h: chooses how to train on data without a recipe of their own, from numbers about the data alone.
 *
 *   oc_choose_options o = {.images = 1600, .typical = {300, 200, 3}, .classes = 20};
 *   oc_choice list[OC_CHOICES_MAX];
 *   int count;
 *   if (oc_choose(&o, list, &count, &err) != OC_OK) return 1;
 *   for (int i = 0; i < count; i++)
 *     printf("--%s %s  # %s\n", list[i].option, list[i].value, list[i].reason);
 *
 * The choice follows from what a network computes for an image (oc_network_cost) at a stated speed, never
 * from a measurement, so every machine chooses the same.
 *
 * Threads: oc_choose may be called from any thread. */
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
  /* What is given instead of chosen. */
  const char *preset; /* name of a preset; NULL (default): chosen */
  int64_t size;       /* height and width of the network's images, 1 to 1024; 0 (default): chosen */
  int64_t epochs;     /* 1 or more; 0 (default): chosen */
} oc_choose_options;

/* Returns the defaults; a zeroed struct means the same, but the data must be filled in. */
OC_API oc_choose_options oc_choose_defaults(void);

/* Maximum number of choices. */
#define OC_CHOICES_MAX 8

/* An option of `ocellus train` and its value, as one types them, and why. */
typedef struct oc_choice {
  const char *option; /* "size", "preset", "epochs"; static storage */
  char value[64];
  char reason[160]; /* one line, without a period */
} oc_choice;

/* Fills out[0..*count-1]: size, preset and epochs unless they are given, schedule, augment. If no network
 * fits the minutes with enough epochs, the one that takes least is chosen with as many as fit, at least one,
 * and the reason says so. OC_E_ARGUMENT: a number out of range, or an unknown preset. OC_E_NET: the preset
 * does not take images of the size. OC_E_MEMORY. */
OC_API oc_status oc_choose(const oc_choose_options *options, oc_choice out[OC_CHOICES_MAX], int *count,
                           oc_error *err);

#ifdef __cplusplus
}
#endif
#endif
