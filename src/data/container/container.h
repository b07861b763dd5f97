/* container.h: defines containers, which hold files: a folder, an archive. To add one: a file with
 * OC_DEFINE_CONTAINER at its end, and a row in containers.def. The first row that accepts a path opens it.
 *
 * A container lists its files without opening any, and reads one of them from any thread. */
#ifndef OC_DATA_CONTAINER_CONTAINER_H
#define OC_DATA_CONTAINER_CONTAINER_H
#include "base/error.h"
#include "base/registry.h"
#include "ocellus/data.h"
#include <stdint.h>

/* A file in a container, or a folder of it, so that an empty one is noticed. */
typedef struct oc_entry {
  const char *path; /* below the container, with '/' between its components; neither absolute nor with `..` */
  bool is_folder;
  uint64_t bytes;    /* of its content */
  int64_t modified;  /* nanoseconds since 1970, or what changes with the content, as a CRC-32 */
  uint64_t position; /* where the container finds it again; its own */
} oc_entry;

/* Receives the entries of a list in any order; the path lives as long as the call. */
typedef struct oc_entry_sink {
  oc_status (*add)(void *to, const oc_entry *entry, oc_error *err);
  void *to;
} oc_entry_sink;

typedef struct oc_container_kind {
  const char *name;
  const char *syntax;  /* "FILE.zip" */
  const char *summary; /* one line for help */
  bool (*accepts)(const char *path);
  /* *self is the container's own; the caller closes it. `options`: max_bytes, go_on. */
  oc_status (*open)(const char *path, const oc_data_options *options, void **self, oc_error *err);
  oc_status (*list)(void *self, const oc_entry_sink *sink, oc_error *err);
  /* Fills an entry for the path of a file, except the path itself; false: there is none. NULL: only `list`
   * finds files. */
  bool (*find)(void *self, const char *path, oc_entry *entry);
  /* Reads a file that was listed, of at most `limit` bytes, from any thread; the caller frees *bytes with
   * oc_memory_free. A file that has changed since is read as it is now. Errors name it by
   * oc_container_where. */
  oc_status (*read)(void *self, const oc_entry *entry, size_t limit, unsigned char **bytes, size_t *size,
                    oc_error *err);
  void (*close)(void *self);
} oc_container_kind;

#define OC_DEFINE_CONTAINER(id, ...)                                                                         \
  extern const oc_container_kind oc_container_##id;                                                          \
  const oc_container_kind oc_container_##id = {.name = #id, __VA_ARGS__}

typedef struct oc_container {
  const oc_container_kind *kind;
  char *path; /* as it was given */
  void *self;
} oc_container;

/* The i-th row of containers.def, NULL past the end. */
const oc_container_kind *oc_container_at(int index);
/* The kind that accepts a path, NULL if none does. */
const oc_container_kind *oc_container_for(const char *path);
/* Opens what oc_container_for found; the caller closes *out, also after a failure. */
oc_status oc_container_open(const char *path, const oc_data_options *options, oc_container *out,
                            oc_error *err);
void oc_container_close(oc_container *c); /* an empty one is fine */
/* cache_path.c: the file options.cache_folder/KIND/HASH of what is kept for `path`, from the heap; the folder
 * is made. NULL without a cache folder, and after an error. */
oc_status oc_cache_path(const oc_data_options *options, const char *kind, const char *path, char **out,
                        oc_error *err);
/* entry.c: true for a component of a path that is never data: hidden, or left there by a system. */
bool oc_entry_is_hidden(const char *name);
/* "photos/cat/1.png" or "photos.zip/cat/1.png": how messages name a file of a container. Returns `text`. */
const char *oc_container_where(const char *container, const char *path, char text[256]);

#endif
