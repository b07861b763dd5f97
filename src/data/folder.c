/* folder.c: a folder with MNIST's files: train-images-idx3-ubyte, train-labels-idx1-ubyte and t10k-.. for
 * testing, plain or gzip (plain is preferred). Any set in this form will do: Fashion-MNIST, KMNIST, EMNIST,
 * or one of your own. */
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "data/pair.h"
#include "data/source.h"
#include <string.h>
#include <sys/stat.h>

/* "idx4" for pictures with channels, "idx2" for rows of values; some copies write a dot for the dash. */
static const char *const image_endings[] = {"-images-idx3-ubyte", "-images.idx3-ubyte", "-images-idx4-ubyte",
                                            "-images.idx4-ubyte", "-images-idx2-ubyte", "-images.idx2-ubyte"};

static bool accepts(const char *where) {
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

static oc_status read_pair(const char *images, size_t limit, oc_store **out, oc_error *err) {
  char *labels;
  TRY(oc_pair_labels_beside(images, &labels, err));
  if (!labels)
    return oc_fail(err, OC_E_NO_INPUT, images, "Put it beside, for example train-labels-idx1-ubyte.gz.",
                   "the labels file that belongs to these pictures is missing");
  oc_status status = oc_pair_read(images, labels, limit, out, err);
  oc_memory_free(labels);
  return status;
}

/* The store of one part, NULL if the folder has no such part. */
static oc_status read_part(const char *folder, const char *part, size_t limit, oc_store **out,
                           oc_error *err) {
  char *images;
  *out = NULL;
  TRY(find_images(folder, part, &images, err));
  if (!images) return OC_OK;
  oc_status status = read_pair(images, limit, out, err);
  oc_memory_free(images);
  return status;
}

static oc_status check_parts(const char *where, const oc_store *train, const oc_store *test, oc_error *err) {
  if (!train && !test)
    return oc_fail(err, OC_E_NO_INPUT, where,
                   "Put MNIST's four files there, or train on digits, which is built in.",
                   "the folder has neither train-images-idx3-ubyte nor t10k-images-idx3-ubyte, plain or .gz");
  if (train && test && memcmp(&train->size, &test->size, sizeof train->size) != 0)
    return oc_fail(err, OC_E_DATA, where, "Both parts must be of the same set.",
                   "the training pictures are %lldx%lldx%lld, the test pictures %lldx%lldx%lld",
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

static oc_status open_folder(const char *where, const oc_data_options *options, oc_data *out, oc_error *err) {
  oc_store *train = NULL, *test = NULL;
  size_t left = options->max_bytes;
  oc_status status = read_part(where, "train", left, &train, err);
  if (train) left -= (size_t)train->count * train->picture_bytes;
  if (status == OC_OK) status = read_part(where, "t10k", left, &test, err);
  if (status == OC_OK) status = check_parts(where, train, test, err);
  if (status == OC_OK) status = make_views(train, test, options->valid, out, err);
  oc_store_release(train);
  oc_store_release(test);
  return status;
}

OC_DEFINE_SOURCE(folder, .syntax = "FOLDER",
                 .summary = "MNIST's files train-images-idx3-ubyte[.gz], .. t10k-labels-idx1-ubyte[.gz]",
                 .accepts = accepts, .open = open_folder);
