/* numpy.c: opens arrays of NumPy: a folder of .npy files, one of them, or a .npz archive, with the names
 * that Keras, MedMNIST and numpy.savez use. */
#include "base/error.h"
#include "base/file.h"
#include "base/reader.h"
#include "base/text.h"
#include "data/container/archive.h"
#include "data/source/npy_array.h"
#include "data/source/npz.h"
#include "data/source/parts.h"
#include "data/source/source.h"
#include "numeric/npy_header.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

typedef enum part { TRAIN, VALID, TEST, WHOLE } part;

/* The images and the labels of a part. A whole set is divided as any other, if it has labels. */
static const struct pair {
  const char *images, *labels;
  part part;
} pairs[] = {{"x_train", "y_train", TRAIN},
             {"train_images", "train_labels", TRAIN},
             {"x_val", "y_val", VALID},
             {"x_valid", "y_valid", VALID},
             {"val_images", "val_labels", VALID},
             {"x_test", "y_test", TEST},
             {"test_images", "test_labels", TEST},
             {"images", "labels", WHOLE},
             {"x", "y", WHOLE},
             {"arr_0", "arr_1", WHOLE}};
enum { PAIRS = sizeof pairs / sizeof pairs[0] };

/* Where arrays are: in a folder, or in an archive. */
typedef struct place {
  const char *where;
  const char *folder; /* NULL: an archive */
  oc_npz *archive;
} place;

/* ---- one array ----------------------------------------------------------------------------------------- */

typedef oc_status (*read_fn)(const oc_npy_bytes *from, const oc_data_options *how, oc_store *store,
                             oc_error *err);

static oc_status read_stream(void *reader, void *to, size_t size, size_t *got, oc_error *err) {
  return oc_reader_read(reader, to, size, got, err);
}

static oc_status read_file(const char *path, read_fn read, const oc_data_options *how, oc_store *store,
                           oc_error *err) {
  oc_reader *r;
  TRY(oc_reader_open(path, &r, err));
  const oc_npy_bytes from = {path, {read_stream, r}, oc_reader_most(r)};
  const oc_status status = read(&from, how, store, err);
  oc_reader_close(r);
  return status;
}

static char *path_of(const place *p, const char *name) {
  oc_text text = {0};
  oc_text_add(&text, "%s/%s.npy", p->folder, name);
  return oc_text_take(&text);
}

static oc_status has(const place *p, const char *name, bool *found, oc_error *err) {
  if (!p->folder) {
    *found = oc_npz_has(p->archive, name);
    return OC_OK;
  }
  char *path = path_of(p, name);
  if (!path) return oc_fail_memory(err, strlen(p->folder));
  *found = oc_file_exists(path);
  oc_memory_free(path);
  return OC_OK;
}

static oc_status read_array(const place *p, const char *name, read_fn read, const oc_data_options *how,
                            oc_store *store, oc_error *err) {
  if (!p->folder) return oc_npz_read(p->archive, name, read, how, store, err);
  char *path = path_of(p, name);
  if (!path) return oc_fail_memory(err, strlen(p->folder));
  const oc_status status = read_file(path, read, how, store, err);
  oc_memory_free(path);
  return status;
}

/* ---- parts --------------------------------------------------------------------------------------------- */

static oc_status read_pair(const place *p, const struct pair *names, oc_data_options *left, oc_store **out,
                           oc_error *err) {
  bool labeled = false;
  TRY(has(p, names->labels, &labeled, err));
  oc_store *store = *out = oc_store_create();
  if (!store) return oc_fail_memory(err, sizeof *store);
  TRY(read_array(p, names->images, oc_npy_read_images, left, store, err));
  left->max_bytes -= (size_t)store->count * store->image_bytes;
  return labeled ? read_array(p, names->labels, oc_npy_read_labels, left, store, err) : OC_OK;
}

static oc_status fail_twice(const place *p, const struct pair *names, oc_error *err) {
  return oc_fail(err, OC_E_DATA, p->where, "Remove one of them.",
                 "more than one array of images for the same set: %s is one of them", names->images);
}

