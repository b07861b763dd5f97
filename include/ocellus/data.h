/* data.h: loads labeled images from files (or generates them from a seed), and makes batches of them.
 *
 * A dataset is a list of images of one shape, uint8, HWC, each with its targets: the desired outputs of a
 * network. Most have one target, a label 0..classes-1. A caller's own data may have several classes per
 * image, vectors, and more than one target. A dataset may be held in memory (files), generated on demand
 * (built-in data) or read by a function of the caller. An oc_data bundle (training, validation, test) is the
 * input of training and evaluation.
 *
 * Threads: datasets are read-only after opening and may be read from many threads; freeing one requires
 * exclusive use. All other functions may be called from any thread. */
#ifndef OCELLUS_DATA_H
#define OCELLUS_DATA_H
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct oc_dataset oc_dataset;
struct oc_registry;
struct oc_preprocessing;

typedef struct oc_image_shape {
  int64_t height, width, channels;
} oc_image_shape;

/* Number of images, 0 for NULL. */
OC_API int64_t oc_dataset_count(const oc_dataset *d);
/* Height, width and channels of every image of the dataset, in pixels. */
OC_API oc_image_shape oc_dataset_image_shape(const oc_dataset *d);

/* The kind of a target. */
typedef enum oc_target_kind {
  OC_TARGET_CLASS = 0, /* one class of several: an int32, 0 to size-1 */
  OC_TARGET_CLASSES, /* any of several classes: float32 values 0 to 1, 1 for each class that the image has */
  OC_TARGET_VECTOR   /* float32 values, all finite */
} oc_target_kind;

/* Maximum number of targets of a dataset. */
#define OC_TARGETS_MAX 16

typedef struct oc_target {
  /* letters, digits and _, beginning with a letter, at most 63; "label" for data from files */
  const char *name;
  oc_target_kind kind;
  int64_t size;                   /* classes, or values of a vector: 1 to 65,536 */
  const char *const *class_names; /* `size` strings; NULL: the numbers as strings. Ignored for a vector */
  /* for oc_dataset_from_memory: an int32 for each image, or `size` float32 values; else NULL */
  const void *values;
} oc_target;

/* Number of targets of each image; 0 for images without labels, and for NULL. */
OC_API int oc_dataset_target_count(const oc_dataset *d);
/* Returns target `index`, without values; NULL if it is out of range. Lives as long as d. */
OC_API const oc_target *oc_dataset_target(const oc_dataset *d, int index);

/* Number of classes, 1 or more, of the first target; 0 if that is not a class, or there is none. */
OC_API int oc_dataset_classes(const oc_dataset *d);
/* False for images whose first target is not a class; their labels read as -1. Images without any target can
 * be predicted, not trained or tested on. */
OC_API bool oc_dataset_labeled(const oc_dataset *d);
/* Name of class `label`: "0".."9" for digits, "X" and "O" for xo; the number as a string where a file gives
 * none; "" for a label out of range. Valid until the dataset is freed. */
OC_API const char *oc_dataset_class_name(const oc_dataset *d, int label);
/* Copies images index .. index+count-1 into `pixels` (count*h*w*c bytes) and their labels into `labels`
 * (count), -1 where the first target is not a class; either may be NULL. OC_E_ARGUMENT: the images are not
 * all in the dataset; nothing is copied. Reading cannot fail otherwise, unless a function of the caller reads
 * the images: then its own errors, and OC_E_DATA for a target that does not match its kind. */
OC_API oc_status oc_dataset_read(const oc_dataset *d, int64_t index, int64_t count, uint8_t *pixels,
                                 int32_t *labels, oc_error *err);
/* The same with all targets: targets[i] gets those of target i, `count` int32 of a class, or count*size
 * float32; each may be NULL, and so may `pixels`. `targets` has oc_dataset_target_count elements. Errors as
 * of oc_dataset_read. */
OC_API oc_status oc_dataset_read_targets(const oc_dataset *d, int64_t index, int64_t count, uint8_t *pixels,
                                         void *const *targets, oc_error *err);
/* True if the dataset is one image of a file with transparent pixels, which were blended with `color` (red,
 * green, blue). */
