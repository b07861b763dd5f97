/* npy.c: NumPy's .npy files (numpy.org, "A simple file format for NumPy arrays"): magic, version, the length
 * of a header, a header that is a Python dictionary with the keys descr, fortran_order and shape, then the
 * elements, and nothing more. */
#include "base/checked.h"
#include "base/error.h"
#include "base/memory.h"
#include "numeric/matrix.h"
#include <string.h>

static const char magic[6] = {'\x93', 'N', 'U', 'M', 'P', 'Y'};
enum { MAX_RANK = 4 };

/* ---- types of elements --------------------------------------------------------------------------------- */

typedef enum kind { REAL, SIGNED, UNSIGNED } kind;
static const struct element {
  const char *descr;
  kind kind;
  size_t bytes;
} elements[] = {{"<f8", REAL, 8},     {"<f4", REAL, 4},     {"<i8", SIGNED, 8},   {"<i4", SIGNED, 4},
                {"<i2", SIGNED, 2},   {"|i1", SIGNED, 1},   {"<u8", UNSIGNED, 8}, {"<u4", UNSIGNED, 4},
                {"<u2", UNSIGNED, 2}, {"|u1", UNSIGNED, 1}, {"|b1", UNSIGNED, 1}};

/* False for an integer that no double holds. */
static bool read_element(const struct element *e, const unsigned char *from, double *to) {
  uint64_t bits = 0;
  for (size_t i = 0; i < e->bytes; i++) bits |= (uint64_t)from[i] << (8 * i);
  if (e->kind == REAL && e->bytes == 8) {
    memcpy(to, &bits, sizeof *to);
    return true;
  }
  if (e->kind == REAL) {
    const uint32_t half = (uint32_t)bits;
    float value;
    memcpy(&value, &half, sizeof value);
    *to = (double)value;
    return true;
  }
  const unsigned spare = 64 - 8 * (unsigned)e->bytes;
  const int64_t value = (int64_t)(bits << spare) >> spare; /* brings the sign down */
  const uint64_t size = e->kind == SIGNED && value < 0 ? 0 - (uint64_t)value : bits;
  *to = e->kind == SIGNED && value < 0 ? -(double)size : (double)size;
  return size <= (uint64_t)1 << 53;
}

/* ---- the header ---------------------------------------------------------------------------------------- */

typedef struct header {
  const struct element *element;
  bool fortran;
  int rank;
  int64_t dim[MAX_RANK];
} header;

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

static oc_status read_descr(scanner *s, header *h) {
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
  for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++)
    if (strcmp(elements[i].descr, descr) == 0) h->element = &elements[i];
  if (h->element) return OC_OK;
  return oc_fail(s->err, OC_E_DATA, s->where, "Convert it with NumPy: numpy.save(file, array.astype('<f8')).",
                 "unsupported type %s: expected little-endian float32, float64, bool or integers", descr);
}

static oc_status read_fortran(scanner *s, header *h) {
  h->fortran = accept_token(s, "True");
  return h->fortran || accept_token(s, "False") ? OC_OK
                                                : fail_header(s, "fortran_order is neither True nor False");
}

static oc_status read_dim(scanner *s, int64_t *dim) {
  *dim = 0;
  if (s->at == s->end || *s->at < '0' || *s->at > '9') return fail_header(s, "invalid shape");
  for (; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++)
    if (*dim <= OC_MATRIX_MAX_ELEMENTS) *dim = 10 * *dim + (*s->at - '0');
  return OC_OK;
}

static oc_status read_shape(scanner *s, header *h) {
  if (!accept_token(s, "(")) return fail_header(s, "invalid shape");
  while (!accept_token(s, ")")) {
    int64_t dim;
    TRY(read_dim(s, &dim));
    if (h->rank < MAX_RANK) h->dim[h->rank] = dim;
    h->rank++;
    if (accept_token(s, ",")) continue;
    if (!accept_token(s, ")")) return fail_header(s, "invalid shape");
    break;
  }
  if (h->rank >= 1 && h->rank <= MAX_RANK) return OC_OK;
  return oc_fail(s->err, OC_E_DATA, s->where, "Save one image, matrix or kernel of it.",
                 "expected 1 to %d axes, got %d", MAX_RANK, h->rank);
}

