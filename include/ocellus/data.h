/* data.h: from files (or a seed) to labeled images, and from those to batches.
 *
 * A dataset is a list of images of one size, uint8, HWC, each with its targets: what a network shall answer. Most have one, a label
 * 0..classes-1; data of one's own may have several classes an image, numbers, and more than one target. A dataset may be held in
 * memory (files), computed when asked for (built-in data) or given by a function of the caller's. A datasets bundle
 * (training, validation, test) is what training and evaluation take.
 *
 * Threads: datasets are read-only after opening and may be read from many threads; freeing one needs it alone. All other functions may
 * be called from any thread. */
#ifndef OCELLUS_DATA_H
#define OCELLUS_DATA_H
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct oc_dataset oc_dataset;

typedef struct oc_image_shape {
  int64_t height, width, channels;
} oc_image_shape;

/* Number of images, 0 for NULL. */
OC_API int64_t oc_dataset_count(const oc_dataset *d);
/* Height, width and channels of every image of the dataset, in pixels. */
OC_API oc_image_shape oc_dataset_image_shape(const oc_dataset *d);

/* What there is to say about an image. */
typedef enum oc_target_kind {
  OC_TARGET_CLASS = 0, /* one class of several: an int32, 0 to size-1 */
  OC_TARGET_CLASSES, /* any of several classes: float32 numbers of 0 to 1, 1 for each class that the image has */
  OC_TARGET_VECTOR /* float32 numbers, any that are finite */
} oc_target_kind;

/* The most targets that a dataset has. */
#define OC_TARGETS_MAX 16

typedef struct oc_target {
  const char
      *name; /* letters, digits and _, beginning with a letter, at most 63; "label" for data from files */
  oc_target_kind kind;
  int64_t size;                   /* classes, or numbers of a vector: 1 to 65,536 */
  const char *const *class_names; /* `size` texts; NULL: the numbers as text. Of a vector: not looked at */
  const void
      *values; /* for oc_dataset_from_memory: an int32 for each image, or `size` float32 numbers; else NULL */
} oc_target;

/* Number of targets of each image; 0 for images without labels, and for NULL. */
OC_API int oc_dataset_target_count(const oc_dataset *d);
/* What target `index` is, without values; NULL if it is out of range. Lives as long as d. */
OC_API const oc_target *oc_dataset_target(const oc_dataset *d, int index);

/* Number of classes, 1 or more, of the first target; 0 if that is no class, or there is none. */
OC_API int oc_dataset_classes(const oc_dataset *d);
/* False for images whose first target is no class; their labels read as -1. Images without any target can be predicted, not trained
 * or tested on. */
OC_API bool oc_dataset_labeled(const oc_dataset *d);
/* Name of class `label`: "0".."9" for digits, "X" and "O" for xo; the number as text where a file gives
 * none; "" for a label out of range. Valid until the dataset is freed. */
OC_API const char *oc_dataset_class_name(const oc_dataset *d, int label);
/* Copies images index .. index+count-1 into `pixels` (count*h*w*c bytes) and their labels into `labels`
 * (count), -1 where the first target is no class; either may be NULL. OC_E_ARGUMENT: the images are not all in the dataset;
 * nothing is copied. Reading cannot fail otherwise, files are held in memory and built-in images are drawn, unless the dataset is
 * given by a function of the caller's: then its own errors, and OC_E_DATA for a target that is not as its kind says. */
OC_API oc_status oc_dataset_read(const oc_dataset *d, int64_t index, int64_t count, uint8_t *pixels,
                                 int32_t *labels, oc_error *err);
/* The same with all targets: targets[i] gets those of target i, `count` int32 of a class, or count*size float32; each may be NULL,
 * and so may `pixels`. `targets` has oc_dataset_target_count elements. Errors as of oc_dataset_read. */
OC_API oc_status oc_dataset_read_targets(const oc_dataset *d, int64_t index, int64_t count, uint8_t *pixels,
                                         void *const *targets, oc_error *err);
