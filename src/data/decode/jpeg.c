/* jpeg.c: decodes JPEG by libjpeg-turbo, with limits on everything that a file can request. EXIF's
 * orientation is applied, color profiles are ignored. libjpeg reports errors by error_exit, which must not
 * return: the only setjmp is in run_guarded, which keeps nothing in local variables. */
#include "base/error.h"
#include "base/memory.h"
#include "data/decode/decoder.h"
#include <string.h>
#if OC_HAVE_JPEG
#include "base/checked.h"
#include "data/decode/cmyk.h"
#include "data/decode/exif.h"
#include "data/decode/jpeg_memory.h"
#include <jerror.h>
#include <setjmp.h>

/* What libjpeg needs for any image, with room to spare. What grows with the image is added when its size is
 * known to be justified. MAX_SCANS is many times what programs write: a scan may take few bytes and the time
 * of a whole pass over the image. */
enum { FIXED_MEMORY = 1 << 20, MAX_SCANS = 100, BLOCK = DCTSIZE2 * sizeof(JCOEF) };

typedef struct decoder {
  const char *path;
  const unsigned char *bytes;
  size_t size;
  const oc_decode_options *how;
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  oc_jpeg_memory memory;
  jmp_buf escape;
  bool started;  /* the header was read, up to the first scan */
  unsigned seen; /* a bit for each component that has had a scan with its mean values */
  uint8_t *row;
  oc_decoded image;
  oc_status status;
  oc_error *err;
} decoder;

/* ---- errors -------------------------------------------------------------------------------------------- */

static oc_status fail_corrupt(decoder *d, const char *what) {
  return oc_fail(d->err, OC_E_DATA, d->path, "Open it in an image program and save it again.",
                 "corrupt JPEG: %s, before byte %zu of %zu", what, d->size - d->source.bytes_in_buffer,
                 d->size);
}

static oc_status fail_unsupported(const decoder *d, const char *what) {
  return oc_fail(d->err, OC_E_DATA, d->path, "Save it as a plain JPEG or as PNG.", "unsupported JPEG: %s",
                 what);
}

/* What is wrong, where libjpeg's own words would be unclear. */
static const struct {
  int code;
  const char *words;
} reasons[] = {
    {JWRN_HIT_MARKER, "the data of the image end too early"},
    {JWRN_HUFF_BAD_CODE, "invalid Huffman code"},
    {JWRN_EXTRANEOUS_DATA, "unexpected bytes between two segments"},
    {JWRN_MUST_RESYNC, "a restart marker is missing or out of order"},
    {JWRN_BOGUS_PROGRESSION, "progressive scans in an invalid order"},
    {JERR_NO_IMAGE, "it contains no image"},
    {JERR_EMPTY_IMAGE, "the header declares no pixels"},
};

static oc_status fail_for_code(decoder *d, int code) {
  char words[JMSG_LENGTH_MAX];
  for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
    if (reasons[i].code == code) return fail_corrupt(d, reasons[i].words);
  d->errors.format_message((j_common_ptr)&d->jpeg, words);
  return fail_corrupt(d, words);
}

static oc_status fail_for_error(decoder *d, int code) {
  if (code == JERR_OUT_OF_MEMORY && d->memory.greedy)
    return fail_corrupt(d, "it needs more memory than its size allows");
  if (code == JERR_OUT_OF_MEMORY && !d->memory.refused) /* in jpeg_create_decompress */
    return oc_fail(d->err, OC_E_MEMORY, d->path, "Close other programs.", "no memory for a JPEG decoder");
  if (code == JERR_OUT_OF_MEMORY) return oc_fail_memory(d->err, d->memory.refused);
  if (code == JERR_BAD_PRECISION) return fail_unsupported(d, "only 8 bits per sample are read");
  if (code == JERR_SOF_UNSUPPORTED)
    return fail_unsupported(d, "lossless or hierarchical; only baseline and progressive are read");
  return fail_for_code(d, code);
}

static void escape_with(decoder *d, oc_status status) {
  d->status = status;
  longjmp(d->escape, 1);
}

static void on_error(j_common_ptr jpeg) {
  decoder *d = jpeg->client_data;
  escape_with(d, fail_for_error(d, jpeg->err->msg_code));
}

/* Bytes between segments that are all 0 or 255 are padding, as cameras write it. */
static bool is_padding(const decoder *d) {
  const size_t at = d->size - d->source.bytes_in_buffer, n = (size_t)d->errors.msg_parm.i[0];
  for (size_t i = 1; i <= n; i++)
    if (i > at || (d->bytes[at - i] != 0 && d->bytes[at - i] != 255)) return false;
  return true;
}

