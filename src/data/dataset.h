/* dataset.h: defines the parts of a dataset, for the sources.
 *
 * A store holds the images, or can generate or request them. A dataset is a view of some of them, in their
 * order. The training set and the validation set are two views of one store, so splitting copies nothing. The
 * last view frees the store.
 *
 *   dataset.c       stores, views, properties
 *   dataset_read.c  images and targets into the caller's memory
 *   dataset_hash.c  what a dataset is known by
 *   per_class.c     a few images of each class
 *   own_dataset.c   the caller's own images, from memory or by a function */
#ifndef OC_DATA_DATASET_H
#define OC_DATA_DATASET_H
#include "base/memory.h"
#include "base/sha256.h"
#include "data/transform/statistics.h"
#include "ocellus/preprocess.h"
#include <pthread.h>
#include <stdatomic.h>

/* How built-in images come into being: each follows from (seed, part, index) alone. */
typedef struct oc_image_generator {
  /* name and version; a change of a single pixel needs a new one, since hashes follow from it */
  const char *recipe;
  oc_image_shape size;
  int classes;
  const char *const *class_names;
  uint64_t stream; /* of base/random.h */
  void (*draw)(uint64_t seed, uint64_t part, uint64_t index, int label, uint8_t *pixels);
} oc_image_generator;

typedef struct oc_store {
  atomic_int views;
  int64_t count;
  oc_image_shape size;
  size_t image_bytes;
  int classes; /* of the labels that a source has read; 0 without */
  uint8_t *pixels;
  int target_count;                    /* 0 without labels */
  oc_target targets[OC_TARGETS_MAX];   /* with names in `names`, and without values */
  void *values[OC_TARGETS_MAX];        /* of the targets, when they are held in memory */
  const oc_image_generator *generator; /* draws the images */
  oc_read_fn read;                     /* gives the images; NULL, without a generator too: held in memory */
  void *context;                       /* of read */
  struct oc_dataset *inner;            /* `read` reads it; owned; NULL: none */
  bool serial;                         /* read is called by one thread at a time, */
  pthread_mutex_t read_lock;           /* which has this */
  char *identity;                      /* of the data of `read`; NULL: none given */
  /* Gives the images another shape, before any is read; NULL: they keep theirs */
  oc_status (*reshape)(struct oc_store *s, const oc_data_options *options, oc_error *err);
  void (*release)(void *context); /* frees context; NULL: it is the caller's */
  /* Of images in files: the name of one, and what of it belongs into the hash of a dataset. NULL: none. */
  const char *(*item_name)(const void *context, int64_t index);
  void (*add_item)(const void *context, int64_t index, oc_sha256 *sum);
  const char *note;    /* what was understood or left out; NULL: nothing */
  uint64_t seed, part; /* of the generator */
  bool transparent;    /* one image with transparent parts, which show `background` */
  uint8_t background[3];
  oc_preprocessing preprocessing;      /* that gave the images their shape; all 0: none was needed */
  int workers;                         /* of oc_data_options, for images in files */
  bool mixed_sizes;                    /* they had others before, or may have had, */
  double aspect_low, aspect_high;      /* with these ratios of width to height; 0: unknown */
  int64_t middle_height, middle_width; /* of images in files: the medians before; 0: unknown */
  bool one_size;                       /* and they all had these */
  int real_max; /* the pixels were real numbers of 0 to this, 1 or 255; 0: they were integers */
  oc_arena names;
} oc_store;

/* Twice "stratified:9223372036854775807:18446744073709551615", ",test:" between them, and the end. */
#define OC_SPLIT_TEXT 128

struct oc_dataset {
  oc_store *store;
  int64_t first, count;
  int64_t *index; /* of the images in the store, rising; NULL: first, first + 1 and so on */
  char split[OC_SPLIT_TEXT];
  pthread_mutex_t lock; /* of hash, which is computed on first use: it costs a pass over the images */
  char hash[65];
};

/* The options with every default filled in; `given` may be NULL or zeroed. */
oc_data_options oc_data_options_resolve(const oc_data_options *given);
/* An empty store with one owner, the caller, who passes it to oc_dataset_view or calls oc_store_release. */
oc_store *oc_store_create(void);
void oc_store_release(oc_store *store); /* NULL is fine */
/* Adds a target like `target`, copying everything except the values. Missing class names are numbers. */
oc_status oc_store_add_target(oc_store *store, const oc_target *target, oc_error *err);
/* The one target of images with labels, values[0] of the store. `names` NULL: the numbers as text; classes 0:
 * no target. */
