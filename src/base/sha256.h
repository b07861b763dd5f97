/* sha256.h: computes SHA-256 (FIPS 180-4), for the hashes in model files and of data. */
#ifndef OC_BASE_SHA256_H
#define OC_BASE_SHA256_H
#include <stddef.h>
#include <stdint.h>

typedef struct oc_sha256 {
  uint32_t state[8];
  uint64_t bytes;
  unsigned char block[64];
  int instructions; /* SHA instructions of the CPU: 1: available, -1: not available, 0: not checked yet */
} oc_sha256;
void oc_sha256_init(oc_sha256 *s);
void oc_sha256_add(oc_sha256 *s, const void *bytes, size_t size);
/* 64 hex digits and a closing 0. */
void oc_sha256_hex(oc_sha256 *s, char out[65]);
/* The 32 bytes of the sum of these bytes. */
void oc_sha256_of(const void *bytes, size_t size, uint8_t out[32]);

#endif
