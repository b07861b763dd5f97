/* tensorboard_canvas.c: rectangles and letters, enough for captions. A letter is 5 rows of 3 points, drawn
 * twice as large: in the tables an octal digit is a row, from the top. */
#include "base/memory.h"
#include "train/tensorboard.h"
#include <string.h>

enum { ROWS = 5, COLUMNS = 3, SCALE = 2 };

static const uint16_t digits[10] = {075557, 026227, 071747, 071717, 055711,
                                    074717, 074757, 071122, 075757, 075717};
static const uint16_t letters[26] = {025755, 065656, 034443, 065556, 074647, 074644, 034553, 055755, 072227,
                                     011152, 055655, 044447, 057755, 065555, 025552, 065644, 025573, 065655,
                                     034216, 072222, 055557, 055552, 055775, 055255, 055222, 071247};
static const struct {
  char sign;
  uint16_t rows;
} signs[] = {{' ', 0},      {'.', 000002}, {',', 000024}, {':', 002020},  {'-', 000700}, {'_', 000007},
             {'/', 011244}, {'>', 042124}, {'<', 012421}, {'?', 061202},  {'%', 051245}, {'(', 012221},
             {')', 042224}, {'+', 002720}, {'=', 007070}, {'\'', 022000}, {'!', 022202}, {'#', 057575}};

static uint16_t glyph(char c) {
  if (c >= '0' && c <= '9') return digits[c - '0'];
  if (c >= 'A' && c <= 'Z') return letters[c - 'A'];
  if (c >= 'a' && c <= 'z') return letters[c - 'a'];
  for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
    if (signs[i].sign == c) return signs[i].rows;
  return 077777;
}

oc_status oc_canvas_create(int64_t height, int64_t width, oc_canvas *out, oc_error *err) {
  const size_t bytes = (size_t)(height * width * 3);
  *out = (oc_canvas){height, width, oc_memory_alloc(bytes)};
  if (!out->pixels) return oc_fail_memory(err, bytes);
  memset(out->pixels, 255, bytes);
  return OC_OK;
}

void oc_canvas_release(oc_canvas *c) {
  oc_memory_free(c->pixels);
  *c = (oc_canvas){0};
}

void oc_canvas_fill(oc_canvas *c, int64_t y, int64_t x, int64_t height, int64_t width, oc_color color) {
  for (int64_t i = y < 0 ? 0 : y; i < y + height && i < c->height; i++)
    for (int64_t k = x < 0 ? 0 : x; k < x + width && k < c->width; k++)
      memcpy(c->pixels + (i * c->width + k) * 3, (const uint8_t[]){color.red, color.green, color.blue}, 3);
}

void oc_canvas_write(oc_canvas *c, int64_t y, int64_t x, const char *text, int most, oc_color color) {
  for (int n = 0; text[n] && n < most; n++, x += OC_LETTER_WIDTH) {
    const unsigned rows = glyph(text[n]);
    for (int i = 0; i < ROWS * COLUMNS; i++)
      if (rows >> (ROWS * COLUMNS - 1 - i) & 1)
        oc_canvas_fill(c, y + i / COLUMNS * SCALE, x + i % COLUMNS * SCALE, SCALE, SCALE, color);
  }
}
