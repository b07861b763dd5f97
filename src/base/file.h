/* file.h: reads whole files with a limit, and replaces files as a whole or not at all. */
#ifndef OC_BASE_FILE_H
#define OC_BASE_FILE_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

/* Opens a regular file for reading; the caller closes *fd. A folder, a device, a socket or a pipe (also one
 * that nobody writes to) is refused immediately, by its kind. *size is the system's value, 0 for the files of
 * /proc. */
oc_status oc_file_open(const char *path, int *fd, size_t *size, oc_error *err);
/* Reads a regular file whole; refuses more than `limit` bytes before taking the memory for them. The
 * caller frees *bytes with oc_memory_free; a 0 byte follows the last one. */
oc_status oc_file_read(const char *path, size_t limit, unsigned char **bytes, size_t *size, oc_error *err);
/* The same, inflating if the content is gzip (any number of members, to the last byte). `limit` counts
 * inflated bytes; memory grows only as bytes really come out. OC_E_UNSUPPORTED for gzip in a build without
 * zlib. */
oc_status oc_file_read_gzip(const char *path, size_t limit, unsigned char **bytes, size_t *size,
                            oc_error *err);
/* The same, telling how far it is: bytes[0 .. have-1] are there and stay where they are until the next call.
 * NULL: they are about to go elsewhere. */
typedef struct oc_file_watch {
  void (*tell)(void *context, const unsigned char *bytes, size_t have);
  void *context;
} oc_file_watch;
oc_status oc_file_read_watched(const char *path, size_t limit, const oc_file_watch *watch,
                               unsigned char **bytes, size_t *size, oc_error *err);
/* Also true where the system does not report it (a folder without permission, links in a loop): opening it
 * gives the reason. */
bool oc_file_exists(const char *path);

/* Replacing a file: write to a new temporary file in the same folder, fsync, rename over, fsync the folder.
 * On any failure the old file is as it was and the temporary one is gone. */
typedef struct oc_writer oc_writer;
oc_status oc_writer_open(const char *path, oc_writer **out, oc_error *err);
oc_status oc_writer_write(oc_writer *w, const void *bytes, size_t size, oc_error *err);
oc_status oc_writer_commit(oc_writer *w, oc_error *err); /* frees w, whatever it returns */
void oc_writer_abandon(oc_writer *w);                    /* frees w; NULL is fine */
/* The three in one call. */
oc_status oc_file_replace(const char *path, const void *bytes, size_t size, oc_error *err);
/* Appends one line (a newline is added) in a single write and fsyncs. Creates the file. */
oc_status oc_file_append_line(const char *path, const char *line, oc_error *err);
/* Creates a folder and its parents; an existing one is fine. */
oc_status oc_folder_create(const char *path, oc_error *err);
/* Removes the temporary files of writers that are dead; those of living ones are locked, and stay. */
void oc_folder_clean(const char *path);
/* Removes the regular files in a folder that were not written or touched for so many days. */
void oc_folder_expire(const char *path, int days);
/* Sets the times of a file to now; without a right to, they stay. */
void oc_file_touch(const char *path);
/* Makes the names in a folder last; false if the disk does not confirm it. */
bool oc_folder_sync(const char *path);
/* The absolute path without links, from the heap; NULL with errno if there is none. */
char *oc_path_real(const char *path);
/* "folder/name" from the heap (oc_memory_free), NULL when there is no memory. */
char *oc_path_join(const char *folder, const char *name);

#endif