/* True if these are one image of a file with transparent parts, which were laid over `color` (red, green, blue). */
OC_API bool oc_dataset_background(const oc_dataset *d, uint8_t color[3]);
/* SHA-256 in hex (64 characters) of sizes, pixels and targets (files, memory), of the recipe (built-in data) or of the identity that
 * its caller gave. Computed at the first call. "" if reading failed. Valid until the dataset is freed. */
OC_API const char *oc_dataset_hash(const oc_dataset *d);
/* How the part was split off, as in oc_data_options: "0", "last:N" or "stratified:N:SEED", with which it can be had again; "" if it
 * is no part of a training set. Lives as long as d. */
OC_API const char *oc_dataset_split(const oc_dataset *d);
/* Frees a dataset that oc_dataset_open_file, oc_dataset_from_memory or oc_dataset_from_callback made. NULL is fine. Those of an
 * oc_data are freed by oc_data_close. */
OC_API void oc_dataset_free(oc_dataset *d);

/* ---- opening ------------------------------------------------------------------------------------------- */

typedef struct oc_data {
  oc_dataset *train; /* NULL if the source has none */
  oc_dataset *valid; /* NULL if the source has none */
  oc_dataset *test;  /* NULL if the source has none */
} oc_data;

typedef struct oc_data_options {
  size_t struct_size; /* sizeof(oc_data_options); 0: that of version 0.1 */
  /* The validation part, which is split off the training part:
   *   "0"                    none
   *   "last:N"               the last N images
   *   "stratified:N[:SEED]"  N images, of each class its share, drawn by SEED (default 123); both parts in the order of the file
   *   "N[:SEED]"             last:N for MNIST (known by its labels; the lecture's split), for built-in data, whose classes come in
   *                          random order, and for images without labels; else stratified
   * N may be "auto": 10,000, or a sixth of the images if that is less. NULL (default): "auto". oc_dataset_split tells what
   * became of it. */
  const char *valid;
  uint64_t seed;    /* of built-in data; default 123 */
  bool seed_set;    /* a seed of 0 is meant */
  size_t max_bytes; /* refuse to hold more than this in memory; 0: 4 GiB (default) */
  /* What is seen through the transparent parts of an image: "black", "white", a gray "0".."255" or "#rrggbb". NULL
   * (default): black, or white where most of the ink is dark and would be lost on black. */
  const char *background;
  /* Asked before each 4 MB that are read of a file: false ends the call with OC_E_INTERRUPTED. NULL (default): never. */
  oc_go_on_fn go_on;
  void *context; /* of go_on */
} oc_data_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_data_options oc_data_defaults(void);

/* Opens `where`, one of
 *   a folder with MNIST's four files (train-images-idx3-ubyte[.gz], .. t10k-labels-idx1-ubyte[.gz]; the
 *     training or the test pair alone is fine), any image size, channel and class count
 *   one IDX images file (its labels are found beside it by name), PNG or PGM/PPM image: becomes `test`
 *   digits[:TRAIN[:TEST]]  built-in handwriting; 60000 and 10000 by default
 *   xo[:TRAIN[:TEST]]      built-in X and O, 12000 and 2000 by default
 * A new source is one file in src/data and one row in src/data/source/sources.def. The caller frees *out
 * with oc_data_close; on failure all three are NULL. OC_E_NO_INPUT: no such file, folder or built-in data,
 * or it cannot be opened. OC_E_IO: it cannot be read. OC_E_DATA: damaged, of another kind, labels that do
 * not fit the images, or more than options.max_bytes. OC_E_ARGUMENT: an option, or a count behind ':', is
 * out of range; a validation part that leaves no images for training. OC_E_UNSUPPORTED: a compressed file
 * or PNG in a build without zlib or libpng. OC_E_INTERRUPTED: go_on said stop. OC_E_MEMORY. */
OC_API oc_status oc_data_open(const char *where, const oc_data_options *options, oc_data *out, oc_error *err);
/* Frees the three datasets and sets them to NULL. NULL, or one that was closed, is fine. */
OC_API void oc_data_close(oc_data *data);

/* Gives the index-th source for help, in static storage: how it is written and what it is. False past the
 * last one. */
OC_API bool oc_data_source(int index, const char **syntax, const char **summary);

