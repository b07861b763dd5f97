/* npy_header.c: reads the header of a .npy file: magic, version, the length of the dictionary, and the
 * dictionary, in Python's syntax, with the keys descr, fortran_order and shape. */
#include "numeric/npy_header.h"
#include "base/checked.h"
#include <string.h>

static const char magic[6] = {'\x93', 'N', 'U', 'M', 'P', 'Y'};

/* A number beyond every limit, in which no digit more overflows. */
static const int64_t DIM_MAX = (int64_t)1 << 53;

/* ---- types of elements --------------------------------------------------------------------------------- */

static const struct descr {
  const char *text;
  oc_element element;
} descrs[] = {
    {"<f8", {"float64", OC_ELEMENT_REAL, 8, false}},    {">f8", {"float64", OC_ELEMENT_REAL, 8, true}},
    {"<f4", {"float32", OC_ELEMENT_REAL, 4, false}},    {">f4", {"float32", OC_ELEMENT_REAL, 4, true}},
    {"<i8", {"int64", OC_ELEMENT_SIGNED, 8, false}},    {">i8", {"int64", OC_ELEMENT_SIGNED, 8, true}},
    {"<i4", {"int32", OC_ELEMENT_SIGNED, 4, false}},    {">i4", {"int32", OC_ELEMENT_SIGNED, 4, true}},
    {"<i2", {"int16", OC_ELEMENT_SIGNED, 2, false}},    {">i2", {"int16", OC_ELEMENT_SIGNED, 2, true}},
    {"<u8", {"uint64", OC_ELEMENT_UNSIGNED, 8, false}}, {">u8", {"uint64", OC_ELEMENT_UNSIGNED, 8, true}},
    {"<u4", {"uint32", OC_ELEMENT_UNSIGNED, 4, false}}, {">u4", {"uint32", OC_ELEMENT_UNSIGNED, 4, true}},
    {"<u2", {"uint16", OC_ELEMENT_UNSIGNED, 2, false}}, {">u2", {"uint16", OC_ELEMENT_UNSIGNED, 2, true}},
    {"|i1", {"int8", OC_ELEMENT_SIGNED, 1, false}},     {"|u1", {"uint8", OC_ELEMENT_UNSIGNED, 1, false}},
    {"|b1", {"bool", OC_ELEMENT_UNSIGNED, 1, false}},
};

/* ---- the dictionary ------------------------------------------------------------------------------------ */

typedef struct scanner {
  const char *where, *at, *end;
  oc_error *err;
} scanner;

static oc_status fail_header(const scanner *s, const char *message) {
  return oc_fail(s->err, OC_E_DATA, s->where, "Save it again with numpy.save.", "not a .npy header: %s",
                 message);
}

static void skip_blanks(scanner *s) {
  while (s->at < s->end && (*s->at == ' ' || *s->at == '\n')) s->at++;
}

static bool accept_token(scanner *s, const char *word) {
  const size_t length = strlen(word);
  skip_blanks(s);
  if ((size_t)(s->end - s->at) < length || memcmp(s->at, word, length) != 0) return false;
  s->at += length;
  return true;
}

static oc_status read_descr(scanner *s, oc_npy *h) {
  char descr[16];
  if (!accept_token(s, "'")) return fail_header(s, "structured types are unsupported");
  const char *close = memchr(s->at, '\'', (size_t)(s->end - s->at));
  const size_t length = close ? (size_t)(close - s->at) : sizeof descr;
  if (length >= sizeof descr) return fail_header(s, "invalid descr");
  memcpy(descr, s->at, length);
  descr[length] = 0;
  for (size_t i = 0; i < length; i++)
    if (descr[i] < ' ' || descr[i] > '~') return fail_header(s, "invalid descr");
  s->at = close + 1;
  for (size_t i = 0; i < sizeof descrs / sizeof descrs[0]; i++)
    if (strcmp(descrs[i].text, descr) == 0) h->element = &descrs[i].element;
  h->boolean = strcmp(descr, "|b1") == 0;
  if (h->element) return OC_OK;
  return oc_fail(s->err, OC_E_DATA, s->where, "Convert it with NumPy: numpy.save(file, array.astype('<f8')).",
                 "unsupported type %s: expected float32, float64, bool or integers", descr);
}

static oc_status read_fortran(scanner *s, oc_npy *h) {
  h->fortran = accept_token(s, "True");
  return h->fortran || accept_token(s, "False") ? OC_OK
                                                : fail_header(s, "fortran_order is neither True nor False");
}

static oc_status read_dim(scanner *s, int64_t *dim) {
  *dim = 0;
  if (s->at == s->end || *s->at < '0' || *s->at > '9') return fail_header(s, "invalid shape");
  for (; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++)
    *dim = oc_min_i64(10 * *dim + (*s->at - '0'), DIM_MAX);
  return OC_OK;
}

