/* utf16.c: converts UTF-16, which some spreadsheets export ("Unicode text"). */
#include "base/memory.h"
#include "numeric/matrix.h"

enum { NO_CHARACTER = 0xfffd };

static char *put_utf8(char *to, unsigned c) {
  if (c < 0x80) {
    *to++ = (char)c;
    return to;
  }
  if (c < 0x800) {
    *to++ = (char)(0xc0 | c >> 6);
  } else {
    if (c < 0x10000) {
      *to++ = (char)(0xe0 | c >> 12);
    } else {
      *to++ = (char)(0xf0 | c >> 18);
      *to++ = (char)(0x80 | (c >> 12 & 63));
    }
    *to++ = (char)(0x80 | (c >> 6 & 63));
  }
  *to++ = (char)(0x80 | (c & 63));
  return to;
}

static bool is_high(unsigned unit) {
  return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(unsigned unit) {
  return unit >= 0xdc00 && unit < 0xe000;
}

char *oc_utf8_of_utf16(const unsigned char *bytes, size_t size, size_t *length) {
  const bool big = bytes[0] == 0xfe;
  char *text = oc_memory_alloc_uninitialized(size / 2 * 3 + 3), *to = text; /* a unit takes at most 3 bytes */
  unsigned high = 0;
  if (!text) return NULL;
  for (size_t i = 2; i + 1 < size; i += 2) {
    const unsigned unit = (unsigned)bytes[i + !big] << 8 | bytes[i + big];
    if (high && !is_low(unit)) to = put_utf8(to, NO_CHARACTER);
    if (is_low(unit))
      to = put_utf8(to, high ? 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00) : NO_CHARACTER);
    else if (!is_high(unit))
      to = put_utf8(to, unit);
    high = is_high(unit) ? unit : 0;
  }
  if (high || size % 2) to = put_utf8(to, NO_CHARACTER);
  *length = (size_t)(to - text);
  return text;
}