/* Opens one file: IDX images (labels are taken from the file beside it, images-idx3 -> labels-idx1, if
 * there is one), or a PNG or PGM/PPM image as a dataset of one, without a label. Any kind is known by its
 * content, not by its name. `options` may be NULL; only max_bytes and background matter. The caller frees
 * *out with oc_dataset_free; on failure it is NULL. Errors as of oc_data_open. */
OC_API oc_status oc_dataset_open_file(const char *path, const oc_data_options *options, oc_dataset **out,
                                      oc_error *err);

/* ---- images of one's own ------------------------------------------------------------------------------- */

typedef struct oc_dataset_options {
  size_t struct_size;       /* sizeof(oc_dataset_options); 0: that of version 0.1 */
  int64_t count;            /* images, at least 1; no default */
  oc_image_shape size;      /* of each, at least 1x1x1; no default */
  const oc_target *targets; /* target_count of them, copied; NULL (default): images without targets */
  int target_count;         /* 0 (default) to OC_TARGETS_MAX */
  /* For oc_dataset_from_callback: */
  bool serial; /* true: the function is called by one thread at a time; default false: by several at once */
  const char *
      identity; /* a text that is another one whenever an image or a target is: it stands for them in oc_dataset_hash. NULL
                           (default): all images and targets are read once, when the hash is asked for, as a training does */
} oc_dataset_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_dataset_options oc_dataset_defaults(void);

/* Makes a dataset of the caller's own images: `pixels` has options.count of them, uint8 HWC of options.size; each target has its
 * values. Everything is copied. The caller frees *out with oc_dataset_free; on failure it is NULL. OC_E_ARGUMENT: a count, size, name
 * or kind out of range, or a target without values. OC_E_DATA: a target's value that its kind does not allow, such as a label that is
 * not a class, or NaN. OC_E_MEMORY. */
OC_API oc_status oc_dataset_from_memory(const uint8_t *pixels, const oc_dataset_options *options,
                                        oc_dataset **out, oc_error *err);

/* Gives images indices[0..count-1] of a dataset, each 0 to options.count-1, in any order: `pixels` (count*h*w*c bytes, may be NULL) and
 * targets[i] (for each target of the options, in their order, as in oc_dataset_read_targets; each may be NULL). The same index must
 * always give the same bytes, or a training cannot be repeated. Another status than OC_OK, with `err` filled, is what the call that
 * needed the images returns. Called from any thread of the library and from several at once, unless options.serial is set; it may not
 * call back into the training that it serves. */
typedef oc_status (*oc_read_fn)(void *context, const int64_t *indices, int64_t count, uint8_t *pixels,
                                void *const *targets, oc_error *err);
/* Makes a dataset whose images `read` gives when they are needed; none is read now. `context` is passed on to it and must live as long
 * as the dataset, and as the parts of it. Of `options` everything is copied; values of targets are not looked at. The caller frees
 * *out with oc_dataset_free; on failure it is NULL. OC_E_ARGUMENT: as of oc_dataset_from_memory. OC_E_MEMORY. What `read` gives is
 * checked when it is read: OC_E_DATA. */
OC_API oc_status oc_dataset_from_callback(oc_read_fn read, void *context, const oc_dataset_options *options,
                                          oc_dataset **out, oc_error *err);

/* ---- single images ----------------------------------------------------------------------------------- */

typedef struct oc_image {
  oc_image_shape size;
  uint8_t *pixels;       /* HWC: 1 channel if gray, 3 if color; owned */
  bool transparent;      /* parts were transparent: they show the background */
  uint8_t background[3]; /* red, green, blue */
} oc_image;

/* Decodes a PNG (with libpng) or PGM/PPM file. A sample v of 0..max becomes round(v * 255 / max), whatever
 * the number of bits; palettes are expanded. `background` as in oc_data_options. The caller frees *out
 * with oc_image_release; on failure it is empty. OC_E_NO_INPUT, OC_E_IO: the file cannot be opened or
 * read. OC_E_DATA: damaged, of another kind, or too large. OC_E_ARGUMENT: no such background.
 * OC_E_UNSUPPORTED: PNG in a build without libpng. OC_E_MEMORY. */
OC_API oc_status oc_image_load(const char *path, const char *background, oc_image *out, oc_error *err);
/* The same from bytes; `where` is what messages call them. The caller frees *out with oc_image_release.
 * Errors as of oc_image_load. */