static oc_status read_key(scanner *s, header *h, bool seen[3]) {
  static const char *const keys[3] = {"'descr'", "'fortran_order'", "'shape'"};
  static oc_status (*const readers[3])(scanner *, header *) = {read_descr, read_fortran, read_shape};
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

static oc_status read_header(scanner *s, header *h) {
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

/* ---- the file ------------------------------------------------------------------------------------------ */

bool oc_npy_known(const unsigned char *bytes, size_t size) {
  return size >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
}

/* The offset of the header; `begin` and `length` lie inside the file. */
static oc_status find_header(const char *where, const unsigned char *bytes, size_t size, size_t *begin,
                             size_t *length, oc_error *err) {
  const char *hint = "Copy or save the file again.";
  if (size < 12)
    return oc_fail(err, OC_E_DATA, where, hint, "truncated: %zu bytes are too few for a .npy file", size);
  if (bytes[6] < 1 || bytes[6] > 3)
    return oc_fail(err, OC_E_DATA, where, "Save it with numpy.save.",
                   "unsupported .npy version %d.%d: expected 1, 2 or 3", bytes[6], bytes[7]);
  const size_t wide = bytes[6] == 1 ? 2 : 4;
  *begin = 8 + wide;
  *length = 0;
  for (size_t i = 0; i < wide; i++) *length |= (size_t)bytes[8 + i] << (8 * i);
  if (*length <= size - *begin) return OC_OK;
  return oc_fail(err, OC_E_DATA, where, hint, "truncated: expected a header of %zu bytes, got %zu", *length,
                 size - *begin);
}

/* As many elements as in the shape, and no byte more. Each takes 8 bytes of memory, whatever it takes in the
 * file: of those of one byte fewer may come, so that memory stays in proportion to the file. */
static oc_status check_size(const char *where, const header *h, size_t size, oc_error *err) {
  const int64_t most = h->element->bytes > 1 ? OC_MATRIX_MAX_ELEMENTS : OC_MATRIX_MAX_ELEMENTS / 2;
  int64_t count = 1;
  for (int i = 0; i < h->rank; i++) {
    if (h->dim[i] < 1)
      return oc_fail(err, OC_E_DATA, where, "Save an array with at least one value.",
                     "the array must not be empty: axis %d has size 0", i);
    if (!oc_mul_i64(count, h->dim[i], &count) || count > most)
      return oc_fail(err, OC_E_DATA, where, "Use a smaller array.", "too many values: the limit is %lld",
                     (long long)most);
  }
  const size_t wanted = (size_t)count * h->element->bytes;
  if (wanted == size) return OC_OK;
  return oc_fail(err, OC_E_DATA, where, "Copy or save the file again.",
                 "%s: got %zu bytes of values, expected %zu", size < wanted ? "truncated" : "too long", size,
                 wanted);
}

/* Where element `n` of the array, counted with the last axis fastest, lies in the file. */
static int64_t place_of(const header *h, int64_t n) {
  int64_t place = 0, index[MAX_RANK];
  if (!h->fortran) return n;
  for (int i = h->rank - 1; i >= 0; n /= h->dim[i--]) index[i] = n % h->dim[i];
  for (int i = h->rank - 1; i >= 0; i--) place = place * h->dim[i] + index[i];
  return place;
}

static oc_status read_numbers(const char *where, const header *h, const unsigned char *bytes, oc_matrix *m,
                              oc_error *err) {
  const int64_t count = oc_matrix_count(m);
  for (int64_t n = 0; n < count; n++)
    if (!read_element(h->element, bytes + (size_t)place_of(h, n) * h->element->bytes, &m->data[n]))
      return oc_fail(err, OC_E_DATA, where, "Save it as float64.",
                     "integer %lld of %lld is beyond 2^53, where doubles skip integers", (long long)n + 1,
                     (long long)count);
  return OC_OK;
}

oc_status oc_npy_parse(const char *where, const unsigned char *bytes, size_t size, oc_matrix *out,
                       oc_error *err) {
  size_t begin = 0, length = 0;
  header h = {0};
  TRY(find_header(where, bytes, size, &begin, &length, err));
  scanner s = {where, (const char *)bytes + begin, (const char *)bytes + begin + length, err};
  TRY(read_header(&s, &h));
  TRY(check_size(where, &h, size - begin - length, err));
  TRY(oc_matrix_create(h.rank, h.dim, out, err));
  oc_status status = read_numbers(where, &h, bytes + begin + length, out, err);
  if (status != OC_OK) oc_matrix_release(out);
  return status;
}

/* Little-endian, in pieces. */
static void add_numbers(oc_text *out, const double *values, int64_t count) {
  enum { PIECE = 512 };
  unsigned char bytes[PIECE * 8];
  for (int64_t done = 0; done < count; done += PIECE) {
    const int64_t piece = oc_min_i64(PIECE, count - done);
    for (int64_t i = 0; i < piece; i++) {
      uint64_t bits;
      memcpy(&bits, &values[done + i], sizeof bits);
      for (int b = 0; b < 8; b++) bytes[i * 8 + b] = (unsigned char)(bits >> (8 * b));
    }
    oc_text_add_bytes(out, bytes, (size_t)piece * 8);
  }
}

void oc_npy_write(const oc_matrix *m, oc_text *out) {
  enum { BLOCK = 64 }; /* the numbers begin at a multiple of it */
  oc_text h = {0};
  oc_text_add(&h, "{'descr': '<f8', 'fortran_order': False, 'shape': (");
  const int64_t sizes[MAX_RANK] = {m->rank == 1 ? oc_matrix_count(m) : m->rows, m->columns, m->channels,
                                   m->outputs};
  for (int i = 0; i < m->rank; i++) oc_text_add(&h, "%lld, ", (long long)sizes[i]);
  oc_text_add(&h, "), }");
  while ((h.size + 11) % BLOCK && !h.failed) oc_text_add(&h, " ");
  oc_text_add(&h, "\n");
  const unsigned char length[4] = {1, 0, (unsigned char)(h.size & 255), (unsigned char)(h.size >> 8)};
  oc_text_add_bytes(out, magic, sizeof magic);
  oc_text_add_bytes(out, length, sizeof length);
  oc_text_add_bytes(out, h.data, h.size);
  add_numbers(out, m->data, oc_matrix_count(m));
  if (h.failed) oc_text_release(out), out->failed = true;
  oc_text_release(&h);
}
