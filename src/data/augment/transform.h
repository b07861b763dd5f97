/* transform.h: defines transforms of images: a descriptor at the end of a file, and a row in transforms.def.
 *
 * A transform draws its numbers for one image, and applies them. The second part has no randomness (except
 * noise, which continues the first part's random numbers), so tests compare it with other libraries.
 *
 *   augment.c     the public functions: an augmentation of an image
 *   parse.c       the text of an augmentation
 *   transforms.c  the list of transforms
 *   map.c         where pixels come from, and resampling */
#ifndef OC_DATA_AUGMENT_TRANSFORM_H
#define OC_DATA_AUGMENT_TRANSFORM_H
#include "base/hyperparameter.h"
#include "base/random.h"
#include "data/augment/map.h"
#include "ocellus/augment.h"

/* Numbers that are drawn for one image. */
enum { OC_DRAWN_MAX = 8 };

typedef struct oc_transform oc_transform;

struct oc_transform {
  const char *name;
  const char *summary; /* one line for help, without a period */
  /* What a text gives, in its order. What is drawn, and from which range, follows from them. */
  oc_hyperparameter hyperparameters[OC_HYPERPARAMETERS_MAX];
  /* Draws the numbers of one image into `drawn`. False: the image stays as it is. */
  bool (*draw)(oc_random *r, const double *values, oc_image_shape shape, double *drawn);
  /* One of these: a transform that only moves pixels says where they come from, every other one changes
   * them. */
  oc_map (*map)(oc_image_shape shape, const double *drawn);
  void (*change)(oc_canvas *c, const double *drawn);
};

#define OC_ROW(name) extern const oc_transform oc_transform_##name;
#include "data/augment/transforms.def"
#undef OC_ROW

/* A transform of a text, with its numbers. */
typedef struct oc_step {
  const oc_transform *transform;
  double values[OC_HYPERPARAMETERS_MAX];
} oc_step;

struct oc_augmentation {
  oc_image_shape shape;
  uint8_t background[3];
  int count;
  oc_step steps[OC_TRANSFORMS_MAX];
  char *text; /* canonical */
};

/* transforms.c: the i-th transform, NULL past the end. */
const oc_transform *oc_transform_at(int index);
/* The transform whose name is text[0..size-1]; NULL: there is none. */
const oc_transform *oc_transform_find(const char *text, size_t size);
/* parse.c: adds the transforms of a text to `a`. OC_E_ARGUMENT at "augment". */
oc_status oc_augmentation_parse(oc_augmentation *a, const char *text, oc_error *err);

#endif
