/* pnm.c: decodes PGM and PPM (netpbm.sourceforge.net, pgm(5) and ppm(5)): P2 and P3 as text, P5 and P6 as
 * bytes. One image per file, no byte more or less than its header declares. Values are scaled from 0..maxval
 * to 0..255. */
#include "base/checked.h"
#include "base/error.h"
#include "base/memory.h"
#include "data/decode/decoder.h"

typedef struct scanner {
  const char *path;
  const unsigned char *bytes;
  size_t size, at;
  oc_error *err;
} scanner;

static bool is_space(unsigned char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/* White space, and comments from # to the end of the line. */
static void skip_space(scanner *s) {
  while (s->at < s->size && (is_space(s->bytes[s->at]) || s->bytes[s->at] == '#')) {
    if (s->bytes[s->at] == '#')
      while (s->at < s->size && s->bytes[s->at] != '\n') s->at++;
    else
      s->at++;
  }
}

/* A decimal number of at most `max`. */
static oc_status read_number(scanner *s, const char *what, int64_t max, int64_t *out) {
  skip_space(s);
  size_t start = s->at;
  int64_t n = 0;
  while (s->at < s->size && s->bytes[s->at] >= '0' && s->bytes[s->at] <= '9' && n <= max)
    n = 10 * n + (s->bytes[s->at++] - '0');
  if (s->at == start)
    return oc_fail(s->err, OC_E_DATA, s->path, "",
                   s->at == s->size ? "truncated: the %s is missing at byte %zu"
                                    : "the %s is not a number at byte %zu",
                   what, s->at);
  if (n > max)
    return oc_fail(s->err, OC_E_DATA, s->path, "", "the %s is above the limit of %lld", what, (long long)max);
  *out = n;
  return OC_OK;
}

typedef struct pnm_header {
  oc_image_shape size;
  int64_t maxval;
  bool text;
} pnm_header;

static oc_status read_header(scanner *s, pnm_header *h) {
  char kind = (char)s->bytes[1];
  if (kind != '2' && kind != '3' && kind != '5' && kind != '6')
    return oc_fail(s->err, OC_E_DATA, s->path, "Convert the image to PGM, PPM or PNG.",
                   "unsupported kind P%c: expected P2, P3, P5 or P6", kind);
  h->text = kind < '5';
  h->size.channels = kind == '3' || kind == '6' ? 3 : 1;
  s->at = 2;
  TRY(read_number(s, "width", OC_IMAGE_MAX_PIXELS, &h->size.width));
  TRY(read_number(s, "height", OC_IMAGE_MAX_PIXELS, &h->size.height));
  TRY(read_number(s, "largest value", 65535, &h->maxval));
  if (h->maxval == 0)
    return oc_fail(s->err, OC_E_DATA, s->path, "", "the largest value must be 1 to 65535, got 0");
  if (s->at >= s->size || !is_space(s->bytes[s->at]))
    return oc_fail(s->err, OC_E_DATA, s->path, "", "truncated: expected whitespace after the header");
  s->at++;
  return oc_image_check(s->path, h->size, s->err);
}

static oc_status read_sample(scanner *s, const pnm_header *h, int64_t *value) {
  if (h->text) {
    TRY(read_number(s, "pixel", 65535, value));
  } else {
    *value = s->bytes[s->at++];
    if (h->maxval > 255) *value = *value << 8 | s->bytes[s->at++];
  }
  if (*value <= h->maxval) return OC_OK;
  return oc_fail(s->err, OC_E_DATA, s->path, "",
                 "pixel value %lld before byte %zu is above the largest value %lld", (long long)*value, s->at,
                 (long long)h->maxval);
}

/* value * 255 / max to the nearest integer, ties to even, as NumPy rounds. */
static uint8_t scaled(int64_t value, int64_t max) {
  const int64_t twice = 2 * value * 255 + max, whole = twice / (2 * max);
  return (uint8_t)(twice % (2 * max) == 0 ? whole & ~(int64_t)1 : whole);
}

static oc_status read_samples(scanner *s, const pnm_header *h, size_t count, uint8_t *pixels) {
  for (size_t i = 0; i < count; i++) {
    int64_t value;
    TRY(read_sample(s, h, &value));
    pixels[i] = scaled(value, h->maxval);
  }
  if (h->text) skip_space(s);
  if (s->at == s->size) return OC_OK;
  return oc_fail(s->err, OC_E_DATA, s->path, "Keep one image in a file.", "%zu bytes follow the last pixel",
                 s->size - s->at);
}

/* Bytes must all be there; text needs a digit and a space for each sample but the last. */
static oc_status check_length(const scanner *s, const pnm_header *h, size_t count) {
  size_t left = s->size - s->at, need = h->text ? 2 * count - 1 : h->maxval > 255 ? 2 * count : count;
  if (left >= need) return OC_OK;
  return oc_fail(s->err, OC_E_DATA, s->path, "Fetch the file again.",
                 "truncated: got %zu bytes of pixels, expected %zu", left, need);
}

static oc_status pnm_decode(const char *path, const unsigned char *bytes, size_t size, oc_decoded *out,
                            oc_error *err) {
  scanner s = {.path = path, .bytes = bytes, .size = size, .err = err};
  pnm_header h;
  TRY(read_header(&s, &h));
  size_t count = (size_t)(h.size.height * h.size.width * h.size.channels);
  TRY(check_length(&s, &h, count));
  uint8_t *samples = oc_memory_alloc(count);
  if (!samples) return oc_fail_memory(err, count);
  oc_status status = read_samples(&s, &h, count, samples);
  if (status == OC_OK)
    *out = (oc_decoded){h.size, samples};
  else
    oc_memory_free(samples);
  return status;
}

static bool pnm_known(const unsigned char *first, size_t got) {
  return got >= 2 && first[0] == 'P' && first[1] >= '1' && first[1] <= '7';
}

OC_DEFINE_DECODER(pnm, .formats = "PGM and PPM", .endings = {".pgm", ".ppm"}, .known = pnm_known,
                  .decode = pnm_decode);
