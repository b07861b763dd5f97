/* transform.h: defines transforms of images: a descriptor at the end of a file, and a row in transforms.def.
 *
 * A transform draws its numbers for one image, and applies them. The second part has no randomness (except
 * noise, which continues the first part's random numbers), so tests compare it with other libraries.
 *
 *   augment.c     the public functions: an augmentation of an image
 *   parse.c       the text of an augmentation
 *   transforms.c  the list of transforms
 *   map.c         where pixels come from, and resampling
 *   color.c       values of pixels, wherever they are
 *   draw.c        what several transforms draw
 *   policy.c      transforms that draw other transforms
 *   mixing.c      mixtures of two images of a batch */
#ifndef OC_DATA_AUGMENT_TRANSFORM_H
#define OC_DATA_AUGMENT_TRANSFORM_H
#include "base/hyperparameter.h"
#include "base/random.h"
#include "data/augment/map.h"
#include "ocellus/augment.h"

/* Numbers that are drawn for one image. */
enum { OC_DRAWN_MAX = 8, OC_WORDS_MAX = 4 };

typedef struct oc_transform oc_transform;

/* A transform, and the numbers that were drawn for it. */
typedef struct oc_drawn {
  const oc_transform *transform; /* NULL: the image stays as it is */
  double values[OC_DRAWN_MAX];
} oc_drawn;

struct oc_transform {
  const char *name;
  const char *summary; /* one line for help, without a period */
  /* What a text gives, in its order. What is drawn, and from which range, follows from them. */
  oc_hyperparameter hyperparameters[OC_HYPERPARAMETERS_MAX];
  /* What a text may have instead of the first number: word i is the number -1 - i. If there is no first
   * number, it has one of them. */
  const char *words[OC_WORDS_MAX];
  /* Draws the numbers of one image into `drawn`, of zeros. False: the image stays as it is. */
  bool (*draw)(oc_random *r, const double *values, oc_image_shape shape, double *drawn);
  /* Then one of these: a transform that only moves pixels says where they come from, every other one changes
   * them. */
  oc_map (*map)(oc_image_shape shape, const double *drawn);
  void (*change)(oc_canvas *c, const double *drawn);
  bool moves;  /* `change` moves pixels too, by oc_canvas_sample */
  bool inside; /* `map` takes no point outside of the image */
  /* Or, of one that comes after all others: makes `pixels` a mixture with another image, which is augmented
   * too. Returns the share that the image itself has, 0 to 1. */
  double (*mix)(oc_image_shape shape, const double *drawn, const uint8_t *other, uint8_t *pixels);
  /* Instead of all these, a policy draws other transforms: for round 0, 1 and so on. False: there are no
   * more. */
  bool (*pick)(oc_random *r, const double *values, oc_image_shape shape, int round, oc_drawn *out);
};

/* Numbers that several transforms take. */
#define OC_PROBABILITY                                                                                       \
  { .name = "probability", .high = 1, .fallback = 0.5, .help = "probability for an image" }
#define OC_FACTOR_CHANGE                                                                                     \
  {                                                                                                          \
    .name = "change", .above = true, .high = 1, .required = true,                                            \
    .help = "largest difference of the factor from 1"                                                        \
  }

#define OC_ALPHA(usual)                                                                                      \
  {                                                                                                          \
    .name = "alpha", .low = 0.01, .high = 100, .fallback = usual,                                            \
    .help = "parameter of the distribution of shares, Beta(alpha, alpha); 1: all are equally likely"         \
  }

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
  bool chooses;     /* the background is that of each image */
  bool moves;       /* some transform moves pixels */
  int count, mixes; /* steps, and how many of them mix: the last ones */
  oc_step steps[OC_TRANSFORMS_MAX];
  char *text; /* canonical */
};

/* draw.c: a factor, for OC_FACTOR_CHANGE. */
bool oc_draw_factor(oc_random *r, const double *values, oc_image_shape shape, double *drawn);
/* Nothing, with the probability that is values[0]. */
bool oc_draw_chance(oc_random *r, const double *values, oc_image_shape shape, double *drawn);
/* The share of the first image of a mixture, Beta(alpha, alpha). */
double oc_draw_share(oc_random *r, double alpha);
/* transforms.c: true if pixels of an image can come from outside of it. */
bool oc_transform_moves(const oc_transform *t);
/* transforms.c: the i-th transform, NULL past the end. */
const oc_transform *oc_transform_at(int index);
/* The transform whose name is text[0..size-1]; NULL: there is none. */
const oc_transform *oc_transform_find(const char *text, size_t size);
/* augment.c: what transforms uncover, for the record of a run: "#rrggbb", or "each image" where every image
 * has its own; "" if they uncover nothing. Returns `text`. */
const char *oc_augmentation_uncovers(const oc_augmentation *a, char text[16]);
/* augment.c: the random numbers of an image for a stream. */
oc_random oc_augment_random(const oc_augment_key *key, uint64_t stream);
/* parse.c: adds the transforms of a text to `a`. OC_E_ARGUMENT at "augment". */
oc_status oc_augmentation_parse(oc_augmentation *a, const char *text, oc_error *err);

#endif
