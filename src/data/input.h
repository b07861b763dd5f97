/* input.h: reads and standardizes a batch of images into memory that plans are bound to. */
#ifndef OC_MODEL_INPUT_H
#define OC_MODEL_INPUT_H
#include "base/thread_pool.h"
#include "ocellus/augment.h"
#include "ocellus/data.h"

/* Mixtures of a batch (mixup, cutmix): of each image with another one of the batch. */
typedef struct oc_mixed {
  uint8_t *pixels;               /* the mixtures, capacity * image */
  void *targets[OC_TARGETS_MAX]; /* those of the second images, as oc_input.targets */
  float *shares;                 /* of the first images, 0 to 1; NULL: images are not mixed */
} oc_mixed;

/* Memory for up to `capacity` images. Zero-initialize, then oc_input_release. */
typedef struct oc_input {
  int64_t capacity, image; /* image: elements of one, h*w*c */
  uint8_t *pixels;         /* capacity * image */
  float *x;                /* capacity * image, standardized */
  int target_count;
  size_t target_bytes[OC_TARGETS_MAX]; /* of one image */
  void *targets[OC_TARGETS_MAX];       /* capacity of each: what plans are fed */
  oc_mixed mixed;
} oc_input;

/* How images are changed after they are read, in training alone. */
typedef struct oc_input_augment {
  const oc_augmentation *how;
  uint64_t seed, epoch; /* the item is the image's number in its dataset */
  char *scratch;        /* oc_augmentation_scratch bytes for each thread that reads */
} oc_input_augment;

/* Where images come from: a dataset, in an order (NULL: as they lie there), or plain memory (then no
 * labels), of bytes or of float32 numbers of 0 to 255. */
typedef struct oc_images {
  const oc_dataset *data;
  const int *targets; /* which target of the dataset each of the input's is; NULL: none are read */
  const int64_t *order;
  const int32_t *occurrences; /* how often an image came before, by place in the order; NULL: never */
  const uint8_t *pixels;
  const float *values;
  const oc_input_augment *augment; /* NULL: images stay as they are; only of a dataset */
} oc_images;

/* Where images go: pixels, and each of target_count targets. */
typedef struct oc_images_place {
  uint8_t *pixels;
  void *targets[OC_TARGETS_MAX];
  int target_count;
} oc_images_place;
/* Reads images first .. first+count-1 of a dataset, and augments them. `worker` selects the scratch. Takes no
 * memory of its own. */
oc_status oc_images_read(const oc_images *from, int64_t first, int64_t count, const oc_images_place *to,
                         int worker, oc_error *err);

/* `bytes`: of each of target_count targets, of one image. */
oc_status oc_input_create(int64_t capacity, oc_image_shape size, const size_t *bytes, int target_count,
                          oc_input *out, oc_error *err);
/* Adds the memory of mixtures. Then `x` has them, and `targets` those of the first images. */
oc_status oc_input_create_mixed(oc_input *in, oc_error *err);
void oc_input_release(oc_input *in);
/* Images first .. first+count-1 of `from` into x and targets, in slices on the pool (NULL: on this thread);
 * count is at most the capacity. Built-in data is computed while it is read, so this is worth all threads.
 * Takes no memory. */
oc_status oc_input_fill(oc_input *in, const oc_images *from, int64_t first, int64_t count,
                        const oc_standardizer *standardizer, oc_thread_pool *pool, oc_error *err);
/* The second half of oc_input_fill for a batch that will be mixed: its augmented images lie in `pixels`, and
 * their targets in `targets`. */
void oc_input_mix(oc_input *in, const oc_images *from, int64_t first, int64_t count,
                  const oc_standardizer *standardizer, oc_thread_pool *pool);
/* The default number of images of this size per batch: 256, or less if they are large. */
int64_t oc_input_capacity(oc_image_shape size);

#endif