OC_API bool oc_dataset_background(const oc_dataset *d, uint8_t color[3]);
/* SHA-256 in hex (64 characters) of sizes, pixels and targets (files, memory), of the recipe (built-in data)
 * or of the identity that its caller gave. Computed at the first call. "" if reading failed. Valid until the
 * dataset is freed. */
OC_API const char *oc_dataset_hash(const oc_dataset *d);
/* Returns how the set was split off, as in oc_data_options: "0", "last:N" or "stratified:N:SEED", and of data
 * whose test set was split off too ",test:" with one of these, which gives the same split again; "" if it
 * does not come from a training set. Lives as long as d. */
OC_API const char *oc_dataset_split(const oc_dataset *d);
/* Returns the name of the file of an image, below the folder or archive that was opened; "" for images that
 * have none, and out of range. Lives as long as d. */
OC_API const char *oc_dataset_item_name(const oc_dataset *d, int64_t index);
/* Returns what was understood or left out when the data was opened, one line for a person; "" if there is
 * nothing to say. Lives as long as d. */
OC_API const char *oc_dataset_note(const oc_dataset *d);
/* A set of `count` images of each class of `d`, or all of a class that has fewer, in the order of `d`. `seed`
 * alone decides which. Nothing is copied; `d` stays the caller's, and may be freed before *out. The caller
 * frees *out with oc_dataset_free; on failure it is NULL. OC_E_ARGUMENT: `count` is below 1, or the first
 * target is not a class. OC_E_MEMORY. Others: errors as of oc_dataset_read. From any thread. */
OC_API oc_status oc_dataset_per_class(const oc_dataset *d, int64_t count, uint64_t seed, oc_dataset **out,
                                      oc_error *err);
/* Frees a dataset that oc_dataset_open_file, oc_dataset_from_memory, oc_dataset_from_callback or
 * oc_dataset_per_class made. NULL is fine. Those of an oc_data are freed by oc_data_close. */
OC_API void oc_dataset_free(oc_dataset *d);

/* ---- opening ------------------------------------------------------------------------------------------- */

typedef struct oc_data {
  oc_dataset *train; /* NULL if the source has none */
  oc_dataset *valid; /* NULL if the source has none */
  oc_dataset *test;  /* NULL if the source has none */
} oc_data;

typedef struct oc_data_options {
  size_t struct_size; /* sizeof(oc_data_options); 0: that of version 0.1 */
  /* The validation set, which is split off the training set:
   *   "0"                    none
   *   "last:N"               the last N images
   *   "stratified:N[:SEED]"  N images, the same fraction of each class, drawn with SEED (default 123); both
   *                          sets in the order of the file
   *   "N[:SEED]"             last:N for MNIST (known by its labels; the lecture's split), for built-in data,
   *                          whose classes come in random order, and for images without labels; else
   *                          stratified
   * N may be "auto": 10,000, or a sixth of the images if that is less. NULL (default): "auto".
   * ",test:" and another such split may follow, as in "auto,test:auto:9": data that has no test set of its
   * own gets one, drawn from the training images before the validation set is. Both "auto" are then a tenth
   * of the images, at most 10,000. Without it no test set is split off.
   * oc_dataset_split returns the resolved split. */
  const char *valid;
  uint64_t seed;    /* of built-in data; default 123 */
  bool seed_set;    /* a seed of 0 is meant */
  size_t max_bytes; /* refuse to hold more than this in memory; 0: 4 GiB (default) */
  /* The color behind transparent pixels of an image: "black", "white", a gray "0".."255" or "#rrggbb". NULL
   * (default): black, or white where most of the ink is dark. */
  const char *background;
  /* Called before each 4 MB that are read from a file: false ends the call with OC_E_INTERRUPTED. NULL
   * (default): never. */
  oc_go_on_fn go_on;
  void *context; /* of go_on and progress */
  /* data sources of the caller (registry.h), which come before the built-in ones; NULL (default): none */
  struct oc_registry *registry;
  /* The rule that gives all images one shape (preprocess.h); what it leaves open, the data decides. NULL
   * (default): the images stay as they are if they have one shape. It is copied. */
  const struct oc_preprocessing *preprocessing;
  /* For images in files: */
  size_t cache_bytes; /* keep so many bytes of decoded images in memory; 0: 512 MiB (default) */
  /* Threads that scan images, and read them for a standardizer, 0 to 256; 0 (default): one for each CPU */
  int workers;
  /* A folder for what is worth keeping: results of scans, unpacked archives. NULL (default): keep nothing. */
  const char *cache_folder;
  /* A file with the name of an image to leave out on each line, as oc_dataset_item_name returns it. NULL
   * (default): none. */
  const char *skip;
  /* Called now and then on the caller's thread: `done` of `total` images, where `what` is "Scanning", or
   * bytes of a compressed archive, where it is "Unpacking". NULL (default): never. */
  void (*progress)(void *context, const char *what, int64_t done, int64_t total);
  /* true: a JPEG without its end is taken with gray in the place of what is missing, and counted in the note
   * (oc_dataset_note); false (default): it is an error */
  bool accept_truncated;
} oc_data_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_data_options oc_data_defaults(void);

