/* sums.h: what the sums in a model file are made over. There are two: of the tensors and of the metadata; both are lists
 * of parts, one behind the other, so that any kind of sum can be made over just the same bytes.
 *
 * The tensors, in order of name: for each its name, a 0 byte, its type ("F32"), a 0 byte, its sizes ("5x5x1x32"), a 0 byte,
 * and its elements as they lie in the file. Where they lie is not in it: a file that another program wrote again,
 * unchanged, has the same sum. The metadata, in order of key: for each of the keys that the sum covers and the file has,
 * the key, a 0 byte, the value, a 0 byte. Files of format 1 have one sum, of all bytes behind the header. */
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
/* Of a file whose header has been read, by the places of the elements in it; `names`: as since format 2, else of all
 * elements as they lie. */
oc_status oc_sum_file(const oc_safetensors *s, bool names, oc_sum_parts *out, oc_error *err);
/* Of the keys of metadata that decide what a model answers or tell what it is, as of its format version. The parts point into
 * `m`. */
oc_status oc_sum_metadata(const oc_metadata *m, oc_sum_parts *out, oc_error *err);
/* Its format_version, or 0 if that is no whole number of 1 or more. */
int oc_metadata_version(const oc_metadata *m);
void oc_sum_parts_release(oc_sum_parts *p);

/* SHA-256 of parts, 64 hex digits and a closing 0; `file`: all bytes of the file where parts lie in one, or NULL. */
void oc_sum_sha256(const oc_sum_parts *p, const unsigned char *file, char hex[65]);
/* The sum of the tensors and of the metadata in one call. */
oc_status oc_tensors_sha256(const oc_named_tensor *tensors, int count, char hex[65], oc_error *err);
oc_status oc_metadata_sha256(const oc_metadata *m, char hex[65], oc_error *err);

#endif
