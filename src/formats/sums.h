/* sums.h: lists the bytes that the sums in a model file cover. There are two sums: of the tensors and of the
 * metadata. Both are lists of consecutive parts, so that any kind of sum can cover the same bytes.
 *
 * The tensors, in order of name: for each its name, a 0 byte, its type ("F32"), a 0 byte, its sizes
 * ("5x5x1x32"), a 0 byte, and its elements as stored in the file. Their offsets are not covered: a file that
 * another program wrote again, unchanged, has the same sum. The metadata, in order of key: for each of the
 * keys that the sum covers and the file has, the key, a 0 byte, the value, a 0 byte. Files of format 1 have
 * one sum, of all bytes after the header. */
#ifndef OC_FORMATS_SUMS_H
#define OC_FORMATS_SUMS_H
#include "formats/async_hash.h"
#include "formats/safetensors.h"

/* Zero-initialize, then oc_sum_parts_release. */
typedef struct oc_sum_parts {
  oc_sum_part *rows;
  int count;
  oc_arena texts;
} oc_sum_parts;

/* Of tensors that are anywhere in memory: the parts point to their elements, which must stay. */
oc_status oc_sum_tensors(const oc_named_tensor *tensors, int count, oc_sum_parts *out, oc_error *err);
/* Of a file whose header has been read, by the offsets of the elements in it; `names`: as since format 2,
 * else all elements as stored. */
oc_status oc_sum_file(const oc_safetensors *s, bool names, oc_sum_parts *out, oc_error *err);
/* Covers the keys of metadata that affect predictions or identify the model, by its format version. The parts
 * point into `m`. */
oc_status oc_sum_metadata(const oc_metadata *m, oc_sum_parts *out, oc_error *err);
/* Its format_version, or 0 if that is not an integer of at least 1. */
int oc_metadata_version(const oc_metadata *m);
void oc_sum_parts_release(oc_sum_parts *p);

/* SHA-256 of parts, 64 hex digits and a closing 0; `file`: all bytes of the file where parts lie in one, or
 * NULL. */
void oc_sum_sha256(const oc_sum_parts *p, const unsigned char *file, char hex[65]);
/* The sum of the tensors and of the metadata in one call. */
oc_status oc_tensors_sha256(const oc_named_tensor *tensors, int count, char hex[65], oc_error *err);
oc_status oc_metadata_sha256(const oc_metadata *m, char hex[65], oc_error *err);

#endif
