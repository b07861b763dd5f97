/* webp.c: decodes WebP by libwebp, which is opened on first use: lossy and lossless, with alpha, and the
 * first frame of an animation. The chunks of the file (RFC 9649, "RIFF Container") are read here, with their
 * sizes checked; libwebp gets those of one frame. */
#include "base/error.h"
#include "base/library.h"
#include "data/decode/decoder.h"
#include <string.h>
#if OC_HAVE_WEBP
#include "base/checked.h"
#include "base/memory.h"
#include "data/decode/exif.h"
#include <webp/decode.h>

#define FUNCTIONS(X) X(WebPGetFeaturesInternal) X(WebPInitDecoderConfigInternal) X(WebPDecode)
typedef struct libwebp {
  FUNCTIONS(OC_LIBRARY_MEMBER)
} libwebp;
static const char *const function_names[] = {FUNCTIONS(OC_LIBRARY_NAME) NULL};

/* Some bytes of the file. */
typedef struct span {
  size_t at, size;
} span;

typedef struct webp {
  const char *path;
  const unsigned char *bytes;
  size_t end;         /* of the RIFF container */
  bool extended;      /* has a canvas */
  int64_t rows, cols; /* of the canvas */
  int64_t top, left;  /* of the frame, in the canvas */
  span frame;         /* the chunks of the frame, for libwebp */
  span image;         /* the data of VP8 or VP8L; size 0: none yet */
  bool lossless;
  span exif;
  oc_error *err;
} webp;

static uint32_t read_u24(const unsigned char *b) {
  return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16;
}

static oc_status fail_corrupt(const webp *w, const char *what) {
  return oc_fail(w->err, OC_E_DATA, w->path, "Fetch the file again.", "corrupt WebP: %s", what);
}

/* ---- chunks -------------------------------------------------------------------------------------------- */

enum { RIFF_HEADER = 12, CHUNK_HEADER = 8, CANVAS = 10, FRAME_HEADER = 16 };

/* The data of the chunk at *at, before `end`; moves *at to the next one. */
static oc_status read_chunk(const webp *w, size_t *at, size_t end, span *out) {
  const unsigned char *head = w->bytes + *at;
  const size_t left = end - *at;
  const size_t size = left < CHUNK_HEADER ? left : read_u24(head + 4) | (size_t)head[7] << 24;
  if (left < CHUNK_HEADER || size > left - CHUNK_HEADER)
    return oc_fail(w->err, OC_E_DATA, w->path, "Fetch the file again.",
                   "corrupt WebP: truncated: the chunk at byte %zu needs %zu bytes, %zu are left", *at, size,
                   left);
  *out = (span){*at + CHUNK_HEADER, size};
  *at += CHUNK_HEADER + size;
  if (size % 2 && *at < end) (*at)++; /* filled up to an even size */
  return OC_OK;
}

static bool is_chunk(const webp *w, span data, const char *name) {
  return memcmp(w->bytes + data.at - CHUNK_HEADER, name, 4) == 0;
}

/* Notes a chunk of a frame. The frame begins with ALPH, where there is one, and ends with the image. */
static void note_image(webp *w, span data) {
  const bool alpha = is_chunk(w, data, "ALPH"), lossy = is_chunk(w, data, "VP8 ");
  if (w->image.size > 0 || (!alpha && !lossy && !is_chunk(w, data, "VP8L"))) return;
  if (w->frame.at == 0) w->frame.at = data.at - CHUNK_HEADER;
  if (alpha) return;
  w->image = data;
  w->lossless = !lossy;
  w->frame.size = data.at + data.size - w->frame.at;
}

/* The first frame of an animation: its place, and its chunks. */
static oc_status read_frame(webp *w, span data) {
  if (data.size < FRAME_HEADER) return fail_corrupt(w, "a frame without header");
  const unsigned char *b = w->bytes + data.at;
  w->left = 2 * (int64_t)read_u24(b);
  w->top = 2 * (int64_t)read_u24(b + 3);
  const size_t end = data.at + data.size;
  for (size_t at = data.at + FRAME_HEADER; at < end && w->image.size == 0;) {
    span chunk;
    TRY(read_chunk(w, &at, end, &chunk));
    note_image(w, chunk);
  }
  return w->image.size > 0 ? OC_OK : fail_corrupt(w, "a frame without image");
}

static oc_status read_top_chunk(webp *w, span data) {
  if (is_chunk(w, data, "VP8X") && data.size >= CANVAS) {
    w->extended = true;
    w->cols = (int64_t)read_u24(w->bytes + data.at + 4) + 1;
    w->rows = (int64_t)read_u24(w->bytes + data.at + 7) + 1;
  }
  if (is_chunk(w, data, "EXIF") && w->exif.size == 0) w->exif = data;
  if (is_chunk(w, data, "ANMF") && w->image.size == 0) return read_frame(w, data);
  note_image(w, data);
  return OC_OK;
}

static oc_status read_chunks(webp *w, size_t size) {
  if (size < RIFF_HEADER + CHUNK_HEADER) return fail_corrupt(w, "truncated: the header is cut");
  const size_t declared = read_u24(w->bytes + 4) | (size_t)w->bytes[7] << 24;
  w->end = declared + CHUNK_HEADER;
  if (w->end > size || declared < RIFF_HEADER)
    return oc_fail(w->err, OC_E_DATA, w->path, "Fetch the file again.",
                   "corrupt WebP: truncated: the header declares %zu bytes, the file has %zu", w->end, size);
  for (size_t at = RIFF_HEADER; at < w->end;) {
    span chunk;
    TRY(read_chunk(w, &at, w->end, &chunk));
    TRY(read_top_chunk(w, chunk));
  }
  return w->image.size > 0 ? OC_OK : fail_corrupt(w, "it contains no image");
}

