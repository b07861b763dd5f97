/* checked.h: computes sizes and reports overflow. Each returns false on overflow and leaves *out alone. */
#ifndef OC_BASE_CHECKED_H
#define OC_BASE_CHECKED_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool oc_mul_i64(int64_t a, int64_t b, int64_t *out) {
  int64_t r;
  if (__builtin_mul_overflow(a, b, &r)) return false;
  *out = r;
  return true;
}
static inline bool oc_add_i64(int64_t a, int64_t b, int64_t *out) {
  int64_t r;
  if (__builtin_add_overflow(a, b, &r)) return false;
  *out = r;
  return true;
}
static inline bool oc_mul_size(size_t a, size_t b, size_t *out) {
  size_t r;
  if (__builtin_mul_overflow(a, b, &r)) return false;
  *out = r;
  return true;
}
static inline bool oc_add_size(size_t a, size_t b, size_t *out) {
  size_t r;
  if (__builtin_add_overflow(a, b, &r)) return false;
  *out = r;
  return true;
}
static inline int64_t oc_min_i64(int64_t a, int64_t b) {
  return a < b ? a : b;
}
static inline int64_t oc_max_i64(int64_t a, int64_t b) {
  return a > b ? a : b;
}
static inline int64_t oc_ceil_div(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}
static inline size_t oc_round_up(size_t n, size_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

#endif
