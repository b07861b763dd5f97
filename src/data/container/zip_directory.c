/* zip_directory.c: see zip_directory.h. Empty without zlib. */
#if OC_HAVE_ZLIB
#include "data/container/zip_directory.h"
#include "base/memory.h"
#include "base/text.h"
#include <string.h>
#include <zlib.h>

enum { END = 22, END_MAX = END + UINT16_MAX, LOCATOR = 20, END_64 = 56 };

/* ---- the end ------------------------------------------------------------------------------------------- */

static oc_status fail(const oc_archive *a, const char *problem, oc_error *err) {
  return oc_fail(err, OC_E_DATA, a->path, "Fetch the archive again; `unzip -t` tests it.", "corrupt zip: %s",
                 problem);
}

/* The record of the end among the last bytes of a file, which begin at `first`. The comment of an archive may
 * hold something like it, and other bytes may follow: one that ends with the file, or follows its directory,
 * is better than another one. NULL: there is none. */
static const unsigned char *find_end(const unsigned char *tail, size_t size, uint64_t first) {
  const unsigned char *found = NULL;
  for (size_t left = END; left <= size; left++) {
    const unsigned char *at = tail + size - left;
    if (memcmp(at, "PK\5\6", 4) != 0 || END + oc_zip_u16(at + 20) > left) continue;
    const uint64_t directory_end = (uint64_t)oc_zip_u32(at + 16) + oc_zip_u32(at + 12);
    if (END + oc_zip_u16(at + 20) == left || directory_end == first + (size - left)) return at;
    if (!found) found = at;
  }
  return found;
}

/* Replaces *out, and *limit where the directory ends at most, by what the records of Zip64 say, which precede
 * the end at `end`. */
static oc_status read_end_64(const oc_archive *a, uint64_t end, oc_zip_directory *out, uint64_t *limit,
                             oc_error *err) {
  unsigned char locator[LOCATOR], record[END_64];
  if (end < LOCATOR) return OC_OK;
  TRY(oc_archive_read(a, "", end - LOCATOR, locator, sizeof locator, err));
  if (memcmp(locator, "PK\6\7", 4) != 0) return OC_OK;
  *limit = oc_zip_u64(locator + 8);
  if (*limit > end - LOCATOR || end - LOCATOR - *limit < END_64)
    return fail(a, "its end leads out of the file", err);
  TRY(oc_archive_read(a, "", *limit, record, sizeof record, err));
  if (memcmp(record, "PK\6\6", 4) != 0) return fail(a, "its end leads elsewhere", err);
  if (oc_zip_u32(record + 16) || oc_zip_u32(record + 20)) return fail(a, "one part of several", err);
  *out = (oc_zip_directory){
      .at = oc_zip_u64(record + 48), .bytes = oc_zip_u64(record + 40), .count = oc_zip_u64(record + 32)};
  return OC_OK;
}

/* `r` is the end, at `end` of the file. */
static oc_status read_end(const oc_archive *a, uint64_t end, const unsigned char *r, oc_zip_directory *out,
                          oc_error *err) {
  uint64_t limit = end;
  *out =
      (oc_zip_directory){.at = oc_zip_u32(r + 16), .bytes = oc_zip_u32(r + 12), .count = oc_zip_u16(r + 10)};
  if (out->at == UINT32_MAX || out->bytes == UINT32_MAX || out->count == UINT16_MAX)
    TRY(read_end_64(a, end, out, &limit, err));
  else if (oc_zip_u16(r + 4) || oc_zip_u16(r + 6))
    return fail(a, "one part of several", err);
  if (out->at > limit || out->bytes > limit - out->at)
    return fail(a, "its directory is not where the end says", err);
  return OC_OK;
}

oc_status oc_zip_find_directory(const oc_archive *a, oc_zip_directory *out, oc_error *err) {
  const size_t size = a->size < END_MAX ? (size_t)a->size : END_MAX;
  unsigned char *tail = oc_memory_alloc_uninitialized(size + 1);
  if (!tail) return oc_fail_memory(err, size + 1);
  oc_status status = oc_archive_read(a, "", a->size - size, tail, size, err);
  const unsigned char *end = status == OC_OK ? find_end(tail, size, a->size - size) : NULL;
  if (end)
    status = read_end(a, a->size - size + (uint64_t)(end - tail), end, out, err);
  else if (status == OC_OK)
    status = fail(a, "the archive is truncated: its end is missing", err);
  oc_memory_free(tail);
  return status;
}

/* ---- paths --------------------------------------------------------------------------------------------- */

/* Code page 437 from 128 on. */
static const uint16_t page_437[128] = {
    0x00C7, 0x00FC, 0x00E9, 0x00E2, 0x00E4, 0x00E0, 0x00E5, 0x00E7, 0x00EA, 0x00EB, 0x00E8, 0x00EF, 0x00EE,
    0x00EC, 0x00C4, 0x00C5, 0x00C9, 0x00E6, 0x00C6, 0x00F4, 0x00F6, 0x00F2, 0x00FB, 0x00F9, 0x00FF, 0x00D6,
    0x00DC, 0x00A2, 0x00A3, 0x00A5, 0x20A7, 0x0192, 0x00E1, 0x00ED, 0x00F3, 0x00FA, 0x00F1, 0x00D1, 0x00AA,
    0x00BA, 0x00BF, 0x2310, 0x00AC, 0x00BD, 0x00BC, 0x00A1, 0x00AB, 0x00BB, 0x2591, 0x2592, 0x2593, 0x2502,
    0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255D, 0x255C, 0x255B, 0x2510, 0x2514,
    0x2534, 0x252C, 0x251C, 0x2500, 0x253C, 0x255E, 0x255F, 0x255A, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550,
    0x256C, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256B, 0x256A, 0x2518, 0x250C,
    0x2588, 0x2584, 0x258C, 0x2590, 0x2580, 0x03B1, 0x00DF, 0x0393, 0x03C0, 0x03A3, 0x03C3, 0x00B5, 0x03C4,
    0x03A6, 0x0398, 0x03A9, 0x03B4, 0x221E, 0x03C6, 0x03B5, 0x2229, 0x2261, 0x00B1, 0x2265, 0x2264, 0x2320,
    0x2321, 0x00F7, 0x2248, 0x00B0, 0x2219, 0x00B7, 0x221A, 0x207F, 0x00B2, 0x25A0, 0x00A0};

