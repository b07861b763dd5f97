/* pnm.c: decodes PBM, PGM and PPM (netpbm.sourceforge.net, pbm(5), pgm(5) and ppm(5)): P1 to P3 as text, P4
 * to P6 as bytes. One image per file, no byte more or less than its header declares. Values are scaled from
 * 0..maxval to 0..255; a bit of PBM is 1 for black. */
#include "base/checked.h"
#include "base/error.h"
#include "base/memory.h"
#include "data/decode/decoder.h"

typedef struct scanner {
  const char *path;
  const unsigned char *bytes;
  size_t size, at;
  const oc_decode_options *how;
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
  bool text, bits; /* bits: PBM, without maxval */
} pnm_header;

static oc_status read_header(scanner *s, pnm_header *h) {
  char kind = (char)s->bytes[1];
  if (kind < '1' || kind > '6')
    return oc_fail(s->err, OC_E_DATA, s->path, "Convert the image to PGM, PPM or PNG.",
                   "unsupported kind P%c: expected P1 to P6", kind);
  h->text = kind < '4';
  h->bits = kind == '1' || kind == '4';
  h->maxval = 1;
  h->size.channels = kind == '3' || kind == '6' ? 3 : 1;
  s->at = 2;
  TRY(read_number(s, "width", s->how->max_pixels, &h->size.width));
  TRY(read_number(s, "height", s->how->max_pixels, &h->size.height));
  if (!h->bits) TRY(read_number(s, "largest value", 65535, &h->maxval));
  if (h->maxval == 0)
    return oc_fail(s->err, OC_E_DATA, s->path, "", "the largest value must be 1 to 65535, got 0");
  if (s->at >= s->size || !is_space(s->bytes[s->at]))
    return oc_fail(s->err, OC_E_DATA, s->path, "", "truncated: expected whitespace after the header");
  s->at++;
  return oc_image_check(s->path, h->size, s->how, s->err);
}

/* The bit of pixel i: of P1 a digit, with or without space between two; of P4 rows are whole bytes. */
static oc_status read_bit(scanner *s, const pnm_header *h, size_t i, int64_t *value) {
  const size_t x = i % (size_t)h->size.width;
  if (h->text) {
    skip_space(s);
    if (s->at == s->size || (s->bytes[s->at] != '0' && s->bytes[s->at] != '1'))
      return oc_fail(s->err, OC_E_DATA, s->path, "", "the pixel at byte %zu must be 0 or 1", s->at);
    *value = s->bytes[s->at++] == '0';
    return OC_OK;
  }
  *value = !(s->bytes[s->at] >> (7 - x % 8) & 1);
  if (x % 8 == 7 || x + 1 == (size_t)h->size.width) s->at++;
  return OC_OK;
}

static oc_status read_sample(scanner *s, const pnm_header *h, size_t i, int64_t *value) {
  if (h->bits) return read_bit(s, h, i, value);
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
    TRY(read_sample(s, h, i, &value));
    pixels[i] = scaled(value, h->maxval);
  }
  if (h->text) skip_space(s);
  if (s->at == s->size) return OC_OK;
  return oc_fail(s->err, OC_E_DATA, s->path, "Keep one image in a file.", "%zu bytes follow the last pixel",
                 s->size - s->at);
}

/* Bytes that the samples take at least: of text a digit each, and a space between two numbers. */
static size_t least_bytes(const pnm_header *h, size_t count) {
  if (h->bits) return h->text ? count : (size_t)h->size.height * (((size_t)h->size.width + 7) / 8);
  return h->text ? 2 * count - 1 : h->maxval > 255 ? 2 * count : count;
}

static oc_status check_length(const scanner *s, const pnm_header *h, size_t count) {
  const size_t left = s->size - s->at, need = least_bytes(h, count);
  if (left >= need) return OC_OK;
  return oc_fail(s->err, OC_E_DATA, s->path, "Fetch the file again.",
                 "truncated: got %zu bytes of pixels, expected %zu", left, need);
}

static oc_status pnm_decode(const char *path, const unsigned char *bytes, size_t size,
                            const oc_decode_options *how, oc_decoded *out, oc_error *err) {
  scanner s = {.path = path, .bytes = bytes, .size = size, .how = how, .err = err};
  pnm_header h;
  TRY(read_header(&s, &h));
  out->size = h.size;
  if (how->header_only) return OC_OK;
  size_t count = (size_t)(h.size.height * h.size.width * h.size.channels);
  TRY(check_length(&s, &h, count));
  uint8_t *samples = oc_memory_alloc(count);
  if (!samples) return oc_fail_memory(err, count);
  oc_status status = read_samples(&s, &h, count, samples);
  if (status == OC_OK)
    out->pixels = samples;
  else
    oc_memory_free(samples);
  return status;
}

static bool pnm_known(const unsigned char *first, size_t got) {
  return got >= 2 && first[0] == 'P' && first[1] >= '1' && first[1] <= '7';
}

OC_DEFINE_DECODER(pnm, .formats = "PBM, PGM and PPM", .endings = {".pbm", ".pgm", ".ppm"}, .opaque = true,
                  .known = pnm_known, .decode = pnm_decode);
