/* file.h: reading a file whole, and writing one so that nothing is lost. */
#ifndef OCELLUS_FILE_H
#define OCELLUS_FILE_H
#include "status.h"
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif

/* Writes the bytes under a temporary name in the same folder, sends them to the disk and renames: on any failure the
 * old file is as it was. */
OC_API oc_status oc_file_save(const char *path, const void *bytes, size_t size, oc_error *err);

/* Reads a regular file of at most `limit` bytes; a 0 byte follows the last one. The caller frees *bytes with oc_free. A folder, a
 * device or a pipe is refused at once (OC_E_NO_INPUT), more than `limit` bytes too (OC_E_DATA). */
OC_API oc_status oc_file_load(const char *path, size_t limit, void **bytes, size_t *size, oc_error *err);

#ifdef __cplusplus
}
#endif
#endif