static void from_page_437(const unsigned char *name, size_t size, char *path) {
  for (size_t i = 0; i < size; i++) {
    const uint32_t c = name[i] < 128 ? name[i] : page_437[name[i] - 128];
    if (c >= 0x800) *path++ = (char)(0xE0 | c >> 12);
    if (c >= 0x80) *path++ = (char)(c >= 0x800 ? 0x80 | (c >> 6 & 0x3F) : 0xC0 | c >> 6);
    *path++ = (char)(c >= 0x80 ? 0x80 | (c & 0x3F) : c);
  }
  *path = 0;
}

/* NULL, or what is wrong with the path. */
static const char *take_path(const unsigned char *name, size_t size, bool is_utf8, char *path) {
  *path = 0;
  if (size >= OC_ZIP_PATH_ROOM / 3) return "a path of more than 4095 bytes";
  memcpy(path, name, size);
  path[size] = 0;
  if (strlen(path) != size) return "a name with a 0 byte";
  if (oc_text_is_utf8(path)) return NULL;
  if (is_utf8) return "a name that is not UTF-8, as the entry says";
  from_page_437(name, size, path);
  return NULL;
}

/* ---- records ------------------------------------------------------------------------------------------- */

typedef struct extra {
  const unsigned char *at; /* NULL: there is none */
  size_t size;
} extra;

/* The extra field `id` among those of a record. */
static extra find_extra(const unsigned char *at, size_t left, uint32_t id) {
  while (left >= 4) {
    const size_t size = oc_zip_u16(at + 2);
    if (size > left - 4) break;
    if (oc_zip_u16(at) == id) return (extra){at + 4, size};
    at += 4 + size;
    left -= 4 + size;
  }
  return (extra){0};
}

/* A number that is all ones stands in the field of Zip64, after those that come before it. */
static bool take_64(extra *zip64, uint64_t *number) {
  if (*number != UINT32_MAX || !zip64->at) return true;
  if (zip64->size < 8) return false;
  *number = oc_zip_u64(zip64->at);
  zip64->at += 8;
  zip64->size -= 8;
  return true;
}

/* Info-ZIP's field of the path in UTF-8 counts while it fits to the path that it is for. */
static bool has_unicode_path(const extra *e, const unsigned char *name, size_t size) {
  return e->at && e->size > 5 && e->at[0] == 1 && oc_zip_u32(e->at + 1) == crc32_z(0, name, size);
}

static const char *read_fields(const unsigned char *r, oc_zip_record *out) {
  const size_t size = oc_zip_u16(r + 28), extra_size = oc_zip_u16(r + 30);
  const unsigned char *name = r + OC_ZIP_RECORD;
  const extra unicode = find_extra(name + size, extra_size, 0x7075);
  extra zip64 = find_extra(name + size, extra_size, 1);
  const char *problem = has_unicode_path(&unicode, name, size)
                            ? take_path(unicode.at + 5, unicode.size - 5, true, out->path)
                            : take_path(name, size, oc_zip_u16(r + 8) >> 11 & 1, out->path);
  if (!take_64(&zip64, &out->bytes) || !take_64(&zip64, &out->compressed) || !take_64(&zip64, &out->local))
    problem = "corrupt zip: a size of Zip64 is missing";
  return problem;
}

size_t oc_zip_record_size(const unsigned char *r) {
  return OC_ZIP_RECORD + (size_t)oc_zip_u16(r + 28) + oc_zip_u16(r + 30) + oc_zip_u16(r + 32);
}

void oc_zip_read_record(const unsigned char *r, size_t have, oc_zip_record *out, const char **problem) {
  enum { ENCRYPTED = 1 | 1 << 6 | 1 << 13, UNIX = 3, UNIX_LINK = 0xA /* of st_mode >> 12 */ };
  out->path[0] = 0;
  *problem = "corrupt zip: not a record of its directory";
  if (have < OC_ZIP_RECORD || memcmp(r, "PK\1\2", 4) != 0) return;
  out->size = oc_zip_record_size(r);
  if (out->size > have) return;
  out->encrypted = (oc_zip_u16(r + 8) & ENCRYPTED) != 0;
  out->method = oc_zip_u16(r + 10);
  out->crc = oc_zip_u32(r + 16);
  out->compressed = oc_zip_u32(r + 20);
  out->bytes = oc_zip_u32(r + 24);
  out->local = oc_zip_u32(r + 42);
  out->is_link = r[5] == UNIX && oc_zip_u32(r + 38) >> 28 == UNIX_LINK;
  *problem = read_fields(r, out);
}
#else
typedef int oc_no_zlib; /* a file must not be empty */
#endif
