/* library.h: the libraries that Ocellus uses, with their versions and licenses.
 *
 *   oc_library l;
 *   for (int i = 0; oc_library_at(i, &l); i++) printf("%s %s: %s\n", l.name, l.version, l.license);
 *
 * Some are linked. Others are opened at run time, when a file first needs them, so they may be missing.
 *
 * Threads: every function may be called from any thread. */
#ifndef OCELLUS_LIBRARY_H
#define OCELLUS_LIBRARY_H
#include "status.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef enum oc_library_state {
  OC_LIBRARY_ABSENT = 0, /* this build has no support for it */
  OC_LIBRARY_LINKED,     /* part of the program, or loaded with it */
  OC_LIBRARY_OPENED,     /* found on this machine; opened when a file needs it */
  OC_LIBRARY_MISSING     /* not found on this machine: `package` has it */
} oc_library_state;

/* Bytes of a version, with its closing 0. */
#define OC_LIBRARY_VERSION 24

typedef struct oc_library {
  const char *name;    /* "libwebp" */
  const char *use;     /* what it is used for: "WebP" */
  const char *license; /* SPDX expression: "BSD-3-Clause" */
  const char *package; /* of Debian 12: "libwebp7"; "" for a linked one */
  oc_library_state state;
  char version[OC_LIBRARY_VERSION]; /* "1.2.4"; "" if absent or missing */
} oc_library;

/* Fills *out with the index-th library, from 0 on; false past the last one. A library that can be opened at
 * run time is opened for it. Texts are in static storage. */
OC_API bool oc_library_at(int index, oc_library *out);

#ifdef __cplusplus
}
#endif
#endif
