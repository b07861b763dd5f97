/* image.c: loads a single image, and converts its number of channels. */
#include "data/decode/decoder.h"
#include "base/checked.h"
#include "base/error.h"
#include "base/file.h"
#include "base/kind.h"
#include "base/memory.h"
#include "base/options.h"
#include "data/decode/exif.h"
#include <stdio.h>
#include <string.h>

typedef struct encoded {
  const char *where; /* for messages */
  const unsigned char *bytes;
  size_t size;
} encoded;

/* "PNG, PGM and PPM" */
static const char *formats_text(char *text, size_t size) {
  const char *formats;
  text[0] = 0;
  for (int i = 0; (formats = oc_image_format(i)); i++) {
    const size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", i ? ", " : "", formats);
  }
  return text;
}

/* Finds the decoder of these bytes. */
static oc_status find_decoder(const char *path, const unsigned char *bytes, size_t n, const oc_decoder **out,
                              oc_error *err) {
  *out = oc_decoder_for(bytes, n);
  if (*out) return OC_OK;
  if (n == 0) return oc_fail(err, OC_E_DATA, path, "", "the file is empty");
  const oc_kind *kind = oc_kind_of(bytes, n, n);
  char formats[160];
  if (kind)
    return oc_fail(err, OC_E_DATA, path, oc_kind_is_image(kind) ? "Convert it to PNG." : kind->hint,
                   "unsupported image format: %s; images are read from %s", kind->name,
                   formats_text(formats, sizeof formats));
  return oc_fail(err, OC_E_DATA, path, "Convert the image to PNG.", "unknown image format: expected %s",
                 formats_text(formats, sizeof formats));
}

/* ---- options ------------------------------------------------------------------------------------------- */

oc_image_options oc_image_defaults(void) {
  const oc_decode_options d = oc_decode_defaults();
  return (oc_image_options){.struct_size = sizeof(oc_image_options),
                            .max_pixels = d.max_pixels,
                            .max_side = d.max_side,
                            .max_bytes = d.max_bytes};
}

/* Reads `given`, which may be NULL, into both. */
static oc_status read_options(const oc_image_options *given, oc_image_options *o, oc_decode_options *how,
                              oc_error *err) {
  *o = oc_image_defaults();
  *how = oc_decode_defaults();
  if (given) OC_OPTIONS_READ(*o, given);
  TRY(oc_options_check(o->struct_size, sizeof *o, "oc_image_options", err));
  TRY(oc_background_check(o->background, err));
  if (o->max_pixels < 0 || o->max_side < 0 || o->target_height < 0 || o->target_width < 0)
    return oc_fail(err, OC_E_ARGUMENT, "oc_image_options", "", "a size must be at least 0, got %lld",
                   (long long)oc_min_i64(oc_min_i64(o->max_pixels, o->max_side),
                                         oc_min_i64(o->target_height, o->target_width)));
  if (o->max_pixels) how->max_pixels = o->max_pixels;
  if (o->max_side) how->max_side = o->max_side;
  if (o->max_bytes) how->max_bytes = o->max_bytes;
  how->target_height = o->target_height;
  how->target_width = o->target_width;
  how->accept_truncated = o->accept_truncated;
  return OC_OK;
}

/* ---- decoding ------------------------------------------------------------------------------------------ */

/* Decodes and turns. *decoded has no pixels after a failure. */
static oc_status decode_upright(const encoded *from, const oc_decode_options *how, oc_decoded *decoded,
                                const char **format, oc_error *err) {
  const oc_decoder *decoder;
  TRY(find_decoder(from->where, from->bytes, from->size, &decoder, err));
  TRY(decoder->decode(from->where, from->bytes, from->size, how, decoded, err));
  *format = decoder->name;
  const oc_status status = oc_exif_turn(decoded, err);
  if (status == OC_OK) return OC_OK;
  oc_memory_free(decoded->pixels);
  decoded->pixels = NULL;
  return status;
}

static void describe(const oc_decoded *decoded, oc_image_details *out) {
  out->stored = decoded->stored.height ? decoded->stored : decoded->size;
  out->orientation = decoded->orientation ? decoded->orientation : 1;
  out->alpha = decoded->size.channels % 2 == 0;
  out->truncated = decoded->truncated;
}

