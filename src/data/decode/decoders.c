/* decoders.c: lists the decoders. */
#include "data/decode/decoder.h"
#include <string.h>
#include <strings.h>

#define OC_ROW(id) extern const oc_decoder oc_decoder_##id;
#include "data/decode/decoders.def"
#undef OC_ROW

static const oc_decoder *const decoders[] = {
#define OC_ROW(id) &oc_decoder_##id,
#include "data/decode/decoders.def"
#undef OC_ROW
};

const oc_decoder *oc_decoder_at(int index) {
  return index >= 0 && (size_t)index < sizeof decoders / sizeof *decoders ? decoders[index] : NULL;
}

const oc_decoder *oc_decoder_for(const unsigned char *first, size_t got) {
  const oc_decoder *decoder;
  for (int i = 0; (decoder = oc_decoder_at(i)); i++)
    if (decoder->known(first, got)) return decoder;
  return NULL;
}

bool oc_image_is_known(const void *first, size_t size) {
  return first && oc_decoder_for(first, size) != NULL;
}

bool oc_image_may_be_transparent(const void *first, size_t size) {
  const oc_decoder *decoder = first ? oc_decoder_for(first, size) : NULL;
  return decoder && !decoder->opaque;
}

bool oc_decoder_has_ending(const char *name) {
  const oc_decoder *decoder;
  const char *dot = strrchr(name, '.');
  for (int i = 0; dot && (decoder = oc_decoder_at(i)); i++)
    for (int k = 0; decoder->endings[k]; k++)
      if (strcasecmp(dot, decoder->endings[k]) == 0) return true;
  return false;
}

const char *oc_image_format(int index) {
  const oc_decoder *decoder = oc_decoder_at(index);
  return decoder ? decoder->formats : NULL;
}
