/* augment.h: changes training images at random, so that a network sees another variant in each epoch.
 *
 *   oc_augmentation *a;
 *   oc_image_shape shape = {28, 28, 1};
 *   oc_augment_key key = {.seed = 123, .epoch = 0, .item = 7};
 *   if (oc_augmentation_create("shift 2, rotate 10", shape, NULL, &a, &err) != OC_OK) return 1;
 *   uint8_t *image = calloc(28, 28);
 *   void *scratch = malloc(oc_augmentation_scratch(a));
 *   oc_augmentation_apply(a, &key, image, scratch);
 *   free(scratch);
 *   free(image);
 *   oc_augmentation_free(a);
 *
 * An augmentation is a text: transforms with their numbers, separated by commas, applied from left to right.
 * Numbers left out have their defaults. The name of a preset stands for its text, and "none" for no
 * transform. What is drawn for an image follows from its key and from a transform's place in the text
 * alone, so it does not depend on threads or on the order of the calls.
 *
 * Transforms that only move pixels are joined while they are neighbors: the image is resampled once.
 *
 * mixup and cutmix come last in a text. They mix two images of a batch that oc_augmentation_apply has
 * changed, and say which share of the target each of them has: see oc_augmentation_partner.
 *
 * Threads: an augmentation is read-only once created, and any number of threads may apply it, each with its
 * own scratch memory. Freeing it requires exclusive use. All other functions may be called from any
 * thread. */
#ifndef OCELLUS_AUGMENT_H
#define OCELLUS_AUGMENT_H
#include "data.h"
#include "hyperparameter.h"
#include "preprocess.h"
#ifdef __cplusplus
extern "C" {
#endif

/* ---- the transforms ------------------------------------------------------------------------------------ */

/* Name of the i-th transform, or NULL past the end. Static storage. */
OC_API const char *oc_transform_name(int index);
/* One line about a transform, for help; NULL if there is none of this name. Static storage. */
OC_API const char *oc_transform_summary(const char *name);
/* The index-th number of a transform, in the order of its text; NULL past the end or if there is no transform
 * of this name. Static storage. */
OC_API const oc_hyperparameter *oc_transform_hyperparameter_at(const char *name, int index);
/* The index-th word that a text may have in place of the first number of a transform ("edge" of border); NULL
 * past the end, for most transforms, and if there is none of this name. Static storage. */
OC_API const char *oc_transform_word(const char *name, int index);
/* Writes how a transform is written, such as "rotate DEGREES", into `text` of `size` bytes, cut to them with
 * the closing 0; "" if there is none of this name. Returns `text`, the caller's. */
OC_API char *oc_transform_usage(const char *name, char *text, size_t size);

/* Name of the i-th preset, or NULL past the end. Static storage. */
OC_API const char *oc_augmentation_preset_name(int index);
/* One line about a preset, for help; NULL if there is none of this name. Static storage. */
OC_API const char *oc_augmentation_preset_summary(const char *name);
/* The text that the name of a preset stands for; NULL if there is none of this name. Static storage. */
OC_API const char *oc_augmentation_preset_text(const char *name);

/* ---- an augmentation ----------------------------------------------------------------------------------- */

/* Maximum number of transforms in a text. */
#define OC_TRANSFORMS_MAX 32

typedef struct oc_augmentation oc_augmentation;

typedef struct oc_augmentation_options {
  size_t struct_size; /* sizeof(oc_augmentation_options); 0: that of version 0.1 */
  /* Color of pixels that come from outside of the image, of each channel; default black */
  uint8_t background[3];
  /* Whether that color is chosen for each image instead, as oc_preprocess chooses that of a border: white
   * where the outermost pixels are light, otherwise black; default false */
  bool background_of_image;
} oc_augmentation_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_augmentation_options oc_augmentation_defaults(void);
/* Returns the defaults with the background of a rule: its color if that is set, otherwise that of each image.
 * NULL: the defaults. */
OC_API oc_augmentation_options oc_augmentation_options_for(const oc_preprocessing *rule);

/* Makes an augmentation from its text, for uint8 HWC images of this shape: 1 to 65536 pixels high and wide,
 * 1 or 3 channels. `options` may be NULL. The caller frees *out with oc_augmentation_free; on failure it is
 * NULL. OC_E_ARGUMENT: the text (at "augment") or the shape. OC_E_MEMORY. */
OC_API oc_status oc_augmentation_create(const char *text, oc_image_shape shape,
                                        const oc_augmentation_options *options, oc_augmentation **out,
                                        oc_error *err);
/* Frees an augmentation. NULL is fine. */
OC_API void oc_augmentation_free(oc_augmentation *a);
/* Returns the canonical form: every transform with all its numbers, "none" if there is no transform. It lives
 * as long as `a`. "" for NULL. */
OC_API const char *oc_augmentation_text(const oc_augmentation *a);
/* Bytes of scratch memory that oc_augmentation_apply needs; 0 for NULL. */
OC_API size_t oc_augmentation_scratch(const oc_augmentation *a);

/* What the random numbers of an image follow from. */
typedef struct oc_augment_key {
  uint64_t seed;
  uint64_t epoch;      /* counted from 0; below 2^32 */
  uint64_t item;       /* number of the image in its data set */
  uint64_t occurrence; /* how often it came in this epoch before, in balanced sampling; below 2^32 */
} oc_augment_key;
/* Changes one image, `pixels`, in place. `scratch`: oc_augmentation_scratch(a) bytes of any content, aligned
 * as malloc does. Allocates nothing. Does nothing if a pointer is NULL. */
OC_API void oc_augmentation_apply(const oc_augmentation *a, const oc_augment_key *key, uint8_t *pixels,
                                  void *scratch);

/* ---- mixtures ------------------------------------------------------------------------------------------ */

/* True if a text has mixup or cutmix; false for NULL. */
OC_API bool oc_augmentation_mixes(const oc_augmentation *a);
/* Returns how far the second image of each mixture of a batch is: image i of `count` is mixed with image
 * (i + it) % count. 1 to count-1, drawn for each batch; `batch`: the key of its first image, whose item is
 * the place of that image in the order of the epoch. 0 if there is one image, if `a` does not mix, or for
 * NULL. */
OC_API int64_t oc_augmentation_partner(const oc_augmentation *a, const oc_augment_key *batch, int64_t count);
/* Mixes one image, `pixels`, with another one, in place; both have been changed by oc_augmentation_apply
 * before. If the text has several mixtures, each is as likely as the others. Returns the share of the image
 * and of its target, 0 to 1; the other one has the rest. It is drawn for each image, by `key`. 1, and
 * nothing is changed, if `a` does not mix or a pointer is NULL. Allocates nothing. */
OC_API double oc_augmentation_mix(const oc_augmentation *a, const oc_augment_key *key, const uint8_t *other,
                                  uint8_t *pixels);

#ifdef __cplusplus
}
#endif
#endif
