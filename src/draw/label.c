/* label.c: measures and cuts texts, and writes numbers as people read them. */
#include "draw/chart.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The character at `p`, which is UTF-8 (labels are escaped), and its bytes. */
static uint32_t read_character(const char *p, int *bytes) {
  const unsigned char *u = (const unsigned char *)p;
  const int n = u[0] < 0x80 ? 1 : u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : 2;
  uint32_t c = n == 1 ? u[0] : u[0] & (0xffu >> (n + 1));
  for (int i = 1; i < n; i++) c = c << 6 | (u[i] & 0x3fu);
  *bytes = n;
  return c;
}

/* The large ranges of Unicode 15, "East_Asian_Width" W and F, and of "General_Category" Mn. */
static int columns_of(uint32_t c) {
  static const uint32_t wide[][2] = {{0x1100, 0x115f},   {0x2e80, 0xa4cf},   {0xac00, 0xd7a3},
                                     {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff01, 0xff60},
                                     {0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
                                     {0x1f900, 0x1faff}, {0x20000, 0x3fffd}};
  static const uint32_t none[][2] = {{0x0300, 0x036f}, {0x0591, 0x05bd}, {0x064b, 0x065f},
                                     {0x200b, 0x200d}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}};
  for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
    if (c >= none[i][0] && c <= none[i][1]) return 0;
  for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
    if (c >= wide[i][0] && c <= wide[i][1]) return 2;
  return 1;
}

/* Bytes of the beginning that fits into `columns` and into `room` bytes. */
static size_t fitting(const char *text, int columns, size_t room) {
  size_t used = 0;
  int n;
  while (text[used]) {
    columns -= columns_of(read_character(text + used, &n));
    if (columns < 0 || used + (size_t)n > room) break;
    used += (size_t)n;
  }
  return used;
}

int oc_label_columns(const char *text) {
  int columns = 0, n;
  for (; *text; text += n) columns += columns_of(read_character(text, &n));
  return columns;
}

const char *oc_label_cut(const char *text, int columns, bool unicode, char out[OC_LABEL_ROOM]) {
  const size_t size = strlen(text);
  size_t kept = fitting(text, columns, OC_LABEL_ROOM - 1);
  if (kept == size) {
    memcpy(out, text, size + 1);
    return out;
  }
  kept = fitting(text, columns - 1, OC_LABEL_ROOM - 4);
  memcpy(out, text, kept);
  (void)snprintf(out + kept, OC_LABEL_ROOM - kept, "%s", columns < 1 ? "" : unicode ? "…" : "~");
  return out;
}

const char *oc_label_number(double value, char out[OC_NUMBER_TEXT]) {
  if (!isfinite(value)) {
    (void)snprintf(out, OC_NUMBER_TEXT, "-");
    return out;
  }
  if (value == floor(value) && fabs(value) < 1e15) {
    (void)snprintf(out, OC_NUMBER_TEXT, "%lld", (long long)value);
    return out;
  }
  (void)snprintf(out, OC_NUMBER_TEXT, "%.4g", value);
  char *point = strchr(out, ','); /* of the process's locale */
  if (point) *point = '.';
  return out;
}
