/* dataset.h: what a dataset is made of, for the sources.
 *
 * A store holds the images, or knows how to draw them; a dataset is a view of some, in their order. The
 * training and the validation part are two views of one store, so splitting copies nothing. The last view
 * frees the store. */
#ifndef OC_DATA_DATASET_H
#define OC_DATA_DATASET_H
#include "base/memory.h"
#include "ocellus/data.h"
#include <stdatomic.h>

/* How built-in images come into being: each follows from (seed, part, index) alone. */
typedef struct oc_image_generator {
  const char
      *recipe; /* name and version; a change of a single pixel needs a new one, since hashes follow from it */
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
  int classes; /* 0 without labels */
  uint8_t *pixels;
  int32_t *labels;                     /* NULL without labels, or when drawn */
  const oc_image_generator *generator; /* NULL when held in memory */
  uint64_t seed, part;                 /* of the generator */
  bool transparent;                    /* one image with transparent parts, which show `background` */
  uint8_t background[3];
  const char **class_names;
  oc_arena names;
} oc_store;

/* The options with every default filled in; `given` may be NULL or zeroed. */
oc_data_options oc_data_options_resolve(const oc_data_options *given);
/* An empty store with one owner, the caller, who passes it to oc_dataset_view or calls oc_store_release. */
oc_store *oc_store_create(void);
void oc_store_release(oc_store *store); /* NULL is fine */
/* `names` NULL: the numbers as text. */
oc_status oc_store_name_classes(oc_store *store, int classes, const char *const *names, oc_error *err);
/* Adds a view of `store`; the caller's own ownership stays. */
oc_status oc_dataset_view(oc_store *store, int64_t first, int64_t count, oc_dataset **out, oc_error *err);
/* A dataset of `count` drawn images; part 0 is for training, 1 for testing. */
oc_status oc_dataset_generated(const oc_image_generator *generator, uint64_t seed, uint64_t part,
                               int64_t count, oc_dataset **out, oc_error *err);
/* True if the images are computed at each reading. */
bool oc_dataset_is_generated(const oc_dataset *d);
/* "stratified:9223372036854775807:18446744073709551615" and its end. */
#define OC_SPLIT_TEXT 56
/* Images first .. first+count-1 of `all`, which has no index; `split` says how they were divided. */
oc_status oc_dataset_part(const oc_dataset *all, int64_t first, int64_t count, const char *split,
                          oc_dataset **out, oc_error *err);
/* The images are those of the store that index[0..count-1] says (NULL: none but the part's own); `index` belongs to d then. */
void oc_dataset_take_index(oc_dataset *d, int64_t *index);
/* Divides `all`, a whole store, as oc_data_options.valid says; on success it is freed and set to NULL, else it stays. *valid may
 * become NULL. */
oc_status oc_dataset_divide(oc_dataset **all, const char *how, oc_dataset **train, oc_dataset **valid,
                            oc_error *err);

#endif
