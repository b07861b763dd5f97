/* decoder.h: defines decoders, which read single images. To add one: a file with OC_DEFINE_DECODER at its
 * end, and a row in decoders.def. */
#ifndef OC_DATA_DECODE_DECODER_H
#define OC_DATA_DECODE_DECODER_H
#include "data/decode/image.h"

typedef struct oc_decoder {
  const char *name;
  const char *formats;    /* for help and messages: "PGM and PPM" */
  const char *endings[4]; /* of the names of such files: {".jpg", ".jpeg"}; up to 3, then NULL */
  bool opaque;            /* its images have no transparent parts */
  /* True if the first bytes are of this format. `got` is at most OC_IMAGE_MAGIC if the file is longer. */
  bool (*known)(const unsigned char *first, size_t got);
  /* Decodes `bytes`; `path` is for messages. *out is zeroed before; the caller frees out->pixels. After a
   * failure there are none. */
  oc_status (*decode)(const char *path, const unsigned char *bytes, size_t size, const oc_decode_options *how,
                      oc_decoded *out, oc_error *err);
} oc_decoder;

#define OC_DEFINE_DECODER(id, ...)                                                                           \
  extern const oc_decoder oc_decoder_##id;                                                                   \
  const oc_decoder oc_decoder_##id = {.name = #id, __VA_ARGS__}

/* The i-th row of decoders.def, NULL past the end; and the one that accepts these bytes, NULL if none
 * does. */
const oc_decoder *oc_decoder_at(int index);
const oc_decoder *oc_decoder_for(const unsigned char *first, size_t got);
/* True if the name of a file ends as those of a decoder do, in upper or lower case. */
bool oc_decoder_has_ending(const char *name);

#endif
