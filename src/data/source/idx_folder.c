/* idx_folder.c: opens a folder with MNIST's files: train-images-idx3-ubyte, train-labels-idx1-ubyte and the
 * same with t10k for testing, plain or gzip (plain is preferred). Any data in this form is read:
 * Fashion-MNIST, KMNIST, EMNIST, or one of your own. */
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "data/source/idx_pair.h"
#include "data/source/source.h"
#include <stdio.h>
#include <string.h>

/* "idx4" for images with channels, "idx2" for rows of values; some copies write a dot for the dash. */
static const char *const image_endings[] = {"-images-idx3-ubyte", "-images.idx3-ubyte", "-images-idx4-ubyte",
                                            "-images.idx4-ubyte", "-images-idx2-ubyte", "-images.idx2-ubyte"};

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

/* Takes no memory: what cannot be allocated must not decide what a folder holds. */
static bool has_part(const char *folder, const char *part) {
  static const char *const endings[] = {"", ".gz"};
  char path[4096];
  for (size_t i = 0; i < sizeof image_endings / sizeof image_endings[0]; i++)
    for (size_t k = 0; k < sizeof endings / sizeof endings[0]; k++)
      if (snprintf(path, sizeof path, "%s/%s%s%s", folder, part, image_endings[i], endings[k]) <
              (int)sizeof path &&
          oc_file_exists(path))
        return true;
  return false;
}

/* Any other folder is one of images in files. */
static bool idx_folder_accepts(const char *where) {
  return has_part(where, "train") || has_part(where, "t10k");
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

/* ---- MNIST's files ------------------------------------------------------------------------------------- */

static bool same_shape(const oc_image_shape *a, const oc_image_shape *b) {
  return a->height == b->height && a->width == b->width && a->channels == b->channels;
}

static oc_status check_parts(const char *where, const oc_store *train, const oc_store *test, oc_error *err) {
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
                 .accepts = idx_folder_accepts, .open = folder_open);
