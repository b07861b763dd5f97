/* file.h: reads a whole file, and writes one as a whole or not at all.
 *
 * Threads: both functions may be called from any thread. Two writers of one file: the last rename wins,
 * and the file is never mixed. */
#ifndef OCELLUS_FILE_H
#define OCELLUS_FILE_H
#include "status.h"
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif

/* Writes `size` bytes (`bytes` may be NULL if 0) under a temporary name in the same folder, syncs them and
 * renames; on any failure the old file is as it was. `bytes` stays the caller's. OC_E_CANT_CREATE: the
 * folder does not exist, or the name cannot be created or replaced (a folder, a device). OC_E_IO: the disk
 * is full, or writing, syncing or renaming failed. */
OC_API oc_status oc_file_save(const char *path, const void *bytes, size_t size, oc_error *err);

/* Reads a regular file of at most `limit` bytes whole; a 0 byte follows the last one. The caller frees
 * *bytes with oc_free; on failure *bytes is NULL. OC_E_NO_INPUT: the file cannot be opened, or is a
 * folder, a device or a pipe. OC_E_DATA: it has more than `limit` bytes. OC_E_IO: it cannot be read.
 * OC_E_MEMORY. */
OC_API oc_status oc_file_load(const char *path, size_t limit, void **bytes, size_t *size, oc_error *err);

#ifdef __cplusplus
}
#endif
#endif