/* Opens `where`, one of
 *   a folder with MNIST's four files (train-images-idx3-ubyte[.gz] to t10k-labels-idx1-ubyte[.gz]; the
 *     training or the test pair alone is fine), any image size, channel and class count
 *   a folder with a folder of images for each class: FOLDER/CLASS/.., or FOLDER/train/CLASS/.. and the same
 *     with valid (or val, validation) and test
 *   a .zip, .tar or .tar.gz archive with such folders; the last is unpacked once to options.cache_folder,
 *     which it needs, the others are read in place
 *   a list of images, FILE.csv or FILE.tsv: path,label or path,label,split in each line, with paths from the
 *     folder of the list on; also one that lies in a folder or an archive without folders of classes
 *   a folder with CIFAR's binary files: data_batch_1.bin .. and test_batch.bin, or train.bin and test.bin of
 *     CIFAR-100, whose coarse labels are those of FOLDER:coarse; one of these files becomes `test`
 *   arrays of NumPy, a .npz file or a folder with .npy files: x_train, y_train, x_val, y_val, x_test, y_test;
 *     train_images, train_labels and the same with val and test; or images and labels, x and y, which are
 *     split like other training sets. One .npy file of images becomes `test`
 *   mnist, fashion-mnist   what oc_fetch (fetch.h) got, unless there is a file or folder of this name
 *   one IDX images file (its labels are found by name in the same folder) or one image: becomes `test`
 *   digits[:TRAIN[:TEST]]  built-in handwriting; 60000 and 10000 by default
 *   xo[:TRAIN[:TEST]]      built-in X and O, 12000 and 2000 by default
 * Pixels of IDX and NumPy are numbers of any type. Integers must be 0 to 255. Real numbers v become
 * round(255 v) if none exceeds 1, round(v) if they are 0 to 255. Labels are whole numbers of 0 to 65,535.
 * A new source is one file in src/data/source and one row in src/data/source/sources.def. The caller frees
 * *out with oc_data_close; on failure all three are NULL. OC_E_NO_INPUT: no such file, folder or built-in
 * data, or it cannot be opened. OC_E_IO: it cannot be read. OC_E_DATA: damaged, of another kind, labels that
 * do not fit the images, or more than options.max_bytes. OC_E_ARGUMENT: an option, or a count after ':', is
 * out of range; a validation set that leaves no images for training. OC_E_UNSUPPORTED: a compressed file,
 * a zip, PNG or JPEG in a build without zlib, libpng or libjpeg. OC_E_INTERRUPTED: go_on returned false.
 * OC_E_MEMORY. */
OC_API oc_status oc_data_open(const char *where, const oc_data_options *options, oc_data *out, oc_error *err);
/* Gives the images of data the shape that options->preprocessing and options->background say, as if
 * oc_data_open had got these, without opening anything again: for a shape that is chosen by what the data is.
 * Nothing may have been made of the datasets yet, and pointers to them are no longer valid. On failure *data
 * is as it was. OC_E_ARGUMENT: an option is out of range, or a dataset is in use. OC_E_UNSUPPORTED: images of
 * other than 1 or 3 channels. OC_E_MEMORY. Threads: requires exclusive use of *data. */
OC_API oc_status oc_data_reshape(oc_data *data, const oc_data_options *options, oc_error *err);
/* True for data that the lecture's options suit: what is built in, MNIST's files in a folder, and "mnist".
 * For other data, oc_choose (choose.h) finds options. False for NULL. Opens no file as a whole. */
