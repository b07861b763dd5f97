/* tar.c: a plain tar archive as a container (POSIX.1-2001, ustar and pax; GNU's long names). One pass over
 * the headers lists it; files are read in place.
 *
 * A header has 512 bytes: name 0, mode 100, size 124, time 136, check sum 148, type 156, "ustar" 257, prefix
 * 345. */
#include "base/memory.h"
#include "data/container/archive.h"
#include <stdio.h>
#include <string.h>

enum { BLOCK = 512, PATH_ROOM = 4096, EXTENDED_MAX = 1 << 16, GO_ON_EVERY = 1024 };

/* Numbers are octal, or binary in base 256 if the highest bit is set. False if it is neither, or beyond
 * 2^62. */
static bool read_number(const unsigned char *field, size_t width, uint64_t *out) {
  const uint64_t most = (uint64_t)1 << 62;
  uint64_t value = 0;
  size_t i = 0;
  if (field[0] & 0x80) {
    value = field[0] & 0x7f;
    for (i = 1; i < width; i++) {
      if (value >> 54) return false;
      value = value << 8 | field[i];
    }
    *out = value;
    return value < most;
  }
  while (i < width && field[i] == ' ') i++;
  for (; i < width && field[i] >= '0' && field[i] <= '7'; i++) {
    if (value >> 59) return false;
    value = value << 3 | (uint64_t)(field[i] - '0');
  }
  *out = value;
  return i == width || field[i] == 0 || field[i] == ' ';
}