/* Of a header that libjpeg reads anyway. Every other warning is about lost pixels. */
static bool is_harmless(const decoder *d, int code) {
  return code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR || code == JWRN_NOT_SEQUENTIAL ||
         (code == JWRN_EXTRANEOUS_DATA && is_padding(d));
}

/* True if this is about data missing at the end, which the caller accepts: libjpeg makes gray of them. */
static bool is_accepted(decoder *d, int code) {
  const bool ended = code == JWRN_HIT_MARKER && d->jpeg.unread_marker == JPEG_EOI;
  if (d->how->accept_truncated && d->started && ended) d->image.truncated = true;
  return d->image.truncated;
}

/* Warnings have level -1; the others are trace messages. */
static void on_message(j_common_ptr jpeg, int level) {
  decoder *d = jpeg->client_data;
  const int code = jpeg->err->msg_code;
  if (level < 0 && !is_harmless(d, code) && !is_accepted(d, code)) escape_with(d, fail_for_code(d, code));
}

/* ---- the file as libjpeg's source ---------------------------------------------------------------------- */

static void on_source(j_decompress_ptr jpeg) {
  (void)jpeg;
}

/* No bytes are left: an end marker takes their place, if that is accepted. */
static boolean on_end(j_decompress_ptr jpeg) {
  static const JOCTET end[] = {0xFF, JPEG_EOI};
  decoder *d = jpeg->client_data;
  if (d->how->accept_truncated && d->started) {
    d->image.truncated = true;
    jpeg->src->next_input_byte = end;
    jpeg->src->bytes_in_buffer = sizeof end;
    return TRUE;
  }
  escape_with(d, oc_fail(d->err, OC_E_DATA, d->path, "Fetch the file again.",
                         "corrupt JPEG: truncated: the end marker is missing after %zu bytes", d->size));
  return FALSE;
}

static void on_skip(j_decompress_ptr jpeg, long count) {
  if (count <= 0) return;
  if ((size_t)count > jpeg->src->bytes_in_buffer) {
    (void)on_end(jpeg);
    return;
  }
  jpeg->src->next_input_byte += count;
  jpeg->src->bytes_in_buffer -= (size_t)count;
}

/* The size without a segment that is cut, whose rest libjpeg would take from the end marker. */
static size_t size_without_cut_segment(const unsigned char *bytes, size_t size) {
  enum { TEM = 1, FIRST_ALONE = 0xD0 }; /* markers without a length: RST0 to RST7, SOI, EOI */
  for (const unsigned char *at = bytes, *end = bytes + size; (at = memchr(at, 0xFF, (size_t)(end - at)));) {
    const size_t left = (size_t)(end - at), cut = size - left;
    if (left < 2) return cut;
    if (at[1] == JPEG_EOI) break;
    const bool filler = at[1] == 0xFF;
    if (filler || at[1] <= TEM || (at[1] >= FIRST_ALONE && at[1] < JPEG_EOI)) {
      at += filler ? 1 : 2;
      continue;
    }
    const size_t length = left < 4 ? left : (size_t)at[2] << 8 | at[3];
    if (length > left - 2) return cut;
    at += 2 + length;
  }
  return size;
}

/* ---- scans --------------------------------------------------------------------------------------------- */

static void record_scan(decoder *d) {
  if (d->jpeg.progressive_mode && d->jpeg.Ss > 0) return;
  for (int i = 0; i < d->jpeg.comps_in_scan; i++) d->seen |= 1U << d->jpeg.cur_comp_info[i]->component_index;
}

static void on_progress(j_common_ptr jpeg) {
  decoder *d = jpeg->client_data;
  record_scan(d);
  if (d->jpeg.input_scan_number > MAX_SCANS) {
    char words[64];
    snprintf(words, sizeof words, "more scans than the limit of %d", MAX_SCANS);
    escape_with(d, fail_corrupt(d, words));
  }
}

/* libjpeg makes gray of a component without data. */
static oc_status check_scans(decoder *d) {
  return d->seen == (1U << d->jpeg.num_components) - 1 ? OC_OK
                                                       : fail_corrupt(d, "a color component has no data");
}

/* ---- the header ---------------------------------------------------------------------------------------- */