OC_API bool oc_data_is_lecture(const char *where);
/* Frees the three datasets and sets them to NULL. NULL, or one that was closed, is fine. */
OC_API void oc_data_close(oc_data *data);

/* Returns the syntax and a summary of the index-th source, in static storage. False past the
 * last one. */
OC_API bool oc_data_source(int index, const char **syntax, const char **summary);

/* Opens one file: IDX images (labels come from a file in the same folder, images-idx3 -> labels-idx1, if
 * there is one), or an image (see oc_image_load) as a dataset of one, without a label. Any kind is known by
 * its content, not by its name. `options` may be NULL; only
 * max_bytes, background and preprocessing matter. The caller frees
 * *out with oc_dataset_free; on failure it is NULL. Errors as of oc_data_open. */
OC_API oc_status oc_dataset_open_file(const char *path, const oc_data_options *options, oc_dataset **out,
                                      oc_error *err);

/* ---- the caller's own images --------------------------------------------------------------------------- */

typedef struct oc_dataset_options {
  size_t struct_size;       /* sizeof(oc_dataset_options); 0: that of version 0.1 */
  int64_t count;            /* images, at least 1; no default */
  oc_image_shape size;      /* of each, at least 1x1x1; no default */
  const oc_target *targets; /* target_count of them, copied; NULL (default): images without targets */
  int target_count;         /* 0 (default) to OC_TARGETS_MAX */
  /* For oc_dataset_from_callback: */
  /* true: the function is called by one thread at a time; default false: by several concurrently */
  bool serial;
  /* a string that differs whenever an image or a target differs: it represents them in oc_dataset_hash.
   * NULL (default): all images and targets are read once, when the hash is computed, as training does */
  const char *identity;
} oc_dataset_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_dataset_options oc_dataset_defaults(void);

/* Makes a dataset of the caller's own images: `pixels` has options.count of them, uint8 HWC of options.size;
 * each target has its values. Everything is copied. The caller frees *out with oc_dataset_free; on failure it
 * is NULL. OC_E_ARGUMENT: a count, size, name or kind out of range, or a target without values. OC_E_DATA: a
 * target's value that its kind does not allow, such as a label that is not a class, or NaN. OC_E_MEMORY. */
OC_API oc_status oc_dataset_from_memory(const uint8_t *pixels, const oc_dataset_options *options,
                                        oc_dataset **out, oc_error *err);

/* Reads images indices[0..count-1] of a dataset, each 0 to options.count-1, in any order: `pixels`
 * (count*h*w*c bytes, may be NULL) and targets[i] (for each target of the options, in their order, as in
 * oc_dataset_read_targets; each may be NULL). The same index must always give the same bytes, or training is
 * not reproducible. A status other than OC_OK, with `err` filled, is returned by the call that needed the
 * images. It is called from any thread of the library, concurrently unless options.serial is set. It must not
 * call back into the training run that it serves. */
typedef oc_status (*oc_read_fn)(void *context, const int64_t *indices, int64_t count, uint8_t *pixels,
                                void *const *targets, oc_error *err);
/* Makes a dataset whose images `read` returns on demand; none is read now. `context` is passed to it and must
 * live as long as the dataset and its splits. Everything in `options` is copied; values of targets are
 * ignored. The caller frees *out with oc_dataset_free; on failure it is NULL. OC_E_ARGUMENT: as of
 * oc_dataset_from_memory. OC_E_MEMORY. The data of `read` is checked when it is read: OC_E_DATA. */
OC_API oc_status oc_dataset_from_callback(oc_read_fn read, void *context, const oc_dataset_options *options,
                                          oc_dataset **out, oc_error *err);

/* ---- single images ----------------------------------------------------------------------------------- */

typedef struct oc_image {
  oc_image_shape size;
  uint8_t *pixels;       /* HWC: 1 channel if gray, 3 if color; owned */
  bool transparent;      /* it had transparent pixels, which show the background */
  uint8_t background[3]; /* red, green, blue */
} oc_image;