oc_status oc_store_name_classes(oc_store *store, int classes, const char *const *names, oc_error *err);
/* Bytes of a target's values of one image: an int32, or float32 numbers. */
size_t oc_target_bytes(const oc_target *target);
/* True if the first target is a class. Then it gives the labels. */
bool oc_store_labeled(const oc_store *store);
/* Adds a view of `store`; the caller's own ownership stays. */
oc_status oc_dataset_view(oc_store *store, int64_t first, int64_t count, oc_dataset **out, oc_error *err);
/* The same images of the same store, as another dataset. */
oc_status oc_dataset_share(const oc_dataset *d, oc_dataset **out, oc_error *err);
/* A dataset of `count` drawn images; part 0 is for training, 1 for testing. */
oc_status oc_dataset_generated(const oc_image_generator *generator, uint64_t seed, uint64_t part,
                               int64_t count, oc_dataset **out, oc_error *err);
/* Letters, digits and _, beginning with a letter, at most 63: it becomes part of the name of a node. */
bool oc_target_name_is_sound(const char *name);
/* True if the images are computed at each reading. */
bool oc_dataset_is_generated(const oc_dataset *d);
/* True if an image is decoded when it is read, which takes long enough to be done ahead. */
bool oc_dataset_is_decoded(const oc_dataset *d);
/* Threads that are worth reading many images at a time: those that the data was opened with (0: one for each
 * CPU) where images are decoded when they are read, otherwise 1. */
int oc_dataset_workers(const oc_dataset *d);
/* Images first .. first+count-1 of `all`, in the order of its store (it gets its index, if `all` has one, by
 * oc_dataset_take_index); `split` is how they were divided. */
oc_status oc_dataset_part(const oc_dataset *all, int64_t first, int64_t count, const char *split,
                          oc_dataset **out, oc_error *err);
/* The images are those of the store in index[0..count-1] (NULL: only the part's own); `index` belongs to d
 * then. */
void oc_dataset_take_index(oc_dataset *d, int64_t *index);
/* Divides `all`, a whole store, by oc_data_options.valid: fills out->train, and of out->valid and out->test
 * what is NULL and in the text. On success `all` is freed or has become out->train, and is NULL; else it
 * stays, as *out does. */
oc_status oc_dataset_divide(oc_dataset **all, const char *text, oc_data *out, oc_error *err);

/* ---- dataset_read.c ------------------------------------------------------------------------------------ */

/* Which images, and where they and their targets go. */
typedef struct oc_reading {
  const int64_t *order; /* of the dataset's images; NULL: as they lie there */
  int64_t first, count; /* indices in the order */
  uint8_t *pixels;      /* each of these may be NULL */
  int32_t *labels;      /* of the first target if it is a class, else -1 */
  void *const *targets; /* one for each target of the dataset; each may be NULL */
} oc_reading;
/* Errors as of oc_dataset_read_targets. Takes no memory. */
oc_status oc_dataset_read_as(const oc_dataset *d, const oc_reading *r, oc_error *err);
/* The labels of all images. The caller frees *labels; on failure it is NULL. */
oc_status oc_dataset_labels(const oc_dataset *d, int32_t **labels, oc_error *err);
/* Checks that `count` values of a target are valid for its kind, of images index, index + 1 and so on.
 * `images` (NULL: rising) names them. */
oc_status oc_target_check(const oc_target *target, const void *values, const int64_t *images, int64_t count,
                          oc_error *err);

/* ---- transform/ ---------------------------------------------------------------------------------------- */

/* As oc_standardizer_fit_as, with statistics of the same images, which are added to. */
oc_status oc_standardizer_fit_with(const oc_dataset *d, oc_standardize how, oc_image_statistics *statistics,
                                   oc_standardizer *out, oc_error *err);
/* The least and the largest ratio of width to height that the images had before they were preprocessed; 0:
 * unknown. */
void oc_dataset_aspects(const oc_dataset *d, double *low, double *high);
/* The medians of height and width that the images had before they were preprocessed, as far as they are
 * known, and the channels that they have now. *uniform: they all had this size. */
oc_image_shape oc_dataset_typical(const oc_dataset *d, bool *uniform);

/* ---- dataset_hash.c ------------------------------------------------------------------------------------ */

/* Computes the hash if nobody has; what oc_dataset_hash gives afterwards. Errors as of oc_dataset_read. */
oc_status oc_dataset_identify(const oc_dataset *d, oc_error *err);
/* The first four bytes of the SHA-256 of an image that has a name (oc_dataset_item_name): of its class, name
 * and bytes. */
uint32_t oc_dataset_item_sum(const oc_dataset *d, int64_t index);

#endif