static oc_status read_shape(scanner *s, oc_npy *h) {
  if (!accept_token(s, "(")) return fail_header(s, "invalid shape");
  while (!accept_token(s, ")")) {
    int64_t dim;
    TRY(read_dim(s, &dim));
    if (h->rank < OC_NPY_MAX_RANK) h->dim[h->rank] = dim;
    h->rank++;
    if (accept_token(s, ",")) continue;
    if (!accept_token(s, ")")) return fail_header(s, "invalid shape");
    break;
  }
  if (h->rank <= OC_NPY_MAX_RANK) return OC_OK;
  return oc_fail(s->err, OC_E_DATA, s->where, "Save a part of it.", "expected at most %d axes, got %d",
                 OC_NPY_MAX_RANK, h->rank);
}

static oc_status read_key(scanner *s, oc_npy *h, bool seen[3]) {
  static const char *const keys[3] = {"'descr'", "'fortran_order'", "'shape'"};
  static oc_status (*const readers[3])(scanner *, oc_npy *) = {read_descr, read_fortran, read_shape};
  for (int i = 0; i < 3; i++) {
    if (!accept_token(s, keys[i])) continue;
    if (seen[i]) return fail_header(s, "duplicate key");
    seen[i] = true;
    if (!accept_token(s, ":")) return fail_header(s, "expected ':'");
    skip_blanks(s);
    return readers[i](s, h);
  }
  return fail_header(s, "unknown key: expected descr, fortran_order or shape");
}

static oc_status read_dictionary(scanner *s, oc_npy *h) {
  bool seen[3] = {false, false, false};
  if (!accept_token(s, "{")) return fail_header(s, "expected '{' first");
  while (!accept_token(s, "}")) {
    TRY(read_key(s, h, seen));
    if (accept_token(s, ",")) continue;
    if (!accept_token(s, "}")) return fail_header(s, "expected ',' or '}'");
    break;
  }
  skip_blanks(s);
  if (s->at != s->end) return fail_header(s, "unexpected text after '}'");
  if (!seen[0] || !seen[1] || !seen[2]) return fail_header(s, "descr, fortran_order or shape is missing");
  return OC_OK;
}

/* ---- the header ---------------------------------------------------------------------------------------- */

bool oc_npy_known(const unsigned char *bytes, size_t size) {
  return size >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
}

oc_status oc_npy_offset(const char *where, const unsigned char *bytes, size_t size, size_t *offset,
                        oc_error *err) {
  if (size < OC_NPY_PREFIX)
    return oc_fail(err, OC_E_DATA, where, "Copy or save the file again.",
                   "truncated: %zu bytes are too few for a .npy file", size);
  if (bytes[6] < 1 || bytes[6] > 3)
    return oc_fail(err, OC_E_DATA, where, "Save it with numpy.save.",
                   "unsupported .npy version %d.%d: expected 1, 2 or 3", bytes[6], bytes[7]);
  const size_t wide = bytes[6] == 1 ? 2 : 4;
  *offset = 8 + wide;
  for (size_t i = 0; i < wide; i++) *offset += (size_t)bytes[8 + i] << (8 * i);
  return OC_OK;
}

oc_status oc_npy_offset_within(const char *where, const unsigned char *bytes, size_t size, size_t *offset,
                               oc_error *err) {
  TRY(oc_npy_offset(where, bytes, size, offset, err));
  if (*offset <= size) return OC_OK;
  return oc_fail(err, OC_E_DATA, where, "Copy or save the file again.",
                 "truncated: expected a header of %zu bytes, got %zu", *offset, size);
}

oc_status oc_npy_header_of_any(const char *where, const unsigned char *bytes, size_t size, oc_npy *out,
                               oc_error *err) {
  const size_t begin = bytes[6] == 1 ? 10 : 12;
  scanner s = {where, (const char *)bytes + begin, (const char *)bytes + size, err};
  *out = (oc_npy){0};
  return read_dictionary(&s, out);
}

oc_status oc_npy_header(const char *where, const unsigned char *bytes, size_t size, oc_npy *out,
                        oc_error *err) {
  TRY(oc_npy_header_of_any(where, bytes, size, out, err));
  if (out->rank >= 1 && out->rank <= OC_NPY_IMAGE_RANK) return OC_OK;
  return oc_fail(err, OC_E_DATA, where, "Save one image, matrix or kernel of it.",
                 "expected 1 to %d axes, got %d", OC_NPY_IMAGE_RANK, out->rank);
}

int64_t oc_npy_place(const oc_npy *h, int64_t n) {
  int64_t place = 0, index[OC_NPY_MAX_RANK];
  if (!h->fortran) return n;
  for (int i = h->rank - 1; i >= 0; n /= h->dim[i--]) index[i] = n % h->dim[i];
  for (int i = h->rank - 1; i >= 0; i--) place = place * h->dim[i] + index[i];
  return place;
}