/* Chooses the channels that libjpeg returns. */
static oc_status choose_channels(decoder *d) {
  if (d->jpeg.arith_code) return fail_unsupported(d, "arithmetic coding; only Huffman coding is read");
  if (d->jpeg.data_precision != BITS_IN_JSAMPLE)
    return fail_unsupported(d, "only 8 bits per sample are read");
  const J_COLOR_SPACE stored = d->jpeg.jpeg_color_space;
  if (stored == JCS_GRAYSCALE)
    d->jpeg.out_color_space = JCS_GRAYSCALE;
  else if (stored == JCS_YCbCr || stored == JCS_RGB)
    d->jpeg.out_color_space = JCS_RGB;
  else if (stored == JCS_CMYK || stored == JCS_YCCK)
    d->jpeg.out_color_space = JCS_CMYK;
  else
    return fail_unsupported(d, "a number of color components other than 1, 3 or 4");
  return OC_OK;
}

/* Blocks of 8x8 coefficients of all components; `around`: with this many more rows and columns of each. */
static uint64_t count_blocks(const decoder *d, unsigned around) {
  uint64_t count = 0;
  for (int i = 0; i < d->jpeg.num_components; i++) {
    const jpeg_component_info *c = &d->jpeg.comp_info[i];
    count += (uint64_t)(c->width_in_blocks + around) * (c->height_in_blocks + around);
  }
  return count;
}

/* The size against the limits and against what so few bytes can hold: each block takes at least one bit. */
static oc_status check_size(const decoder *d, oc_image_shape stored) {
  TRY(oc_image_check(d->path, stored, d->how, d->err));
  if (count_blocks(d, 0) / 8 <= d->size) return OC_OK;
  return oc_image_fail_size(d->path, "JPEG", stored, d->size, d->err);
}

/* What libjpeg may request for an image of this size: all coefficients if there are several scans, and some
 * rows. */
static size_t memory_of_image(decoder *d) {
  enum { ROWS = 64, AROUND = 2 * MAX_SAMP_FACTOR };
  const uint64_t width = d->jpeg.image_width + ROWS + DCTSIZE * AROUND;
  const uint64_t rows = width * ROWS * (unsigned)d->jpeg.num_components;
  return (size_t)(rows + (jpeg_has_multiple_scans(&d->jpeg) ? count_blocks(d, AROUND) * BLOCK : 0));
}

static int orientation_of(const decoder *d) {
  for (jpeg_saved_marker_ptr m = d->jpeg.marker_list; m; m = m->next)
    if (m->data_length >= 6 && memcmp(m->data, "Exif\0\0", 6) == 0)
      return oc_exif_orientation(m->data, m->data_length);
  return 0;
}

/* Describes the image as it is stored, after choose_channels. */
static oc_status describe(decoder *d) {
  const bool gray = d->jpeg.out_color_space == JCS_GRAYSCALE;
  d->image.size = (oc_image_shape){d->jpeg.image_height, d->jpeg.image_width, gray ? 1 : 3};
  d->image.stored = d->image.size;
  d->image.orientation = orientation_of(d);
  return check_size(d, d->image.size);
}

/* Decodes at 1/2, 1/4 or 1/8 of the size, as long as that is at least twice the target in each direction.
 * Other fractions take more time than the next of these (decision 31). */
static void choose_scale(decoder *d) {
  const bool swapped = d->image.orientation > 4;
  const int64_t high = swapped ? d->how->target_width : d->how->target_height;
  const int64_t wide = swapped ? d->how->target_height : d->how->target_width;
  d->jpeg.scale_num = d->jpeg.scale_denom = 1;
  while (high > 0 && wide > 0 && d->jpeg.scale_denom < DCTSIZE &&
         oc_ceil_div(d->jpeg.image_height, 2 * d->jpeg.scale_denom) / 2 >= high &&
         oc_ceil_div(d->jpeg.image_width, 2 * d->jpeg.scale_denom) / 2 >= wide)
    d->jpeg.scale_denom *= 2;
  jpeg_calc_output_dimensions(&d->jpeg);
  d->image.size.height = d->jpeg.output_height;
  d->image.size.width = d->jpeg.output_width;
}

static oc_status alloc_image(decoder *d) {
  const size_t row = (size_t)d->jpeg.output_width * (size_t)d->jpeg.num_components;
  const size_t bytes = (size_t)(d->image.size.height * d->image.size.width * d->image.size.channels);
  d->memory.left += memory_of_image(d);
  d->row = oc_memory_alloc(row);
  d->image.pixels = d->row ? oc_memory_alloc(bytes) : NULL;
  return d->image.pixels ? OC_OK : oc_fail_memory(d->err, d->row ? bytes : row);
}

/* ---- pixels -------------------------------------------------------------------------------------------- */

