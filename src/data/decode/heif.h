/* heif.h: decodes HEIC and AVIF with a given program, so that tests can give others. */
#ifndef OC_DATA_DECODE_HEIF_H
#define OC_DATA_DECODE_HEIF_H
#include "data/decode/helper.h"
#include "data/decode/image.h"

typedef struct oc_heif_file {
  const char *path; /* for messages */
  const unsigned char *bytes;
  size_t size;
  const char *program; /* path of ocellus-heif */
  int64_t patience;    /* seconds to wait for each second of processor time that the program may take */
} oc_heif_file;

/* Decodes as oc_decoder.decode does, in a child process. OC_E_DATA: the file is damaged, unsupported or too
 * large, the program ended without an answer, or its answer makes no sense. OC_E_UNSUPPORTED: the program, or
 * libheif, cannot be loaded. OC_E_MEMORY. */
oc_status oc_heif_run(const oc_heif_file *f, const oc_decode_options *how, oc_decoded *out, oc_error *err);
/* The same with a program that runs, which is h. If h->ended after a failure, there are no words yet. */
oc_status oc_heif_converse(const oc_heif_file *f, oc_helper *h, const oc_decode_options *how, oc_decoded *out,
                           oc_error *err);

#endif