/* The sum of all bytes, with the field of the sum as spaces. */
static bool sum_matches(const unsigned char *h) {
  uint64_t sum = 0, stored;
  for (int i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? ' ' : h[i];
  return read_number(h + 148, 8, &stored) && stored == sum;
}

static bool tar_accepts(const char *path) {
  unsigned char h[BLOCK];
  return oc_archive_first(path, h, BLOCK) == BLOCK && h[0] != 0 && sum_matches(h);
}

void oc_tar_close(void *self) {
  oc_archive_close(self);
  oc_memory_free(self);
}

oc_status oc_tar_open(const char *path, const char *file, size_t trailer, const oc_data_options *options,
                      void **self, oc_error *err) {
  oc_archive *a = *self = oc_memory_alloc(sizeof *a);
  if (!a) return oc_fail_memory(err, sizeof *a);
  TRY(oc_archive_open(path, file, options, a, err));
  a->size -= trailer;
  return OC_OK;
}

static oc_status tar_open(const char *path, const oc_data_options *options, void **self, oc_error *err) {
  return oc_tar_open(path, path, 0, options, self, err);
}

/* ---- headers ------------------------------------------------------------------------------------------- */

/* Where the list is. A long name or a pax header comes before the header that it is for. */
typedef struct walk {
  const oc_archive *a;
  uint64_t at;        /* of the next header */
  uint64_t size;      /* of the present entry's content, which follows its header */
  uint64_t long_size; /* by a pax header */
  bool has_size;
  char path[PATH_ROOM];
  char long_path[PATH_ROOM]; /* "" if none was given */
} walk;

/* Up to `room` bytes, or to the first 0. */
static void copy_field(char *to, const unsigned char *field, size_t room) {
  const unsigned char *end = memchr(field, 0, room);
  const size_t n = end ? (size_t)(end - field) : room;
  memcpy(to, field, n);
  to[n] = 0;
}

static void take_path(walk *w, const unsigned char *h) {
  char name[101], prefix[156] = "";
  copy_field(name, h, 100);
  if (memcmp(h + 257, "ustar\0", 6) == 0) copy_field(prefix, h + 345, 155);
  if (w->long_path[0])
    memcpy(w->path, w->long_path, sizeof w->path);
  else
    (void)snprintf(w->path, sizeof w->path, "%s%s%s", prefix, *prefix ? "/" : "", name);
  const char *from = w->path;
  while (strncmp(from, "./", 2) == 0) from += 2 + strspn(from + 2, "/"); /* as `tar -c .` writes */
  memmove(w->path, from, strlen(from) + 1);
  w->long_path[0] = 0;
}

static oc_status read_extended(walk *w, unsigned char **text, oc_error *err) {
  if (w->size > EXTENDED_MAX) return oc_archive_fail(w->a->path, w->path, "too long a name or header", err);
  *text = oc_memory_alloc((size_t)w->size + 1);
  if (!*text) return oc_fail_memory(err, (size_t)w->size + 1);
  return oc_archive_read(w->a, w->path, w->at, *text, (size_t)w->size, err);
}

static oc_status take_long_path(walk *w, const char *name, size_t length, oc_error *err) {
  if (length >= PATH_ROOM || memchr(name, 0, length))
    return oc_archive_fail(w->a->path, w->path, "too long a name, or one with a 0 byte", err);
  memcpy(w->long_path, name, length);
  w->long_path[length] = 0;
  return OC_OK;
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts all of it. *used is LENGTH, 0 if that is not what is there. */
static oc_status take_record(walk *w, const char *text, size_t left, size_t *used, oc_error *err) {
  size_t i = 0, length = 0;
  *used = 0;
  for (; i < left && i < 8 && text[i] >= '0' && text[i] <= '9'; i++)
    length = 10 * length + (size_t)(text[i] - '0');
  if (i == 0 || i >= left || text[i] != ' ' || length > left || length < i + 3 || text[length - 1] != '\n')
    return OC_OK;
  const char *key = text + i + 1, *end = text + length - 1, *equals = memchr(key, '=', (size_t)(end - key));
  if (!equals) return OC_OK;
  *used = length;
  const size_t name = (size_t)(equals - key), value = (size_t)(end - equals - 1);
  if (name == 4 && memcmp(key, "path", 4) == 0) return take_long_path(w, equals + 1, value, err);
  if (name != 4 || memcmp(key, "size", 4) != 0) return OC_OK;
  w->has_size = true;
  w->long_size = 0;
  for (i = 1; i <= value && i <= 18 && equals[i] >= '0' && equals[i] <= '9'; i++)
    w->long_size = 10 * w->long_size + (uint64_t)(equals[i] - '0');
  if (i <= value) *used = 0;
  return OC_OK;
}

static oc_status take_pax(walk *w, const unsigned char *text, oc_error *err) {
  size_t used;
  for (size_t at = 0; at < w->size; at += used) {
    TRY(take_record(w, (const char *)text + at, (size_t)w->size - at, &used, err));
    if (used == 0) return oc_archive_fail(w->a->path, w->path, "corrupt tar: not a pax header", err);
  }
  return OC_OK;
}

/* Takes what a header of type L or x says of the next one. */
static oc_status take_extended(walk *w, char type, oc_error *err) {
  unsigned char *text = NULL;
  oc_status status = read_extended(w, &text, err);
  if (status == OC_OK && type == 'x') status = take_pax(w, text, err);
  if (status == OC_OK && type == 'L')
    status = take_long_path(w, (const char *)text, strnlen((const char *)text, (size_t)w->size), err);
  oc_memory_free(text);
  return status;
}

static oc_status add_entry(const walk *w, const unsigned char *h, bool is_folder, const oc_entry_sink *sink,
                           oc_error *err) {
  uint64_t seconds;
  if (is_folder && !*w->path) return OC_OK; /* "./" */
  if (!read_number(h + 136, 12, &seconds)) seconds = 0;
  const oc_entry entry = {.path = w->path,
                          .is_folder = is_folder,
                          .bytes = w->size,
                          .modified = (int64_t)(seconds % ((uint64_t)1 << 33)) * 1000000000,
                          .position = w->at};
  return oc_archive_add(w->a->path, &entry, sink, err);
}

/* What follows from the type of a header whose content begins at w->at. */
static oc_status take_entry(walk *w, const unsigned char *h, const oc_entry_sink *sink, oc_error *err) {
  const char type = (char)h[156];
  switch (type) {
  case 'x':
  case 'L':
    return take_extended(w, type, err);
  case 'g': /* for all entries: nothing that matters here */
  case 'K': /* a long name of a link */
    return OC_OK;
  case 0:
  case '0':
  case '5':
  case '7':
    return add_entry(w, h, type == '5', sink, err);
  case '1':
  case '2':
    return oc_archive_fail(w->a->path, w->path, "a link, which is unsupported", err);
  default:
    return oc_archive_fail(w->a->path, w->path, "neither a file nor a folder, which is unsupported", err);
  }
}

/* The entry whose header is at w->at. */
static oc_status visit(walk *w, const unsigned char *h, const oc_entry_sink *sink, oc_error *err) {
  const bool extended = h[156] == 'x' || h[156] == 'L' || h[156] == 'g' || h[156] == 'K';
  if (!sum_matches(h) || !read_number(h + 124, 12, &w->size))
    return oc_fail(err, OC_E_DATA, w->a->path, "Fetch the archive again; `tar -t` tests it.",
                   "corrupt tar: wrong check sum or size in the header at byte %llu",
                   (unsigned long long)w->at);
  if (!extended) {
    take_path(w, h);
    if (w->has_size) w->size = w->long_size;
    w->has_size = false;
  }
  w->at += BLOCK;
  if (h[156] >= '1' && h[156] <= '6') w->size = 0; /* links, folders and devices have no content */
  if (w->size > w->a->size - w->at)
    return oc_archive_fail(w->a->path, w->path, "the archive is truncated: it ends inside of this entry",
                           err);
  TRY(take_entry(w, h, sink, err));
  const uint64_t padded = (w->size + BLOCK - 1) / BLOCK * BLOCK;
  w->at = padded > w->a->size - w->at ? w->a->size : w->at + padded;
  return OC_OK;
}

static bool is_end(const unsigned char *h) {
  for (int i = 0; i < BLOCK; i++)
    if (h[i]) return false;
  return true;
}

static oc_status walk_all(walk *w, const oc_entry_sink *sink, oc_error *err) {
  unsigned char h[BLOCK];
  for (int64_t i = 0;; i++) {
    if (i % GO_ON_EVERY == 0 && w->a->go_on && !w->a->go_on(w->a->context))
      return oc_fail(err, OC_E_INTERRUPTED, w->a->path, "", "interrupted");
    if (w->a->size - w->at < BLOCK)
      return oc_fail(err, OC_E_DATA, w->a->path, "Fetch the archive again.",
                     "the archive is truncated: its end, a block of zeros, is missing");
    TRY(oc_archive_read(w->a, "", w->at, h, BLOCK, err));
    if (is_end(h)) return OC_OK;
    TRY(visit(w, h, sink, err));
  }
}

oc_status oc_tar_list(void *self, const oc_entry_sink *sink, oc_error *err) {
  walk *w = oc_memory_alloc(sizeof *w);
  if (!w) return oc_fail_memory(err, sizeof *w);
  w->a = self;
  const oc_status status = walk_all(w, sink, err);
  oc_memory_free(w);
  return status;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

oc_status oc_tar_read(void *self, const oc_entry *entry, size_t limit, unsigned char **bytes, size_t *size,
                      oc_error *err) {
  const oc_archive *a = self;
  *size = (size_t)entry->bytes;
  TRY(oc_archive_take(a, entry, limit, bytes, err));
  const oc_status status = oc_archive_read(a, entry->path, entry->position, *bytes, *size, err);
  if (status != OC_OK) {
    oc_memory_free(*bytes);
    *bytes = NULL;
  }
  return status;
}

OC_DEFINE_CONTAINER(tar, .syntax = "FILE.tar", .summary = "the same in a tar archive, which is read in place",
                    .accepts = tar_accepts, .open = tar_open, .list = oc_tar_list, .read = oc_tar_read,
                    .close = oc_tar_close);