/* The row from CMYK to RGB, in place. Programs that write CMYK follow Adobe, which stores 255 for no ink. */
static void convert_cmyk(uint8_t *row, int64_t width) {
  for (int64_t x = 0; x < width; x++)
    for (int k = 0; k < 3; k++) row[3 * x + k] = oc_cmyk_to_rgb(255U - row[4 * x + k], 255U - row[4 * x + 3]);
}

static void place_row(const decoder *d, const oc_exif_layout *to, int64_t y) {
  const int64_t width = d->jpeg.output_width, channels = d->image.size.channels;
  uint8_t *pixels = d->image.pixels + (to->start + y * to->down) * channels;
  if (to->across == 1)
    memcpy(pixels, d->row, (size_t)(width * channels));
  else
    for (int64_t x = 0; x < width; x++)
      for (int64_t k = 0; k < channels; k++) pixels[x * to->across * channels + k] = d->row[x * channels + k];
}

static void read_rows(decoder *d, const oc_exif_layout *to) {
  while (d->jpeg.output_scanline < d->jpeg.output_height) {
    const int64_t y = d->jpeg.output_scanline;
    (void)jpeg_read_scanlines(&d->jpeg, &d->row, 1);
    if (d->jpeg.out_color_space == JCS_CMYK) convert_cmyk(d->row, d->jpeg.output_width);
    place_row(d, to, y);
  }
}

/* The image, after its header. */
static oc_status decode_image(decoder *d) {
  TRY(choose_channels(d));
  TRY(describe(d));
  if (d->how->header_only) return OC_OK;
  choose_scale(d);
  TRY(alloc_image(d));
  record_scan(d);
  const oc_exif_layout to = oc_exif_layout_of(d->image.orientation, &d->image.size);
  d->image.upright = true;
  (void)jpeg_start_decompress(&d->jpeg);
  read_rows(d, &to);
  (void)jpeg_finish_decompress(&d->jpeg);
  return check_scans(d);
}

/* False after an error, which is then in d->status. */
static bool run_guarded(decoder *d) {
  if (setjmp(d->escape)) return false;
  jpeg_create_decompress(&d->jpeg);
  oc_jpeg_memory_use(&d->memory, &d->jpeg, FIXED_MEMORY + d->size);
  d->jpeg.src = &d->source;
  d->jpeg.progress = &d->progress;
  jpeg_save_markers(&d->jpeg, JPEG_APP0 + 1, 0xFFFF);
  (void)jpeg_read_header(&d->jpeg, TRUE);
  d->started = true;
  d->status = decode_image(d);
  return d->status == OC_OK;
}

static void init_decoder(decoder *d) {
  d->jpeg.err = jpeg_std_error(&d->errors);
  d->jpeg.client_data = d;
  d->errors.error_exit = on_error;
  d->errors.emit_message = on_message;
  d->source = (struct jpeg_source_mgr){d->bytes, d->size, on_source, on_end, on_skip, jpeg_resync_to_restart,
                                       on_source};
  d->progress.progress_monitor = on_progress;
}

static oc_status jpeg_decode(const char *path, const unsigned char *bytes, size_t size,
                             const oc_decode_options *how, oc_decoded *out, oc_error *err) {
  decoder d = {.path = path, .bytes = bytes, .size = size, .how = how, .err = err};
  if (how->accept_truncated) d.size = size_without_cut_segment(bytes, size);
  init_decoder(&d);
  const bool done = run_guarded(&d);
  oc_jpeg_memory_release(&d.memory, &d.jpeg);
  jpeg_destroy_decompress(&d.jpeg);
  oc_memory_free(d.row);
  if (done)
    *out = d.image;
  else
    oc_memory_free(d.image.pixels);
  return d.status;
}
#else
static oc_status jpeg_decode(const char *path, const unsigned char *bytes, size_t size,
                             const oc_decode_options *how, oc_decoded *out, oc_error *err) {
  (void)bytes, (void)size, (void)how, (void)out;
  return oc_fail(err, OC_E_UNSUPPORTED, path, "Convert it to PGM or PPM, or build with libjpeg-turbo.",
                 "JPEG is unsupported: this build has no libjpeg");
}
#endif

static bool jpeg_known(const unsigned char *first, size_t got) {
  return got >= 3 && memcmp(first, "\xff\xd8\xff", 3) == 0;
}

OC_DEFINE_DECODER(jpeg, .formats = "JPEG", .endings = {".jpg", ".jpeg"}, .opaque = true, .known = jpeg_known,
                  .decode = jpeg_decode);
