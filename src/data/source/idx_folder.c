/* idx_folder.c: opens a folder with MNIST's files: train-images-idx3-ubyte, train-labels-idx1-ubyte and the
 * same with t10k for testing, plain or gzip (plain is preferred). Any data in this form is read:
 * Fashion-MNIST, KMNIST, EMNIST, or one of your own. */
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "data/decode/decoder.h"
#include "data/source/idx_pair.h"
#include "data/source/source.h"
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* "idx4" for images with channels, "idx2" for rows of values; some copies write a dot for the dash. */
static const char *const image_endings[] = {"-images-idx3-ubyte", "-images.idx3-ubyte", "-images-idx4-ubyte",
                                            "-images.idx4-ubyte", "-images-idx2-ubyte", "-images.idx2-ubyte"};

static bool folder_accepts(const char *where) {
  struct stat st;
  return stat(where, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The images file of one part ("train" or "t10k"); NULL in *path if there is none. */
static oc_status find_images(const char *folder, const char *part, char **path, oc_error *err) {
  *path = NULL;
  for (size_t i = 0; !*path && i < sizeof image_endings / sizeof image_endings[0]; i++) {
    oc_text text = {0};
    oc_text_add(&text, "%s/%s%s", folder, part, image_endings[i]);
    char *name = oc_text_take(&text);
    if (!name) return oc_fail_memory(err, strlen(folder));
    oc_status status = oc_plain_or_gzip(name, path, err);
    oc_memory_free(name);
    TRY(status);
  }
  return OC_OK;
}

static oc_status fail_no_labels(const char *images, oc_error *err) {
  const char *slash = strrchr(images, '/'), *name = slash ? slash + 1 : images;
  const char *part = name[0] == 't' && name[1] == '1' ? "t10k" : "train";
  return oc_fail(err, OC_E_NO_INPUT, images, "Put it in the same folder.",
                 "no labels for these images: %s-labels-idx1-ubyte is missing, plain or .gz", part);
}

static oc_status read_pair(const char *images, const oc_data_options *how, oc_store **out, oc_error *err) {
  char *labels;
  TRY(oc_pair_labels_beside(images, &labels, err));
  if (!labels) return fail_no_labels(images, err);
  oc_status status = oc_pair_read(images, labels, how, out, err);
  oc_memory_free(labels);
  return status;
}

/* The store of one part, NULL if the folder has no such part. */
static oc_status read_part(const char *folder, const char *part, const oc_data_options *how, oc_store **out,
                           oc_error *err) {
  char *images;
  *out = NULL;
  TRY(find_images(folder, part, &images, err));
  if (!images) return OC_OK;
  oc_status status = read_pair(images, how, out, err);
  oc_memory_free(images);
  return status;
}

/* ---- folders that are something else ------------------------------------------------------------------- */

typedef struct contents {
  int folders, images, cifar;
  char names[96]; /* of some of the folders */
} contents;

static bool ends_with_one(const char *name, const char *const *ends) {
  const char *dot = strrchr(name, '.');
  for (; dot && *ends; ends++)
    if (strcasecmp(dot, *ends) == 0) return true;
  return false;
}

/* Where there is room for all of it; a line's end in it must not look like one of the message. */
static void add_name(contents *c, const char *name) {
  const size_t before = strlen(c->names);
  size_t used = before + (size_t)snprintf(c->names + before, sizeof c->names - before, before ? ", " : "");
  char piece[OC_ESCAPE_ROOM];
  for (size_t n; (n = oc_escape_next(&name, piece)) > 0; used += n) {
    if (used + n >= sizeof c->names) {
      c->names[before] = 0;
      return;
    }
    memcpy(c->names + used, piece, n + 1);
  }
}

static void add_entry(contents *c, const char *folder, const char *name) {
  /* Endings of images, besides those of the decoders. */
  static const char *const images[] = {".webp", ".gif", ".tif", ".tiff", ".heic", ".avif", NULL};
  char path[4096];
  struct stat st;
  if (name[0] == '.' || snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) return;
  if (stat(path, &st) != 0) return;
  if (S_ISDIR(st.st_mode)) {
    add_name(c, name);
    c->folders++;
  }
  c->images += oc_decoder_has_ending(name) || ends_with_one(name, images);
  c->cifar +=
      st.st_size > 0 && st.st_size % 3073 == 0 && ends_with_one(name, (const char *const[]){".bin", NULL});
}

static contents look_into(const char *folder) {
  enum { MAX = 10000 };
  contents c = {0};
  DIR *stream = opendir(folder);
  const struct dirent *entry;
  for (int i = 0; stream && i < MAX && (entry = readdir(stream)); i++) add_entry(&c, folder, entry->d_name);
  if (stream) closedir(stream);
  return c;
}

/* Folders with images are common: the error names the content of this one, and the formats that can be
 * read. */
static oc_status refuse_folder(const char *where, oc_error *err) {
  static const char hint[] = "Put MNIST's four files there, or train on digits, which is built in.";
  const contents c = look_into(where);
  if (c.cifar)
    return oc_fail(err, OC_E_NO_INPUT, where, hint,
                   "holds CIFAR's binary files, which are not read: a folder of data has MNIST's files");
  if (c.images)
    return oc_fail(
        err, OC_E_NO_INPUT, where,
        "Use `ocellus predict` for single images, and IDX files for images with labels.",
        "holds %d image%s without labels, which %s not read as a set: a folder of data has MNIST's files",
        c.images, c.images == 1 ? "" : "s", c.images == 1 ? "is" : "are");
  if (c.folders > 1)
    return oc_fail(
        err, OC_E_NO_INPUT, where, hint,
        "holds %d folders (%s%s), as one folder for each class, which are not read yet: a folder of "
        "data has MNIST's files",
        c.folders, c.names, strchr(c.names, ',') ? "" : ", ..");
  return oc_fail(err, OC_E_NO_INPUT, where, hint,
                 "the folder has neither train-images-idx3-ubyte nor t10k-images-idx3-ubyte, plain or .gz");
}

/* ---- MNIST's files ------------------------------------------------------------------------------------- */

static bool same_shape(const oc_image_shape *a, const oc_image_shape *b) {
  return a->height == b->height && a->width == b->width && a->channels == b->channels;
}

static oc_status check_parts(const char *where, const oc_store *train, const oc_store *test, oc_error *err) {
  if (!train && !test) return refuse_folder(where, err);
  if (train && test && !same_shape(&train->size, &test->size))
    return oc_fail(err, OC_E_DATA, where, "Use two files of the same data set.",
                   "the training images are %lldx%lldx%lld, the test images %lldx%lldx%lld",
                   (long long)train->size.height, (long long)train->size.width,
                   (long long)train->size.channels, (long long)test->size.height, (long long)test->size.width,
                   (long long)test->size.channels);
  return OC_OK;
}

/* Makes the datasets; the classes are those of both parts together. */
static oc_status make_views(oc_store *train, oc_store *test, const char *valid, oc_data *out, oc_error *err) {
  int classes = 0;
  if (train) classes = train->classes;
  if (test && test->classes > classes) classes = test->classes;
  if (test) {
    TRY(oc_store_name_classes(test, classes, NULL, err));
    TRY(oc_dataset_view(test, 0, test->count, &out->test, err));
  }
  if (!train) return OC_OK;
  oc_dataset *all;
  TRY(oc_store_name_classes(train, classes, NULL, err));
  TRY(oc_dataset_view(train, 0, train->count, &all, err));
  oc_status status = oc_dataset_divide(&all, valid, &out->train, &out->valid, err);
  oc_dataset_free(all);
  return status;
}

static oc_status folder_open(const char *where, const oc_data_options *options, oc_data *out, oc_error *err) {
  oc_store *train = NULL, *test = NULL;
  oc_data_options left = *options;
  oc_status status = read_part(where, "train", &left, &train, err);
  if (train) left.max_bytes -= (size_t)train->count * train->image_bytes;
  if (status == OC_OK) status = read_part(where, "t10k", &left, &test, err);
  if (status == OC_OK) status = check_parts(where, train, test, err);
  if (status == OC_OK) status = make_views(train, test, options->valid, out, err);
  oc_store_release(train);
  oc_store_release(test);
  return status;
}

OC_DEFINE_SOURCE(folder, .syntax = "FOLDER",
                 .summary = "MNIST's four files, train-images-idx3-ubyte[.gz] to t10k-labels-idx1-ubyte[.gz]",
                 .accepts = folder_accepts, .open = folder_open);
