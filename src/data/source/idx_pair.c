/* idx_pair.c: images of rank 2 (number, values), 3 (number, rows, columns) or 4 (number, rows, columns,
 * channels), and labels of rank 1. Pixels and labels stay where the reader put them. */
#include "data/source/idx_pair.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "data/source/idx.h"
#include <string.h>

static oc_image_shape size_of(const oc_idx *images) {
  if (images->rank == 2) return (oc_image_shape){1, images->dim[1], 1};
  return (oc_image_shape){images->dim[1], images->dim[2], images->rank == 4 ? images->dim[3] : 1};
}

static oc_status take_images(const char *path, const oc_data_options *how, oc_store *store, oc_error *err) {
  oc_idx idx;
  TRY(oc_idx_read(path, OC_IDX_PIXELS, how, &idx, err));
  if (idx.rank == 1) {
    oc_idx_release(&idx);
    return oc_fail(
        err, OC_E_DATA, path, "Name the images file, for example t10k-images-idx3-ubyte.gz.",
        "expected images of rank 3 (count, rows, columns) or 4 (and channels), got labels (rank 1)");
  }
  store->count = idx.dim[0];
  store->size = size_of(&idx);
  store->image_bytes = (size_t)(idx.count / idx.dim[0]);
  store->pixels = idx.pixels;
  store->real_max = idx.real_max;
  return OC_OK;
}

static oc_status take_labels(const char *path, const char *images, const oc_data_options *how,
                             oc_store *store, oc_error *err) {
  oc_idx idx;
  oc_data_options all = *how;
  all.max_bytes = (size_t)1 << 32; /* as many as 32 bits can count */
  TRY(oc_idx_read(path, OC_IDX_LABELS, &all, &idx, err));
  if (idx.count != store->count) {
    const int64_t count = idx.count;
    oc_idx_release(&idx);
    return oc_fail(err, OC_E_DATA, path, "Use two files of the same data set.",
                   "got %lld labels for the %lld images of %s", (long long)count, (long long)store->count,
                   images);
  }
  store->values[0] = idx.labels;
  store->classes = idx.largest < 1 ? 2 : idx.largest + 1; /* a classifier needs at least two classes */
  return OC_OK;
}

/* An error of the labels file names its images file. */
static void name_images(oc_status status, const char *images, oc_error *err) {
  char name[sizeof err->where];
  if (!err || status == OC_E_MEMORY || strstr(err->message, oc_escape(images, name, sizeof name))) return;
  (void)oc_fail(err, status, err->where, err->hint, "%s; these are the labels of %s", err->message, images);
}

oc_status oc_pair_read(const char *images, const char *labels, const oc_data_options *how, oc_store **out,
                       oc_error *err) {
  *out = NULL;
  oc_store *store = oc_store_create();
  if (!store) return oc_fail_memory(err, sizeof *store);
  oc_status status = take_images(images, how, store, err);
  if (status == OC_OK && labels) {
    status = take_labels(labels, images, how, store, err);
    if (status != OC_OK) name_images(status, images, err);
  }
  if (status == OC_OK)
    *out = store;
  else
    oc_store_release(store);
  return status;
}

/* ---- names ---- */

oc_status oc_plain_or_gzip(const char *name, char **path, oc_error *err) {
  *path = NULL;
  for (int gzip = 0; gzip < 2; gzip++) {
    oc_text text = {0};
    oc_text_add(&text, "%s%s", name, gzip ? ".gz" : "");
    char *candidate = oc_text_take(&text);
    if (!candidate) return oc_fail_memory(err, strlen(name) + 4);
    if (oc_file_exists(candidate)) {
      *path = candidate;
      return OC_OK;
    }
    oc_memory_free(candidate);
  }
  return OC_OK;
}

/* The last "images" of the file's own name, not of its folders; NULL if there is none. */
static const char *find_images(const char *path) {
  const char *slash = strrchr(path, '/'), *found = NULL;
  for (const char *p = strstr(slash ? slash : path, "images"); p; p = strstr(p + 1, "images")) found = p;
  return found;
}

oc_status oc_pair_labels_beside(const char *images, char **labels, oc_error *err) {
  *labels = NULL;
  const char *word = find_images(images);
  if (!word) return OC_OK;
  const char *rest = word + strlen("images");
  size_t n = strlen(rest), dot_gz = strlen(".gz");
  if (n >= dot_gz && strcmp(rest + n - dot_gz, ".gz") == 0) n -= dot_gz;
  oc_text text = {0};
  oc_text_add(&text, "%.*slabels", (int)(word - images), images);
  size_t rank = strlen("-idx"); /* the digit after "-idx" or ".idx" */
  if (n > rank && strncmp(rest + 1, "idx", 3) == 0) {
    oc_text_add(&text, "%.*s1", (int)rank, rest);
    rest += rank + 1;
    n -= rank + 1;
  }
  oc_text_add(&text, "%.*s", (int)n, rest);
  char *name = oc_text_take(&text);
  if (!name) return oc_fail_memory(err, strlen(images));
  oc_status status = oc_plain_or_gzip(name, labels, err);
  oc_memory_free(name);
  return status;
}
