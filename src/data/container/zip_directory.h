/* zip_directory.h: reads the records of a zip archive (PKWARE's APPNOTE 6.3, with Zip64), none of which is
 * trusted.
 *
 *   the content of the entries, each after a local header
 *   the central directory: a record for each entry, with its path and where its local header is
 *   the end: where the central directory is; in Zip64 three records */
#ifndef OC_DATA_CONTAINER_ZIP_DIRECTORY_H
#define OC_DATA_CONTAINER_ZIP_DIRECTORY_H
#include "data/container/archive.h"

enum {
  OC_ZIP_LOCAL = 30,  /* bytes of a local header, without path and extra fields */
  OC_ZIP_RECORD = 46, /* of a record of the directory, likewise, */
  OC_ZIP_RECORD_MAX = OC_ZIP_RECORD + 3 * UINT16_MAX, /* and with both and a comment */
  OC_ZIP_PATH_ROOM = 3 * 4096 /* for a path: a byte of code page 437 takes up to 3 in UTF-8 */
};

/* Where the central directory is: inside the file, and followed by its end. */
typedef struct oc_zip_directory {
  uint64_t at, bytes, count; /* count: of entries */
} oc_zip_directory;

/* A record of the directory. */
typedef struct oc_zip_record {
  bool encrypted, is_link;
  uint32_t method, crc; /* CRC-32 of the content */
  uint64_t compressed, bytes;
  uint64_t local; /* where its local header is: not checked */
  size_t size;    /* of the record */
  char path[OC_ZIP_PATH_ROOM];
} oc_zip_record;

/* OC_E_DATA: the archive was cut, is one part of several, or corrupt. */
oc_status oc_zip_find_directory(const oc_archive *a, oc_zip_directory *out, oc_error *err);
/* Reads the record at the begin of bytes[0..have-1], and *problem, NULL if there is none. Names of entries
 * are UTF-8, or taken for code page 437, as the format says. */
void oc_zip_read_record(const unsigned char *bytes, size_t have, oc_zip_record *out, const char **problem);
/* The size of a record with path, extra fields and comment; it has at least OC_ZIP_RECORD bytes. */
size_t oc_zip_record_size(const unsigned char *bytes);

/* Numbers of the format, which is little-endian. */
static inline uint32_t oc_zip_u16(const unsigned char *at) {
  return at[0] | (uint32_t)at[1] << 8;
}
static inline uint32_t oc_zip_u32(const unsigned char *at) {
  return oc_zip_u16(at) | oc_zip_u16(at + 2) << 16;
}
static inline uint64_t oc_zip_u64(const unsigned char *at) {
  return oc_zip_u32(at) | (uint64_t)oc_zip_u32(at + 4) << 32;
}

#endif
