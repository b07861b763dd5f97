/* element.c: reads numbers as files store them. */
#include "base/element.h"
#include <string.h>

static uint64_t read_bits(const oc_element *e, const unsigned char *from) {
  uint64_t bits = 0;
  for (size_t i = 0; i < e->bytes; i++)
    bits |= (uint64_t)from[e->big_endian ? e->bytes - 1 - i : i] << (8 * i);
  return bits;
}

static double read_real(uint64_t bits, size_t bytes) {
  if (bytes == 8) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
  }
  const uint32_t half = (uint32_t)bits;
  float value;
  memcpy(&value, &half, sizeof value);
  return (double)value;
}

/* Brings the sign down. */
static int64_t read_signed(const oc_element *e, uint64_t bits) {
  const unsigned spare = 64 - 8 * (unsigned)e->bytes;
  return (int64_t)(bits << spare) >> spare;
}

bool oc_element_value(const oc_element *e, const unsigned char *from, double *to) {
  const uint64_t bits = read_bits(e, from);
  if (e->kind == OC_ELEMENT_REAL) {
    *to = read_real(bits, e->bytes);
    return true;
  }
  const int64_t value = read_signed(e, bits);
  const bool negative = e->kind == OC_ELEMENT_SIGNED && value < 0;
  const uint64_t size = negative ? 0 - (uint64_t)value : bits;
  *to = negative ? -(double)size : (double)size;
  return size <= (uint64_t)1 << 53;
}

bool oc_element_whole(const oc_element *e, const unsigned char *from, int64_t *to) {
  const uint64_t bits = read_bits(e, from);
  *to = e->kind == OC_ELEMENT_SIGNED ? read_signed(e, bits) : (int64_t)bits;
  return e->kind == OC_ELEMENT_SIGNED || *to >= 0;
}