/* Decodes an image, recognized by its first bytes: PNG (with libpng), JPEG (with libjpeg-turbo), BMP, PBM,
 * PGM or PPM; WebP, GIF or TIFF by libraries that are opened when the first such file is decoded
 * (library.h). HEIC and AVIF are decoded in a child process with limits on time and memory, the program
 * ocellus-heif; they are always color. Of several frames or pages, it is the first, or what HEIC and AVIF
 * call the primary one. A sample v of 0..max becomes round(v * 255 / max), whatever the number of bits;
 * palettes are expanded. A JPEG is gray or RGB (CMYK and YCCK are converted as Pillow does). An image is
 * turned by its EXIF orientation; HEIC and AVIF have boxes for that instead. Color profiles are ignored.
 * `background` as in oc_data_options. The caller frees *out with oc_image_release; on failure it is empty.
 * OC_E_NO_INPUT, OC_E_IO: the file cannot be opened or read. OC_E_DATA: damaged, of another kind, or too
 * large. OC_E_ARGUMENT: no such background. OC_E_UNSUPPORTED: the library of the format, or ocellus-heif,
 * is missing, in this build or on this machine. OC_E_MEMORY. */
OC_API oc_status oc_image_load(const char *path, const char *background, oc_image *out, oc_error *err);
/* The same from bytes; `where` is what messages call them. The caller frees *out with oc_image_release.
 * Errors as of oc_image_load. */
OC_API oc_status oc_image_decode(const char *where, const void *bytes, size_t size, const char *background,
                                 oc_image *out, oc_error *err);

typedef struct oc_image_options {
  size_t struct_size;     /* sizeof(oc_image_options); 0: that of version 0.1 */
  const char *background; /* as in oc_data_options; NULL (default): chosen */
  /* The size that the upright image is needed in, in pixels. A JPEG is decoded at 1/2, 1/4 or 1/8 of its
   * size, which is fast, as long as that is at least twice the target in each direction. 0 (default): at its
   * own size */
  int64_t target_height, target_width;
  /* true: a JPEG without its end is decoded, with gray in the place of what is missing; false (default): it
   * is an error */
  bool accept_truncated;
  int64_t max_pixels; /* refuse more in the file; 0: 2^26 (default) */
  int64_t max_side;   /* refuse more in one direction; 0: 2^20 (default) */
  size_t max_bytes;   /* refuse more decoded bytes, and a file of more than four times that; 0: 64 MiB
                       * (default) */
} oc_image_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_image_options oc_image_defaults(void);

/* An image, and what its file holds. */
typedef struct oc_image_details {
  oc_image image;
  const char *format;    /* name of the decoder: "jpeg"; static storage */
  oc_image_shape stored; /* in the file: before scaling and turning; 2 and 4 channels have alpha */
  int orientation;       /* EXIF's, 1 to 8, which `image` is turned by; 1: upright */
  bool alpha;            /* an alpha channel or a transparent color; image.transparent: some pixel uses it */
  bool truncated;        /* some of it is missing, which accept_truncated allowed */
} oc_image_details;

/* Loads as oc_image_load does, with options. The caller frees out->image with oc_image_release; on failure
 * *out is empty. Errors as of oc_image_load. OC_E_ARGUMENT: an option is out of range. */
OC_API oc_status oc_image_load_with(const char *path, const oc_image_options *options, oc_image_details *out,
                                    oc_error *err);
/* Decodes as oc_image_decode does, with options. The caller frees out->image with oc_image_release; on
 * failure *out is empty. Errors as of oc_image_load_with. */
OC_API oc_status oc_image_decode_with(const char *where, const void *bytes, size_t size,
                                      const oc_image_options *options, oc_image_details *out, oc_error *err);
/* Reads the header alone, of all bytes of a file: out->image has the size of the upright image and no
 * pixels. That takes microseconds (HEIC and AVIF: milliseconds) and finds no damage in the pixels. Of the
 * options, the limits matter. Errors as of oc_image_load_with. */
OC_API oc_status oc_image_probe(const char *where, const void *bytes, size_t size,
                                const oc_image_options *options, oc_image_details *out, oc_error *err);
/* True if these first bytes of a file are of a format that oc_image_load reads; `size` is theirs, and 12
 * of them decide. False for NULL. */
OC_API bool oc_image_is_known(const void *first, size_t size);
/* True if these first bytes, as for oc_image_is_known, are of a format whose images can have transparent
 * parts. False for NULL. */
