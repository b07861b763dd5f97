/* published.h: declares the data sets that `ocellus fetch` gets, in one table: addresses, sizes, hashes. */
#ifndef OC_DATA_PUBLISHED_H
#define OC_DATA_PUBLISHED_H
#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct oc_published_file {
  const char *name;
  uint64_t bytes;
  const char *sha256; /* 64 hex digits */
} oc_published_file;

typedef struct oc_published {
  const char *name, *summary;
  const char *const *addresses;   /* each with all files, ends with '/'; closed by NULL; tried in order */
  const oc_published_file *files; /* closed by a name that is NULL */
  const char *packaged;           /* the folder that Debian's package puts it into; NULL: none */
  const char *const *class_names; /* class_count of them; NULL: the numbers */
  int class_count;
  bool lecture; /* the lecture trains on it */
} oc_published;

/* The i-th set; NULL past the end. */
const oc_published *oc_published_at(int index);
/* The set of this name; NULL if there is none. */
const oc_published *oc_published_named(const char *name);
/* Gives the folder for fetched sets, $XDG_DATA_HOME/ocellus/NAME; without XDG_DATA_HOME, ~/.local/share is
 * used. The caller frees *path. OC_E_NO_INPUT: neither is set. */
oc_status oc_published_folder(const char *name, char **path, oc_error *err);
/* Gives a folder that has all files of the set: fetched ones, or Debian's; NULL if there is none. The caller
 * frees *path. */
oc_status oc_published_find(const oc_published *p, char **path, oc_error *err);

#endif