/* All parts that are there. `whole`: if no other is. */
static oc_status read_parts(const place *p, const oc_data_options *options, oc_parts *parts, oc_error *err) {
  oc_store **const stores[] = {&parts->train, &parts->valid, &parts->test, &parts->train};
  oc_data_options left = *options;
  for (int i = 0; i < PAIRS; i++) {
    bool found = false;
    const struct pair *names = &pairs[i];
    TRY(has(p, names->images, &found, err));
    if (!found || (names->part == WHOLE && (parts->train || parts->valid || parts->test))) continue;
    if (*stores[names->part]) return fail_twice(p, names, err);
    TRY(read_pair(p, names, &left, stores[names->part], err));
    if (names->part != WHOLE || parts->train->classes) continue;
    parts->test = parts->train; /* without labels there is nothing to train on */
    parts->train = NULL;
  }
  if (parts->train || parts->valid || parts->test) return OC_OK;
  return oc_fail(err, OC_E_NO_INPUT, p->where,
                 "Name them x_train, y_train, x_test and y_test, or images and labels.",
                 "no array of images with a name that is expected");
}

static oc_status open_place(const place *p, const oc_data_options *options, oc_data *out, oc_error *err) {
  oc_parts parts = {0};
  oc_status status = read_parts(p, options, &parts, err);
  if (status == OC_OK) status = oc_parts_open(p->where, &parts, options, out, err);
  oc_parts_release(&parts);
  return status;
}

/* ---- one file ------------------------------------------------------------------------------------------ */

/* The pair whose images have this name; NULL if there is none. */
static const struct pair *pair_of(const char *name, size_t length) {
  for (int i = 0; i < PAIRS; i++)
    if (strlen(pairs[i].images) == length && strncmp(pairs[i].images, name, length) == 0) return &pairs[i];
  return NULL;
}

/* The images of one .npy file, with the labels of the same folder, as a test set. */
static oc_status open_single(const char *path, const oc_data_options *options, oc_data *out, oc_error *err) {
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
  const struct pair *names = pair_of(name, dot ? (size_t)(dot - name) : strlen(name));
  oc_text text = {0};
  oc_text_add(&text, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
  char *folder = oc_text_take(&text);
  const place p = {.where = path, .folder = folder};
  if (!folder) return oc_fail_memory(err, strlen(path));
  oc_parts parts = {.test = oc_store_create()};
  bool labeled = false;
  oc_status status = parts.test ? OC_OK : oc_fail_memory(err, sizeof *parts.test);
  if (status == OC_OK) status = read_file(path, oc_npy_read_images, options, parts.test, err);
  if (status == OC_OK && names) status = has(&p, names->labels, &labeled, err);
  if (status == OC_OK && labeled)
    status = read_array(&p, names->labels, oc_npy_read_labels, options, parts.test, err);
  if (status == OC_OK) status = oc_parts_open(path, &parts, options, out, err);
  oc_parts_release(&parts);
  oc_memory_free(folder);
  return status;
}

/* ---- the source ---------------------------------------------------------------------------------------- */

/* Both take no memory: a failed allocation must not decide what it is. */
static bool is_array(const char *path) {
  unsigned char first[8];
  return oc_npy_known(first, oc_archive_first(path, first, sizeof first));
}

static bool has_arrays(const char *folder) {
  char path[4096];
  bool found = false;
  for (int i = 0; i < PAIRS && !found; i++)
    found = snprintf(path, sizeof path, "%s/%s.npy", folder, pairs[i].images) < (int)sizeof path &&
            oc_file_exists(path);
  return found;
}

static bool numpy_accepts(const char *where) {
  struct stat st;
  if (stat(where, &st) != 0) return false;
  return S_ISDIR(st.st_mode) ? has_arrays(where)
                             : S_ISREG(st.st_mode) && (is_array(where) || oc_npz_known(where));
}

static oc_status numpy_open(const char *where, const oc_data_options *options, oc_data *out, oc_error *err) {
  struct stat st;
  place p = {.where = where};
  if (stat(where, &st) == 0 && S_ISDIR(st.st_mode)) {
    p.folder = where;
    return open_place(&p, options, out, err);
  }
  if (!oc_npz_known(where)) return open_single(where, options, out, err);
  oc_status status = oc_npz_open(where, options, &p.archive, err);
  if (status == OC_OK) status = open_place(&p, options, out, err);
  oc_npz_close(p.archive);
  return status;
}

OC_DEFINE_SOURCE(numpy, .syntax = "FILE.npz",
                 .summary = "arrays of NumPy: x_train, y_train, x_test, y_test; or .npy files",
                 .accepts = numpy_accepts, .open = numpy_open, .opens_files = true);
