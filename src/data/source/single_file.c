/* single_file.c: opens one file as data: IDX images, or a single image. The first bytes determine the
 * kind. */
#include "base/error.h"
#include "base/file.h"
#include "base/reader.h"
#include "data/source/idx_pair.h"
#include "data/decode/image.h"
#include "data/source/source.h"
#include <string.h>

static oc_status open_idx(const char *path, const oc_data_options *options, oc_dataset **out, oc_error *err) {
  char *labels;
  TRY(oc_pair_labels_beside(path, &labels, err));
  oc_store *store = NULL;
  oc_status status = oc_pair_read(path, labels, options, &store, err);
  oc_memory_free(labels);
  if (status == OC_OK) status = oc_store_name_classes(store, store->classes, NULL, err);
  if (status == OC_OK) status = oc_dataset_view(store, 0, store->count, out, err);
  oc_store_release(store);
  return status;
}

/* A large JPEG is decoded at the scale that images in folders are: training and prediction see one image. */
static oc_status open_image(const char *path, const oc_data_options *options, oc_dataset **out,
                            oc_error *err) {
  oc_image_options how = oc_image_defaults();
  oc_image_details details;
  how.background = options->background;
  if (options->preprocessing) {
    how.target_height = options->preprocessing->shape.height;
    how.target_width = options->preprocessing->shape.width;
  }
  oc_store *store = oc_store_create();
  if (!store) return oc_fail_memory(err, sizeof *store);
  oc_status status = oc_image_load_with(path, &how, &details, err);
  const oc_image *image = &details.image;
  store->count = 1;
  store->size = image->size;
  store->pixels = image->pixels;
  store->transparent = image->transparent;
  memcpy(store->background, image->background, sizeof store->background);
  store->image_bytes = (size_t)(store->size.height * store->size.width * store->size.channels);
  if (status == OC_OK) status = oc_dataset_view(store, 0, 1, out, err);
  oc_store_release(store);
  return status;
}

/* The first bytes of the content, of the inflated content if it is gzip. */
static oc_status peek(const char *path, unsigned char *first, size_t size, size_t *got, oc_error *err) {
  oc_reader *r;
  TRY(oc_reader_open(path, &r, err));
  oc_status status = oc_reader_read(r, first, size, got, err);
  oc_reader_close(r);
  return status;
}

static oc_status open_any(const char *path, const oc_data_options *options, oc_dataset **out, oc_error *err) {
  unsigned char first[OC_IMAGE_MAGIC];
  size_t got;
  if (!oc_file_exists(path))
    return oc_fail(err, OC_E_NO_INPUT, path,
                   "Give a folder with MNIST's files, an IDX file, an image, digits or xo.",
                   "no such file or folder");
  TRY(peek(path, first, sizeof first, &got, err));
  return oc_image_is_known(first, got) ? open_image(path, options, out, err)
                                       : open_idx(path, options, out, err);
}

static bool file_accepts(const char *where) {
  (void)where;
  return true;
}

static oc_status file_open(const char *where, const oc_data_options *options, oc_data *out, oc_error *err) {
  return open_any(where, options, &out->test, err);
}

OC_DEFINE_SOURCE(
    file, .syntax = "FILE",
    .summary = "IDX images (with the labels file in the same folder), or one image, as a test set",
    .accepts = file_accepts, .open = file_open, .opens_files = true);
