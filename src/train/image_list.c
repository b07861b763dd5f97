/* image_list.c: keeps the names and sums of a run's images in its folder, so that resuming with other data
 * names the image that changed.
 *
 * images.list: a magic, then the images of training and validation, sorted by name: how many bytes of the
 * name are those of the name before (16 bits), the others and a 0, the sum (32 bits); little-endian. An image
 * takes about 15 bytes. Reading it takes the memory of one name. One that is not sound is as good as none. */
#include "base/file.h"
#include "data/dataset.h"
#include "train/fit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_ROOM = 4096, HEAD = 16, LIST_MAX = 1 << 30 };
static const char magic[HEAD] = "ocellus images 1";

typedef struct image {
  const char *name;
  uint32_t sum;
} image;

static int compare_images(const void *a, const void *b) {
  return strcmp(((const image *)a)->name, ((const image *)b)->name);
}

static void take_images(const oc_dataset *d, image *out) {
  for (int64_t i = 0; i < oc_dataset_count(d); i++)
    out[i] = (image){oc_dataset_item_name(d, i), oc_dataset_item_sum(d, i)};
}

/* The images of a run, sorted by name; the caller frees *out. *count 0: they have no names. */
static oc_status list_images(const oc_fit *f, image **out, int64_t *count, oc_error *err) {
  const int64_t train = oc_dataset_count(f->train), valid = oc_dataset_count(f->valid);
  *count = 0;
  *out = NULL;
  if (!*oc_dataset_item_name(f->train, 0) || (valid && !*oc_dataset_item_name(f->valid, 0))) return OC_OK;
  *out = oc_memory_array((size_t)(train + valid), sizeof **out);
  if (!*out) return oc_fail_memory(err, (size_t)(train + valid) * sizeof **out);
  take_images(f->train, *out);
  if (valid) take_images(f->valid, *out + train);
  *count = train + valid;
  qsort(*out, (size_t)*count, sizeof **out, compare_images);
  return OC_OK;
}

/* ---- saving -------------------------------------------------------------------------------------------- */

static void add_image(oc_text *t, const char *before, const image *i) {
  size_t same = 0;
  while (same < NAME_ROOM && before[same] && before[same] == i->name[same]) same++;
  const unsigned char head[2] = {(unsigned char)same, (unsigned char)(same >> 8)};
  unsigned char sum[4];
  for (int k = 0; k < 4; k++) sum[k] = (unsigned char)(i->sum >> 8 * k);
  oc_text_add_bytes(t, head, sizeof head);
  oc_text_add_bytes(t, i->name + same, strlen(i->name + same) + 1);
  oc_text_add_bytes(t, sum, sizeof sum);
}

oc_status oc_image_list_save(const oc_fit *f, oc_error *err) {
  oc_text text = {0};
  image *images;
  int64_t count;
  oc_status status = list_images(f, &images, &count, err);
  if (count) oc_text_add_bytes(&text, magic, sizeof magic);
  for (int64_t i = 0; i < count; i++) add_image(&text, i ? images[i - 1].name : "", &images[i]);
  if (text.failed) status = oc_fail_memory(err, text.size);
  if (status == OC_OK && count) status = oc_file_replace(f->images_path, text.data, text.size, err);
  oc_text_release(&text);
  oc_memory_free(images);
  return status;
}

/* ---- comparing ----------------------------------------------------------------------------------------- */

typedef struct reading {
  const unsigned char *at, *end;
  char name[NAME_ROOM];
  uint32_t sum;
} reading;

/* The next image of a list; false at its end and where it is not sound. */
static bool next_image(reading *r) {
  if (r->end - r->at < 7) return false;
  const size_t same = (size_t)(r->at[0] | r->at[1] << 8), old = strlen(r->name);
  const unsigned char *rest = r->at + 2, *zero = memchr(rest, 0, (size_t)(r->end - rest));
  if (!zero || r->end - zero < 5) return false;
  const size_t size = (size_t)(zero - rest);
  if (same > old || size >= NAME_ROOM - same) return false;
  memcpy(r->name + same, rest, size + 1);
  r->sum = zero[1] | (uint32_t)zero[2] << 8 | (uint32_t)zero[3] << 16 | (uint32_t)zero[4] << 24;
  r->at = zero + 5;
  return true;
}

typedef struct difference {
  int64_t count;
  char first[128];
  const char *what;
} difference;

static void note(difference *d, const char *name, const char *what) {
  if (d->count++ > 0) return;
  (void)snprintf(d->first, sizeof d->first, "%.127s", name);
  d->what = what;
}

/* Walks through both lists, which are sorted. */
static difference compare(reading *r, const image *images, int64_t count) {
  difference d = {0};
  int64_t i = 0;
  bool more = next_image(r);
  while (more || i < count) {
    const int order = !more ? 1 : i == count ? -1 : strcmp(r->name, images[i].name);
    if (order < 0) note(&d, r->name, "is missing");
    if (order > 0) note(&d, images[i].name, "is new");
    if (order == 0 && r->sum != images[i].sum) note(&d, r->name, "changed");
    if (order >= 0) i++;
    if (order <= 0) more = next_image(r);
  }
  return d;
}

void oc_image_list_compare(const oc_fit *f, char text[256]) {
  unsigned char *bytes = NULL;
  size_t size = 0;
  image *images = NULL;
  int64_t count = 0;
  reading *r = oc_memory_alloc(sizeof *r);
  text[0] = 0;
  if (r && f->images_path && oc_file_exists(f->images_path) &&
      oc_file_read(f->images_path, LIST_MAX, &bytes, &size, NULL) == OC_OK && size > HEAD &&
      memcmp(bytes, magic, HEAD) == 0 && list_images(f, &images, &count, NULL) == OC_OK && count) {
    r->at = bytes + HEAD;
    r->end = bytes + size;
    const difference d = compare(r, images, count);
    const int used = d.count ? snprintf(text, 256, ": %s %s", d.first, d.what) : 0;
    if (d.count > 1)
      (void)snprintf(text + used, 256 - (size_t)used, ", and so for %lld in all", (long long)d.count);
  }
  oc_memory_free(images);
  oc_memory_free(bytes);
  oc_memory_free(r);
}