static oc_status decode_details(const encoded *from, const oc_image_options *options, oc_image_details *out,
                                oc_error *err) {
  oc_image_options o;
  oc_decode_options how;
  oc_decoded decoded = {0};
  TRY(read_options(options, &o, &how, err));
  TRY(decode_upright(from, &how, &decoded, &out->format, err));
  describe(&decoded, out);
  return oc_background_apply(&decoded, o.background, &out->image, err);
}

oc_status oc_image_decode_with(const char *where, const void *bytes, size_t n,
                               const oc_image_options *options, oc_image_details *out, oc_error *err) {
  NEED(where, out);
  *out = (oc_image_details){0};
  if (n > 0) NEED(bytes);
  oc_image_details details = {0};
  TRY(decode_details(&(encoded){where, bytes, n}, options, &details, err));
  *out = details;
  return OC_OK;
}

oc_status oc_image_load_with(const char *path, const oc_image_options *options, oc_image_details *out,
                             oc_error *err) {
  NEED(path, out);
  oc_image_options o;
  oc_decode_options how;
  unsigned char *bytes;
  size_t n;
  *out = (oc_image_details){0};
  TRY(read_options(options, &o, &how, err));
  TRY(oc_file_read(path, how.max_bytes > SIZE_MAX / 4 ? SIZE_MAX : 4 * how.max_bytes, &bytes, &n, err));
  const oc_status status = oc_image_decode_with(path, bytes, n, options, out, err);
  oc_memory_free(bytes);
  return status;
}

oc_status oc_image_probe(const char *where, const void *bytes, size_t n, const oc_image_options *options,
                         oc_image_details *out, oc_error *err) {
  NEED(where, out);
  oc_image_options o;
  oc_decode_options how;
  oc_decoded header = {0};
  *out = (oc_image_details){0};
  if (n > 0) NEED(bytes);
  TRY(read_options(options, &o, &how, err));
  how.header_only = true;
  TRY(decode_upright(&(encoded){where, bytes, n}, &how, &header, &out->format, err));
  describe(&header, out);
  out->image.size = header.size;
  out->image.size.channels = header.size.channels < 3 ? 1 : 3;
  return OC_OK;
}

oc_status oc_image_decode(const char *where, const void *bytes, size_t n, const char *background,
                          oc_image *out, oc_error *err) {
  NEED(where, out);
  const oc_image_options options = {.background = background};
  oc_image_details details;
  *out = (oc_image){0};
  TRY(oc_image_decode_with(where, bytes, n, &options, &details, err));
  *out = details.image;
  return OC_OK;
}

oc_status oc_image_load(const char *path, const char *background, oc_image *out, oc_error *err) {
  NEED(path, out);
  const oc_image_options options = {.background = background};
  oc_image_details details;
  *out = (oc_image){0};
  TRY(oc_image_load_with(path, &options, &details, err));
  *out = details.image;
  return OC_OK;
}

/* ---- images -------------------------------------------------------------------------------------------- */

void oc_image_release(oc_image *image) {
  if (!image) return;
  oc_memory_free(image->pixels);
  *image = (oc_image){0};
}

oc_status oc_image_convert(const uint8_t *from, oc_image_shape size, int64_t channels, uint8_t *to,
                           oc_error *err) {
  NEED(from, to);
  int64_t pixels, bytes;
  if (size.height < 0 || size.width < 0 || size.channels < 0 ||
      !oc_mul_i64(size.height, size.width, &pixels) ||
      !oc_mul_i64(pixels, oc_max_i64(3, size.channels), &bytes))
    return oc_fail(err, OC_E_ARGUMENT, "size", "", "invalid image shape %lldx%lldx%lld",
                   (long long)size.height, (long long)size.width, (long long)size.channels);
  if (size.channels == channels) {
    memcpy(to, from, (size_t)(pixels * channels));
  } else if (size.channels == 3 && channels == 1) {
    /* ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B in sixteen bits of fraction; the three add to 65536 */
    for (int64_t i = 0; i < pixels; i++)
      to[i] =
          (uint8_t)((19595u * from[3 * i] + 38470u * from[3 * i + 1] + 7471u * from[3 * i + 2] + 32768u) >>
                    16);
  } else if (size.channels == 1 && channels == 3) {
    for (int64_t i = 0; i < pixels; i++) to[3 * i] = to[3 * i + 1] = to[3 * i + 2] = from[i];
  } else {
    return oc_fail(err, OC_E_ARGUMENT, "channels", "",
                   "unsupported conversion to %lld channels from %lld: only 1 to 3 and 3 to 1",
                   (long long)channels, (long long)size.channels);
  }
  return OC_OK;
}
