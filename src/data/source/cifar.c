/* cifar.c: opens CIFAR's binary files (https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version"):
 * images of 32x32, one after another, each with a label, or a coarse and a fine one, then its red, green and
 * blue plane. */
#include "base/checked.h"
#include "base/error.h"
#include "base/file.h"
#include "base/reader.h"
#include "data/container/archive.h"
#include "data/source/parts.h"
#include "data/source/source.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
  SIDE = 32,
  PLANE = SIDE * SIDE,
  IMAGE = 3 * PLANE,
  LABELS_MAX = 2,
  CLASSES_MAX = 100,
  AT_A_TIME = 1024
};

/* Which label of the files gives the class. */
typedef struct variant {
  const char *name, *suffix; /* of the name of the data; "" is the default */
  size_t labels;             /* in front of each image */
  size_t label;              /* the one that is used */
  int classes;
  const char *names; /* a file with the name of each class in a line */
} variant;

static const variant variants[] = {{"CIFAR-10", "", 1, 0, 10, "batches.meta.txt"},
                                   {"CIFAR-100", "", 2, 1, 100, "fine_label_names.txt"},
                                   {"CIFAR-100", ":fine", 2, 1, 100, "fine_label_names.txt"},
                                   {"CIFAR-100", ":coarse", 2, 0, 20, "coarse_label_names.txt"}};
enum { VARIANTS = sizeof variants / sizeof variants[0] };

static int label_limit(const variant *v, size_t label) {
  return v->labels == 1 ? 10 : label == 0 ? 20 : 100;
}

/* The name of the data without its suffix. */
typedef struct place {
  char path[4096];
  const char *suffix;
} place;

static bool find_place(const char *where, place *p) {
  const size_t length = strlen(where);
  if (length >= sizeof p->path) return false;
  memcpy(p->path, where, length + 1);
  p->suffix = "";
  for (int i = 0; i < VARIANTS && !oc_file_exists(where); i++) {
    const size_t n = strlen(variants[i].suffix);
    if (n == 0 || length <= n || strcmp(where + length - n, variants[i].suffix) != 0) continue;
    p->path[length - n] = 0;
    p->suffix = variants[i].suffix;
  }
  return true;
}

/* ---- what it is ---------------------------------------------------------------------------------------- */

/* True if the file consists of images with `labels` labels each, by its size and its first labels. Takes no
 * memory: a failed allocation must not decide what it is. */
static bool is_file_of(const char *path, size_t labels) {
  struct stat st;
  unsigned char first[LABELS_MAX];
  if (stat(path, &st) != 0 || st.st_size == 0 || (uint64_t)st.st_size % (labels + IMAGE) != 0) return false;
  if (oc_archive_first(path, first, labels) != labels) return false;
  return labels == 1 ? first[0] < 10 : first[0] < 20 && first[1] < 100;
}

static bool join(char path[4096], const char *folder, const char *name) {
  return snprintf(path, 4096, "%s/%s", folder, name) < 4096;
}

static bool has(const char *folder, const char *name) {
  char path[4096];
  return join(path, folder, name) && oc_file_exists(path);
}

/* The number of labels of each image: by the names of a folder's files, or by the content of a file. 0: not
 * CIFAR. */
static size_t labels_of(const char *path) {
  struct stat st;
  char file[4096];
  if (stat(path, &st) != 0) return 0;
  if (!S_ISDIR(st.st_mode)) return is_file_of(path, 1) ? 1 : is_file_of(path, 2) ? 2 : 0;
  if (has(path, "data_batch_1.bin") || has(path, "test_batch.bin")) return 1;
  for (int i = 0; i < 2; i++)
    if (join(file, path, i ? "test.bin" : "train.bin") && is_file_of(file, 2)) return 2;
  return 0;
}

static bool cifar_accepts(const char *where) {
  place p;
  return find_place(where, &p) && labels_of(p.path) > 0;
}

static const variant *find_variant(const place *p, size_t labels) {
  for (int i = 0; i < VARIANTS; i++)
    if (variants[i].labels == labels && strcmp(variants[i].suffix, p->suffix) == 0) return &variants[i];
  return NULL;
}

/* ---- images -------------------------------------------------------------------------------------------- */

/* A file on its way into a store. */
typedef struct loading {
  const variant *v;
  const oc_data_options *how;
  const char *path;
  oc_store *store;
  int32_t *labels; /* of the store */
} loading;

static void interleave(const unsigned char *planes, uint8_t *pixels) {
  for (int i = 0; i < PLANE; i++)
    for (int c = 0; c < 3; c++) pixels[3 * i + c] = planes[c * PLANE + i];
}

