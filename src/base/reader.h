/* reader.h: reads a file as a stream of bytes, inflated on the way if it is gzip, so that a parser can check
 * a header before it takes memory for what the header promises. */
#ifndef OC_BASE_READER_H
#define OC_BASE_READER_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct oc_reader oc_reader;
/* Regular files only: the size must be known beforehand. The caller closes. OC_E_UNSUPPORTED for gzip in a
 * build without zlib. */
oc_status oc_reader_open(const char *path, oc_reader **out, oc_error *err);
/* Reads until `size` bytes are there or the content ends; *got is their number. Reading past the end of gzip
 * checks its check sum; several gzip members follow each other as one content, anything else after a member
 * is an error. */
oc_status oc_reader_read(oc_reader *r, void *to, size_t size, size_t *got, oc_error *err);
/* No more than this can come out in all: the size of a plain file, 1032 times that of gzip (deflate spends at
 * least two bits on 258 bytes). */
size_t oc_reader_most(const oc_reader *r);
size_t oc_reader_file_size(const oc_reader *r);
/* Bytes of the file that were read so far. */
size_t oc_reader_position(const oc_reader *r);
bool oc_reader_is_gzip(const oc_reader *r);
void oc_reader_close(oc_reader *r); /* NULL is fine */

#endif
