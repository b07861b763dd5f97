/* fetch.h: gets published data sets (MNIST, Fashion-MNIST) over the network, with the program curl.
 *
 *   oc_error err;
 *   oc_data data;
 *   if (oc_fetch("mnist", NULL, &err) == OC_OK) oc_data_open("mnist", NULL, &data, &err);
 *
 * Threads: every function may be called from any thread. Two calls, in any processes, do not fetch one file
 * at the same time: the second fails. */
#ifndef OCELLUS_FETCH_H
#define OCELLUS_FETCH_H
#include "status.h"
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef enum oc_fetch_state {
  OC_FETCH_PRESENT = 0, /* it was there already, with the right hash */
  OC_FETCH_RUNNING,     /* `done` of `bytes` bytes are there */
  OC_FETCH_DONE         /* it is complete */
} oc_fetch_state;

typedef struct oc_fetch_event {
  const char *file;    /* "train-images-idx3-ubyte.gz" */
  const char *address; /* where it comes from; NULL if it is there already */
  uint64_t done, bytes;
  oc_fetch_state state;
} oc_fetch_event;

typedef struct oc_fetch_options {
  size_t struct_size; /* sizeof(oc_fetch_options); 0: that of version 0.1 */
  const char *folder; /* where files go; NULL (default): oc_fetch_folder */
  const char *mirror; /* an address with the same files, tried alone; NULL (default): the publishers' */
  int stall_seconds;  /* 1 to 3600: give up on an address that sends almost nothing for so long; default 30 */
  /* Called for each file, and as bytes arrive; false ends the call with OC_E_INTERRUPTED. NULL (default):
   * never. The event lives as long as the call. */
  bool (*watch)(void *context, const oc_fetch_event *event);
  void *context; /* of watch */
} oc_fetch_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_fetch_options oc_fetch_defaults(void);

/* Returns name and summary of the index-th set, in static storage. False past the last one. */
OC_API bool oc_fetch_at(int index, const char **name, const char **summary);

/* Writes the folder of a set into `path` (`size` bytes): $XDG_DATA_HOME/ocellus/NAME, or
 * ~/.local/share/ocellus/NAME. OC_E_ARGUMENT: unknown set, or `path` is too small. OC_E_NO_INPUT: neither
 * XDG_DATA_HOME nor HOME is set. */
OC_API oc_status oc_fetch_folder(const char *name, char *path, size_t size, oc_error *err);

/* Gets all files of a set. What is there with the right SHA-256 stays; a transfer that was cut continues
 * where it ended. A file gets its name only when its size and SHA-256 are the published ones. No more than
 * its size is ever stored. `options` may be NULL. OC_E_ARGUMENT: unknown set, or an option out of range.
 * OC_E_NO_INPUT: no address gave the file; the message is curl's. OC_E_DATA: a file with another content.
 * OC_E_UNSUPPORTED: there is no curl. OC_E_CANT_CREATE, OC_E_IO: the folder or file cannot be written.
 * OC_E_INTERRUPTED, OC_E_MEMORY. */
OC_API oc_status oc_fetch(const char *name, const oc_fetch_options *options, oc_error *err);

#ifdef __cplusplus
}
#endif
#endif
