/* idx_folder.c: opens a folder with MNIST's files: train-images-idx3-ubyte, train-labels-idx1-ubyte and the
 * same with t10k for testing, plain or gzip (plain is preferred). Any data in this form is read:
 * Fashion-MNIST, KMNIST, EMNIST, or one of your own. */
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "data/source/idx_folder.h"
#include "data/source/idx_pair.h"
#include "data/source/parts.h"
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

static oc_status read_pair(const char *images, const oc_data_options *options, oc_store **out,
                           oc_error *err) {
  char *labels;
  TRY(oc_pair_labels_beside(images, &labels, err));
  if (!labels) return fail_no_labels(images, err);
  oc_status status = oc_pair_read(images, labels, options, out, err);
  oc_memory_free(labels);
  return status;
}

/* The store of one part, NULL if the folder has no such part. */
static oc_status read_part(const char *folder, const char *part, const oc_data_options *options,
                           oc_store **out, oc_error *err) {
  char *images;
  *out = NULL;
  TRY(find_images(folder, part, &images, err));
  if (!images) return OC_OK;
  oc_status status = read_pair(images, options, out, err);
  oc_memory_free(images);
  return status;
}

/* ---- MNIST's files ------------------------------------------------------------------------------------- */

oc_status oc_idx_folder_open(const char *where, const char *const *names, int name_count,
                             const oc_data_options *options, oc_data *out, oc_error *err) {
  oc_parts parts = {.names = names, .name_count = name_count};
  oc_data_options left = *options;
  oc_status status = read_part(where, "train", &left, &parts.train, err);
  if (parts.train) left.max_bytes -= (size_t)parts.train->count * parts.train->image_bytes;
  if (status == OC_OK) status = read_part(where, "t10k", &left, &parts.test, err);
  if (status == OC_OK) status = oc_parts_open(where, &parts, options, out, err);
  oc_parts_release(&parts);
  return status;
}

static oc_status folder_open(const char *where, const oc_data_options *options, oc_data *out, oc_error *err) {
  return oc_idx_folder_open(where, NULL, 0, options, out, err);
}

OC_DEFINE_SOURCE(folder, .syntax = "FOLDER",
                 .summary = "MNIST's four files, train-images-idx3-ubyte[.gz] to t10k-labels-idx1-ubyte[.gz]",
                 .accepts = idx_folder_accepts, .open = folder_open, .lecture = true);
