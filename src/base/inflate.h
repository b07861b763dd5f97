/* inflate.h: inflates bytes in memory, and has the memory functions that zlib gets everywhere. */
#ifndef OC_BASE_INFLATE_H
#define OC_BASE_INFLATE_H
#include "base/error.h"
#include <zlib.h>

/* A stream whose memory is that of base/memory.h. */
z_stream oc_zlib_stream(void);
/* Inflates deflate's bytes (RFC 1951, without a wrapper) from[0..size-1] to exactly `most` bytes; `to` has
 * room for one more. *problem says what else they are; NULL: nothing. OC_E_MEMORY. */
oc_status oc_inflate(const unsigned char *from, size_t size, unsigned char *to, size_t most,
                     const char **problem, oc_error *err);

#endif