static oc_status take_image(const loading *l, const unsigned char *record, int64_t in_file, oc_error *err) {
  for (size_t i = 0; i < l->v->labels; i++)
    if (record[i] >= label_limit(l->v, i))
      return oc_fail(err, OC_E_DATA, l->path, "Fetch the file again.",
                     "label %d of image %lld is out of range 0 to %d of %s", record[i], (long long)in_file,
                     label_limit(l->v, i) - 1, l->v->name);
  l->labels[l->store->count] = record[l->v->label];
  interleave(record + l->v->labels, l->store->pixels + l->store->count * IMAGE);
  l->store->count++;
  return OC_OK;
}

static oc_status read_images(const loading *l, oc_reader *r, int64_t count, oc_error *err) {
  unsigned char record[LABELS_MAX + IMAGE];
  const size_t size = l->v->labels + IMAGE;
  size_t got;
  for (int64_t i = 0; i < count; i++) {
    if (i % AT_A_TIME == 0 && l->how->go_on && !l->how->go_on(l->how->context))
      return oc_fail(err, OC_E_INTERRUPTED, "data", "Open it again to read all of it.", "stopped by go_on");
    TRY(oc_reader_read(r, record, size, &got, err));
    if (got != size)
      return oc_fail(err, OC_E_DATA, l->path, "Fetch the file again.", "the file became shorter");
    TRY(take_image(l, record, i, err));
  }
  return OC_OK;
}

/* The number of images in a file, by its size. */
static oc_status count_images(const char *path, const variant *v, int64_t *count, oc_error *err) {
  oc_reader *r;
  TRY(oc_reader_open(path, &r, err));
  const size_t size = oc_reader_file_size(r), each = v->labels + IMAGE;
  const bool gzip = oc_reader_is_gzip(r);
  oc_reader_close(r);
  *count = (int64_t)(size / each);
  if (!gzip && size > 0 && size % each == 0) return OC_OK;
  return oc_fail(err, OC_E_DATA, path, "Fetch the file again.",
                 "expected images of %s, of %zu bytes each, got %zu bytes", v->name, each, size);
}

static oc_status append_file(loading *l, oc_error *err) {
  int64_t count;
  oc_reader *r;
  TRY(count_images(l->path, l->v, &count, err));
  TRY(oc_reader_open(l->path, &r, err));
  const oc_status status = read_images(l, r, count, err);
  oc_reader_close(r);
  return status;
}

/* ---- parts --------------------------------------------------------------------------------------------- */

enum { BATCHES = 5 };

/* The files of one part. */
typedef struct files {
  int count;
  char path[BATCHES][4096];
} files;

static oc_status make_store(const files *f, const variant *v, const oc_data_options *how, oc_store **out,
                            oc_error *err) {
  int64_t total = 0;
  for (int i = 0; i < f->count; i++) {
    int64_t count;
    TRY(count_images(f->path[i], v, &count, err));
    total += count;
  }
  if ((uint64_t)total > how->max_bytes / IMAGE)
    return oc_fail(err, OC_E_DATA, f->path[0], "Raise max_bytes if this size is intended.",
                   "%lld images of %d bytes are more than the limit of %zu bytes", (long long)total, IMAGE,
                   how->max_bytes);
  oc_store *store = *out = oc_store_create();
  if (!store) return oc_fail_memory(err, sizeof *store);
  store->size = (oc_image_shape){SIDE, SIDE, 3};
  store->image_bytes = IMAGE;
  store->classes = v->classes;
  store->pixels = oc_memory_alloc_uninitialized((size_t)total * IMAGE);
  int32_t *labels = oc_memory_array((size_t)total, sizeof *labels);
  store->values[0] = labels;
  if (!store->pixels || !labels) return oc_fail_memory(err, (size_t)total * IMAGE);
  loading l = {v, how, NULL, store, labels};
  for (int i = 0; i < f->count; i++) {
    l.path = f->path[i];
    TRY(append_file(&l, err));
  }
  return OC_OK;
}

/* The store stays NULL if the part has no files. */
static oc_status read_part(const files *f, const variant *v, oc_data_options *left, oc_store **out,
                           oc_error *err) {
  if (f->count == 0) return OC_OK;
  TRY(make_store(f, v, left, out, err));
  left->max_bytes -= (size_t)(*out)->count * IMAGE;
  return OC_OK;
}

static void add_file(files *f, const char *folder, const char *name) {
  if (join(f->path[f->count], folder, name) && oc_file_exists(f->path[f->count])) f->count++;
}

