/* file.h: writing a file so that nothing is lost. */
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

#ifdef __cplusplus
}
#endif
#endif
