/* escape.c: makes untrusted text harmless for a terminal. It passes: printable ASCII, and well-formed UTF-8
 * (RFC 3629) without the control characters of Latin-1 (which steer a terminal as ESC does) and without the
 * characters that turn the direction of writing round or break lines (Unicode 15, "Bidi_Control" and U+2028,
 * U+2029), with which a name can look like another. Everything else is written as \n, \t, \x1b (a byte) or
 * \u202e (a character). */
#include "ocellus/status.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The character at `p` and its bytes; 0 bytes if it is not well-formed. */
static uint32_t read_character(const unsigned char *p, size_t *bytes) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
  uint32_t c = n == 1 ? p[0] : p[0] & (0xffu >> (n + 1));
  *bytes = 0;
  if (p[0] >= 0x80 && (p[0] < 0xc2 || p[0] > 0xf4)) return 0;
  for (size_t i = 1; i < n; i++) {
    if ((p[i] & 0xc0) != 0x80) return 0; /* the closing 0 too */
    c = c << 6 | (p[i] & 0x3fu);
  }
  if (n > 1 && (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))) return 0;
  *bytes = n;
  return c;
}

static bool is_harmless(uint32_t c) {
  if (c < 0xa0) return c >= 0x20 && c < 0x7f;
  return c != 0x061c && c != 0x200e && c != 0x200f && !(c >= 0x2028 && c <= 0x202e) &&
         !(c >= 0x2066 && c <= 0x2069) && c != 0xfeff;
}

size_t oc_escape_next(const char **text, char piece[OC_ESCAPE_ROOM]) {
  if (!text || !*text || !piece) return 0;
  const unsigned char *p = (const unsigned char *)*text;
  size_t bytes;
  piece[0] = 0;
  if (!*p) return 0;
  const uint32_t c = read_character(p, &bytes);
  *text += bytes ? bytes : 1;
  if (bytes && is_harmless(c)) {
    memcpy(piece, p, bytes);
    piece[bytes] = 0;
    return bytes;
  }
  if (bytes && (c == '\n' || c == '\t'))
    return (size_t)snprintf(piece, OC_ESCAPE_ROOM, "\\%c", c == '\n' ? 'n' : 't');
  if (bytes > 1) return (size_t)snprintf(piece, OC_ESCAPE_ROOM, "\\u%04x", (unsigned)c);
  return (size_t)snprintf(piece, OC_ESCAPE_ROOM, "\\x%02x", *p);
}

char *oc_escape(const char *text, char *out, size_t size) {
  if (!text || !out || size == 0) return out;
  char piece[OC_ESCAPE_ROOM];
  size_t used = 0, n;
  while ((n = oc_escape_next(&text, piece)) > 0 && used + n < size) {
    memcpy(out + used, piece, n);
    used += n;
  }
  if (size > 0) out[used] = 0;
  return out;
}
