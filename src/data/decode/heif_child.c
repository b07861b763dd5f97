/* heif_child.c: decodes HEIC and AVIF by libheif, in the program ocellus-heif: its codecs are large, and an
 * error of theirs shall cost one image (docs/decisions/0044). What that program answers is not trusted: sizes
 * are checked before memory is taken for them. */
#include "base/error.h"
#include "base/library.h"
#include "base/memory.h"
#include "data/decode/heif.h"
#include "data/decode/helper_answer.h"
#include <signal.h>
#include <string.h>

/* ---- messages ------------------------------------------------------------------------------------------ */

static const char SAVE[] = "Open it in an image program and save it again, as PNG or JPEG.";

/* By the brand in the first bytes. */
static const char *format_of(const oc_heif_file *f) {
  return f->size >= 11 && memcmp(f->bytes + 8, "avi", 3) == 0 ? "AVIF" : "HEIC";
}

static oc_status fail_corrupt(const oc_heif_file *f, const char *what, oc_error *err) {
  return oc_fail(err, OC_E_DATA, f->path, SAVE, "corrupt %s: %s", format_of(f), what);
}

static oc_status fail_answer(const oc_heif_file *f, oc_error *err) {
  return oc_fail(err, OC_E_DATA, f->path, SAVE, "cannot decode %s: wrong answer from %s", format_of(f),
                 f->program);
}

/* ---- answers ------------------------------------------------------------------------------------------- */

static oc_status fail_state(const oc_heif_file *f, const oc_helper_answer *a, oc_error *err) {
  if (a->state == OC_HELPER_CORRUPT) return fail_corrupt(f, a->words, err);
  if (a->state != OC_HELPER_UNSUPPORTED) return fail_answer(f, err);
  return oc_fail(err, OC_E_DATA, f->path, SAVE, "unsupported %s: %s", format_of(f), a->words);
}

static oc_status receive_answer(const oc_heif_file *f, oc_helper *h, oc_helper_answer *a, oc_error *err) {
  if (!oc_helper_receive(h, a, sizeof *a)) return OC_E_DATA;
  a->words[sizeof a->words - 1] = 0;
  if (a->magic != OC_HELPER_MAGIC) return fail_answer(f, err);
  if (a->state != OC_HELPER_OK) return fail_state(f, a, err);
  return a->channels == 3 || a->channels == 4 ? OC_OK : fail_answer(f, err);
}

/* A block of 64x64 pixels can take less than a bit, so the limit is ours: that of WebP. */
static bool is_justified(const oc_heif_file *f, oc_image_shape size) {
  enum { FREE = 1 << 22, BYTE = 4096 };
  return size.height * size.width - FREE <= BYTE * (int64_t)f->size;
}

/* The size that the file declares. */
static oc_status receive_size(const oc_heif_file *f, oc_helper *h, const oc_decode_options *how,
                              oc_decoded *out, oc_error *err) {
  oc_helper_answer a;
  TRY(receive_answer(f, h, &a, err));
  out->size = (oc_image_shape){a.height, a.width, a.channels};
  TRY(oc_image_check(f->path, out->size, how, err));
  if (is_justified(f, out->size)) return OC_OK;
  return oc_image_fail_size(f->path, format_of(f), out->size, f->size, err);
}

static bool is_at_end(oc_helper *h) {
  char more;
  return !oc_helper_receive(h, &more, 1) && !h->late;
}

static oc_status receive_pixels(const oc_heif_file *f, oc_helper *h, oc_decoded *out, oc_error *err) {
  const size_t bytes = (size_t)(out->size.height * out->size.width * out->size.channels);
  oc_helper_answer a;
  TRY(receive_answer(f, h, &a, err));
  if (a.height != out->size.height || a.width != out->size.width || a.channels != out->size.channels)
    return fail_corrupt(f, "the size of the image is not that of its header", err);
  out->pixels = oc_memory_alloc(bytes);
  if (!out->pixels) return oc_fail_memory(err, bytes);
  if (!oc_helper_receive(h, out->pixels, bytes)) return OC_E_DATA;
  return is_at_end(h) ? OC_OK : fail_answer(f, err);
}

/* A program that does not take all bytes may have answered why. */
oc_status oc_heif_converse(const oc_heif_file *f, oc_helper *h, const oc_decode_options *how, oc_decoded *out,
                           oc_error *err) {
  const uint64_t size = f->size;
  oc_helper_allow(h, f->patience * oc_helper_seconds(0));
  if (oc_helper_send(h, &size, sizeof size)) (void)oc_helper_send(h, f->bytes, f->size);
  TRY(receive_size(f, h, how, out, err));
  if (how->header_only) return OC_OK;
  oc_helper_allow(h, f->patience * oc_helper_seconds(out->size.height * out->size.width));
  (void)oc_helper_send(h, "", 1);
  return receive_pixels(f, h, out, err);
}

/* ---- the program --------------------------------------------------------------------------------------- */

enum { LOADER_FAILED = 127 }; /* the exit code of the dynamic loader */

static oc_status fail_ended(const oc_heif_file *f, const oc_helper *h, oc_helper_end end, oc_error *err) {
  if (h->late || end.signal == SIGXCPU)
    return oc_fail(err, OC_E_DATA, f->path, SAVE, "cannot decode %s: it takes too long", format_of(f));
  if (end.code == LOADER_FAILED)
    return oc_library_missing(OC_LIBRARY_heif, f->path, "ocellus-heif cannot load it", err);
  if (end.signal)
    return oc_fail(err, OC_E_DATA, f->path, SAVE,
                   "cannot decode %s: ocellus-heif was ended by signal %d (%s)", format_of(f), end.signal,
                   sigdescr_np(end.signal));
  return oc_fail(err, OC_E_DATA, f->path, SAVE, "cannot decode %s: no answer from %s", format_of(f),
                 f->program);
}

oc_status oc_heif_run(const oc_heif_file *f, const oc_decode_options *how, oc_decoded *out, oc_error *err) {
  oc_helper h;
  TRY(oc_helper_start(f->program, f->path, &h, err));
  oc_status status = oc_heif_converse(f, &h, how, out, err);
  const oc_helper_end end = oc_helper_finish(&h);
  if (status == OC_OK) return OC_OK;
  if (h.ended) status = fail_ended(f, &h, end, err);
  oc_memory_free(out->pixels);
  out->pixels = NULL;
  return status;
}