/* ---- sizes --------------------------------------------------------------------------------------------- */

/* True if so few bytes can hold so many pixels. Lossy: the modes of a block of 16x16 take more than three
 * bits (RFC 6386, section 11). Lossless: a code of one symbol takes no bits, so the limit is ours. */
static bool is_justified(const webp *w, int64_t rows, int64_t cols) {
  enum { FREE = 1 << 22, BYTE = 4096 };
  const int64_t blocks = oc_ceil_div(rows, 16) * oc_ceil_div(cols, 16);
  if (!w->lossless) return 3 * blocks / 8 <= (int64_t)w->image.size;
  return rows * cols - FREE <= BYTE * (int64_t)w->image.size;
}

/* Sizes of the frame as libwebp reads them, against the canvas and the limits. */
static oc_status check_size(const webp *w, const WebPBitstreamFeatures *f, const oc_decoded *image,
                            const oc_decode_options *how) {
  TRY(oc_image_check(w->path, image->size, how, w->err));
  if (!is_justified(w, f->height, f->width) || (w->extended && !is_justified(w, w->rows, w->cols)))
    return oc_image_fail_size(w->path, "WebP", image->size, w->end, w->err);
  if (w->top + f->height > image->size.height || w->left + f->width > image->size.width)
    return fail_corrupt(w, "the frame leaves the canvas");
  return OC_OK;
}

/* The image is the canvas, which a frame need not cover: the rest is transparent. */
static void describe(const webp *w, const WebPBitstreamFeatures *f, oc_decoded *image) {
  const bool covered = !w->extended || (f->height == w->rows && f->width == w->cols);
  image->size = (oc_image_shape){w->extended ? w->rows : f->height, w->extended ? w->cols : f->width,
                                 f->has_alpha || !covered ? 4 : 3};
  if (w->exif.size > 0) image->orientation = oc_exif_orientation(w->bytes + w->exif.at, w->exif.size);
}

/* ---- pixels -------------------------------------------------------------------------------------------- */

static oc_status fail_for(const webp *w, VP8StatusCode status) {
  if (status == VP8_STATUS_OUT_OF_MEMORY)
    return oc_fail(w->err, OC_E_MEMORY, w->path, "Close other programs.", "no memory for a WebP decoder");
  if (status == VP8_STATUS_NOT_ENOUGH_DATA) return fail_corrupt(w, "the data of the image end too early");
  return fail_corrupt(w, "the data of the image are damaged");
}

static oc_status decode_frame(const webp *w, const libwebp *lib, const oc_decoded *image) {
  WebPDecoderConfig config;
  const int64_t channels = image->size.channels, stride = image->size.width * channels;
  const size_t start = (size_t)(w->top * stride + w->left * channels);
  if (!lib->WebPInitDecoderConfigInternal(&config, WEBP_DECODER_ABI_VERSION))
    return oc_fail(w->err, OC_E_UNSUPPORTED, w->path, "Install the version of libwebp that was built with.",
                   "libwebp has another interface");
  config.output.colorspace = channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = image->pixels + start;
  config.output.u.RGBA.stride = (int)stride;
  config.output.u.RGBA.size = (size_t)(image->size.height * stride) - start;
  const VP8StatusCode status = lib->WebPDecode(w->bytes + w->frame.at, w->frame.size, &config);
  return status == VP8_STATUS_OK ? OC_OK : fail_for(w, status);
}

static oc_status decode_pixels(const webp *w, const libwebp *lib, oc_decoded *image) {
  const size_t bytes = (size_t)(image->size.height * image->size.width * image->size.channels);
  image->pixels = oc_memory_alloc(bytes);
  if (!image->pixels) return oc_fail_memory(w->err, bytes);
  const oc_status status = decode_frame(w, lib, image);
  if (status == OC_OK) return OC_OK;
  oc_memory_free(image->pixels);
  image->pixels = NULL;
  return status;
}

static oc_status webp_decode(const char *path, const unsigned char *bytes, size_t size,
                             const oc_decode_options *how, oc_decoded *out, oc_error *err) {
  webp w = {.path = path, .bytes = bytes, .err = err};
  libwebp lib;
  WebPBitstreamFeatures features;
  TRY(oc_library_load(OC_LIBRARY_webp, path, function_names, &lib, err));
  TRY(read_chunks(&w, size));
  const VP8StatusCode status =
      lib.WebPGetFeaturesInternal(bytes + w.frame.at, w.frame.size, &features, WEBP_DECODER_ABI_VERSION);
  if (status != VP8_STATUS_OK) return fail_for(&w, status);
  describe(&w, &features, out);
  TRY(check_size(&w, &features, out, how));
  return how->header_only ? OC_OK : decode_pixels(&w, &lib, out);
}
#else
static oc_status webp_decode(const char *path, const unsigned char *bytes, size_t size,
                             const oc_decode_options *how, oc_decoded *out, oc_error *err) {
  (void)bytes, (void)size, (void)how, (void)out;
  return oc_library_absent(OC_LIBRARY_webp, path, err);
}
#endif

static bool webp_known(const unsigned char *first, size_t got) {
  return got >= 12 && memcmp(first, "RIFF", 4) == 0 && memcmp(first + 8, "WEBP", 4) == 0;
}

OC_DEFINE_DECODER(webp, .formats = "WebP", .endings = {".webp"}, .known = webp_known, .decode = webp_decode);