/* CIFAR-10 has five files of training images; a gap among them is an error. */
static oc_status find_files(const char *folder, const variant *v, files *train, files *test, oc_error *err) {
  add_file(test, folder, v->labels == 1 ? "test_batch.bin" : "test.bin");
  if (v->labels == 2) add_file(train, folder, "train.bin");
  for (int i = 1; v->labels == 1 && i <= BATCHES; i++) {
    char name[32];
    const int before = train->count;
    (void)snprintf(name, sizeof name, "data_batch_%d.bin", i);
    add_file(train, folder, name);
    if (train->count > before && train->count != i)
      return oc_fail(err, OC_E_NO_INPUT, folder, "Fetch the missing file.",
                     "data_batch_%d.bin is missing, but %s is there", train->count, name);
  }
  return OC_OK;
}

/* ---- names of classes ---------------------------------------------------------------------------------- */

/* Lines of `text`, which is changed; empty ones are passed by. Returns their number. */
static int split_lines(char *text, const char *names[CLASSES_MAX]) {
  int count = 0;
  for (char *line = strtok_r(text, "\r\n", &text); line; line = strtok_r(NULL, "\r\n", &text)) {
    if (count < CLASSES_MAX) names[count] = line;
    count++;
  }
  return count;
}

/* *text, which the names point into, stays NULL if the folder has no such file. */
static oc_status read_names(const char *folder, const variant *v, char **text, const char *names[CLASSES_MAX],
                            oc_error *err) {
  enum { LIMIT = 1 << 16 };
  char path[4096];
  unsigned char *bytes;
  size_t size;
  if (!join(path, folder, v->names) || !oc_file_exists(path)) return OC_OK;
  TRY(oc_file_read(path, LIMIT, &bytes, &size, err));
  *text = (char *)bytes;
  const int count = strlen(*text) == size ? split_lines(*text, names) : 0;
  if (count == v->classes) return OC_OK;
  return oc_fail(err, OC_E_DATA, path, "Fetch the file again, or remove it to number the classes.",
                 "expected a line for each of %d classes, got %d lines", v->classes, count);
}

/* ---- the source ---------------------------------------------------------------------------------------- */

static oc_status open_folder(const char *folder, const variant *v, const oc_data_options *options,
                             oc_data *out, oc_error *err) {
  files *f = oc_memory_array(2, sizeof *f);
  oc_parts parts = {0};
  oc_data_options left = *options;
  const char *names[CLASSES_MAX];
  char *text = NULL;
  if (!f) return oc_fail_memory(err, 2 * sizeof *f);
  oc_status status = find_files(folder, v, &f[0], &f[1], err);
  if (status == OC_OK) status = read_names(folder, v, &text, names, err);
  if (status == OC_OK) status = read_part(&f[0], v, &left, &parts.train, err);
  if (status == OC_OK) status = read_part(&f[1], v, &left, &parts.test, err);
  parts.names = names;
  parts.name_count = text ? v->classes : 0;
  if (status == OC_OK) status = oc_parts_open(folder, &parts, options, out, err);
  oc_parts_release(&parts);
  oc_memory_free(text);
  oc_memory_free(f);
  return status;
}

static oc_status open_file(const char *path, const variant *v, const oc_data_options *options, oc_data *out,
                           oc_error *err) {
  files *f = oc_memory_alloc(sizeof *f);
  oc_parts parts = {0};
  if (!f) return oc_fail_memory(err, sizeof *f);
  f->count = 1;
  (void)snprintf(f->path[0], sizeof f->path[0], "%s", path);
  oc_status status = make_store(f, v, options, &parts.test, err);
  if (status == OC_OK) status = oc_parts_open(path, &parts, options, out, err);
  oc_parts_release(&parts);
  oc_memory_free(f);
  return status;
}

static oc_status cifar_open(const char *where, const oc_data_options *options, oc_data *out, oc_error *err) {
  place p;
  struct stat st;
  (void)find_place(where, &p); /* as in cifar_accepts */
  const variant *v = find_variant(&p, labels_of(p.path));
  if (!v || stat(p.path, &st) != 0)
    return oc_fail(err, OC_E_ARGUMENT, where, "Leave ':fine' or ':coarse' out.",
                   "CIFAR-10 has one label for each image: only CIFAR-100 has fine and coarse ones");
  return S_ISDIR(st.st_mode) ? open_folder(p.path, v, options, out, err)
                             : open_file(p.path, v, options, out, err);
}

OC_DEFINE_SOURCE(
    cifar, .syntax = "FOLDER[:coarse]",
    .summary = "CIFAR's binary files, data_batch_1.bin to test_batch.bin, or train.bin and test.bin",
    .accepts = cifar_accepts, .open = cifar_open, .opens_files = true);