OC_API oc_status oc_image_decode(const char *where, const void *bytes, size_t size, const char *background,
                                 oc_image *out, oc_error *err);
/* What the i-th decoder reads, such as "PGM and PPM", or NULL past the end. Static storage. */
OC_API const char *oc_image_format(int index);
/* Frees the pixels and empties *image. An empty one or NULL is fine. */
OC_API void oc_image_release(oc_image *image);
/* OC_E_ARGUMENT if `text` is no background as in oc_data_options; NULL is one. */
OC_API oc_status oc_background_check(const char *text, oc_error *err);
/* Writes 1 or 3 channels as PNG, or as PGM or PPM where the name ends so. The old file is replaced whole
 * or not at all. OC_E_ARGUMENT: another number of channels, a size below 1, or a name with another ending.
 * OC_E_CANT_CREATE, OC_E_IO: as of oc_file_save. OC_E_UNSUPPORTED: PNG in a build without libpng. */
OC_API oc_status oc_image_save(const char *path, oc_image_shape size, const uint8_t *pixels, oc_error *err);
/* Is this the name of an image: does it end in .png, .pgm or .ppm? */
OC_API bool oc_image_has_extension(const char *path);
/* Converts h*w pixels between 1 and 3 channels into `to` (h*w*channels bytes, no part of `from`), for a
 * model that wants another count: luma ITU-R BT.601 (0.299 R + 0.587 G + 0.114 B), or copies.
 * OC_E_ARGUMENT: other channels, or a size below 1. */
OC_API oc_status oc_image_convert(const uint8_t *from, oc_image_shape size, int64_t channels, uint8_t *to,
                                  oc_error *err);

/* ---- standardizing and batches ------------------------------------------------------------------------- */

/* (pixel - mean[i]) / deviation: a mean for each pixel, one standard deviation for all (lecture: "Generate the
 * Mini-batches"), both of the training part alone. */
typedef struct oc_standardizer {
  int64_t count;    /* h*w*c */
  float *mean;      /* owned */
  double deviation; /* > 0; 1 if all images are equal */
} oc_standardizer;
/* Computes mean and deviation in one pass over the dataset with integer sums: the same bits each time. Of
 * data that is drawn, the first 10,000 images stand for all. The caller frees *out with
 * oc_standardizer_release; on failure it is empty. OC_E_MEMORY; OC_E_ARGUMENT for NULL. */
OC_API oc_status oc_standardizer_fit(const oc_dataset *d, oc_standardizer *out, oc_error *err);
/* Frees the means and empties *s. An empty one or NULL is fine. */
OC_API void oc_standardizer_release(oc_standardizer *s);
/* Standardizes `images` images: out[i] = (pixels[i] - mean[i % s->count]) / s->deviation, float32;
 * `pixels` and `out` have images * s->count elements. */
OC_API void oc_standardizer_apply(const oc_standardizer *s, const uint8_t *pixels, int64_t images,
                                  float *out);
/* The same of float32 pixels of 0 to 255, whole numbers or not: whole ones give the bits of oc_standardizer_apply. */
OC_API void oc_standardizer_apply_f32(const oc_standardizer *s, const float *pixels, int64_t images,
                                      float *out);

/* Writes the order of an epoch: order[i] (`count` of them) is the index of the i-th image; a permutation
 * that follows from (seed, epoch) alone (Fisher and Yates, with Philox), or 0,1,2.. when `shuffle` is
 * false. OC_E_ARGUMENT: a count below 0. */
OC_API oc_status oc_epoch_order(int64_t count, bool shuffle, uint64_t seed, uint64_t epoch, int64_t *order,
                                oc_error *err);
/* Copies images order[first .. first+count-1] into `pixels` (count*h*w*c bytes) and `labels` (count);
 * either may be NULL. OC_E_ARGUMENT: an index that is not in the dataset. */
OC_API oc_status oc_batch_read(const oc_dataset *d, const int64_t *order, int64_t first, int64_t count,
                               uint8_t *pixels, int32_t *labels, oc_error *err);

#ifdef __cplusplus
}
#endif
#endif
