/* crc32c.h: computes CRC-32C (Castagnoli), the check sum of the records in TensorBoard's files. */
#ifndef OC_FORMATS_CRC32C_H
#define OC_FORMATS_CRC32C_H
#include <stddef.h>
#include <stdint.h>

uint32_t oc_crc32c(const void *bytes, size_t size);
/* The value that a record holds instead of the sum itself: rotated and shifted, so that the sum of bytes that
 * contain sums of their own stays useful. */
uint32_t oc_crc32c_masked(const void *bytes, size_t size);

#endif