OC_API bool oc_image_may_be_transparent(const void *first, size_t size);
/* What the i-th decoder reads, such as "PBM, PGM and PPM", or NULL past the end. Static storage. */
OC_API const char *oc_image_format(int index);
/* Frees the pixels and empties *image. An empty one or NULL is fine. */
OC_API void oc_image_release(oc_image *image);
/* OC_E_ARGUMENT if `text` is not a background as in oc_data_options; NULL is one. */
OC_API oc_status oc_background_check(const char *text, oc_error *err);
/* Writes 1 or 3 channels as PNG, or as PGM or PPM where the name ends so. The old file is replaced whole
 * or not at all. OC_E_ARGUMENT: another number of channels, a size below 1, or a name with another ending.
 * OC_E_CANT_CREATE, OC_E_IO: as of oc_file_save. OC_E_UNSUPPORTED: PNG in a build without libpng. */
OC_API oc_status oc_image_save(const char *path, oc_image_shape size, const uint8_t *pixels, oc_error *err);
/* True if this is the name of an image: it ends in .png, .pgm or .ppm. */
OC_API bool oc_image_has_extension(const char *path);
/* Converts h*w pixels between 1 and 3 channels into `to` (h*w*channels bytes, no part of `from`), for a
 * model with another channel count: luma ITU-R BT.601 (0.299 R + 0.587 G + 0.114 B), or copies.
 * OC_E_ARGUMENT: other channels, or a size below 1. */
OC_API oc_status oc_image_convert(const uint8_t *from, oc_image_shape size, int64_t channels, uint8_t *to,
                                  oc_error *err);

/* ---- standardizing and batches ------------------------------------------------------------------------- */

/* How pixels are standardized, by the training set alone. */
typedef enum oc_standardize {
  OC_STANDARDIZE_AUTO = 0, /* PIXEL for gray images of one size of at most 32x32, otherwise CHANNEL */
  OC_STANDARDIZE_PIXEL,    /* a mean for each pixel, one standard deviation for all values (lecture: "Generate
                            * the Mini-batches") */
  OC_STANDARDIZE_CHANNEL,  /* a mean and a standard deviation for each channel */
  OC_STANDARDIZE_NONE      /* pixels / 255 */
} oc_standardize;
/* Name of a way to standardize: "auto", "pixel", "channel" or "none"; NULL if there is no such way. Static
 * storage. */
OC_API const char *oc_standardize_name(oc_standardize how);

/* PIXEL: (pixel - mean[i]) / deviation for value i of an image. CHANNEL and NONE: (pixel - mean[c]) /
 * deviations[c] for channel c; NONE has means of 0 and deviations of 255. */
typedef struct oc_standardizer {
  int64_t count;      /* h*w*c */
  float *mean;        /* count of PIXEL, otherwise channels of them; owned */
  double deviation;   /* of PIXEL: > 0; 1 if all values are equal. Otherwise 0 */
  oc_standardize how; /* what was chosen; AUTO means PIXEL here */
  int64_t channels;   /* c */
  double *deviations; /* of CHANNEL and NONE: channels of them, each as `deviation`; owned. Otherwise NULL */
} oc_standardizer;
/* Computes means and deviations in one pass over the dataset with integer sums, so the bits are always the
 * same. For generated data, it uses the first 10,000 images only. NONE reads no images. The caller frees *out
 * with oc_standardizer_release; on failure it is empty. OC_E_ARGUMENT: no such way, or NULL. OC_E_MEMORY. */
OC_API oc_status oc_standardizer_fit_as(const oc_dataset *d, oc_standardize how, oc_standardizer *out,
                                        oc_error *err);
/* The same as OC_STANDARDIZE_AUTO. The caller frees *out with oc_standardizer_release. Errors as of
 * oc_standardizer_fit_as. */
OC_API oc_status oc_standardizer_fit(const oc_dataset *d, oc_standardizer *out, oc_error *err);
/* Frees means and deviations and empties *s. An empty one or NULL is fine. */
OC_API void oc_standardizer_release(oc_standardizer *s);
/* Standardizes `images` images into float32; `pixels` and `out` have images * s->count elements. */
OC_API void oc_standardizer_apply(const oc_standardizer *s, const uint8_t *pixels, int64_t images,
                                  float *out);
/* Like oc_standardizer_apply, for float32 pixels of 0 to 255. Integer values give the same bits. */
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
