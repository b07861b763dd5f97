/* heif.c: the program ocellus-heif: decodes one HEIC or AVIF image by libheif, for the library, which starts
 * it with a socket as standard input (src/data/decode/helper_answer.h). It limits its own time and memory.
 * Whatever goes wrong in a codec ends this process and nothing else. */
#include "data/decode/helper_answer.h"
#include <libheif/heif.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SOCKET = 0 };

typedef struct work {
  uint8_t *bytes; /* of the file */
  uint64_t size;
  struct heif_context *context;
  struct heif_image_handle *handle;
  struct heif_image *image;
  oc_helper_answer answer; /* the next one */
} work;

/* ---- the socket ---------------------------------------------------------------------------------------- */

/* The library is gone, or ends this process soon. */
static void leave(void) {
  _exit(EXIT_FAILURE);
}

static void receive(void *to, size_t size) {
  char *next = to;
  while (size > 0) {
    const ssize_t got = read(SOCKET, next, size);
    if (got <= 0) leave();
    next += got;
    size -= (size_t)got;
  }
}

static void send_all(const void *bytes, size_t size) {
  const char *next = bytes;
  while (size > 0) {
    const ssize_t sent = write(SOCKET, next, size);
    if (sent <= 0) leave();
    next += sent;
    size -= (size_t)sent;
  }
}

static void send_answer(const work *p) {
  send_all(&p->answer, sizeof p->answer);
}

static void fail(work *p, oc_helper_state state, const char *words) {
  p->answer.state = state;
  (void)snprintf(p->answer.words, sizeof p->answer.words, "%s", words);
  p->answer.words[strcspn(p->answer.words, "\n")] = 0;
  send_answer(p);
  leave();
}

static void check(work *p, struct heif_error e) {
  if (e.code == heif_error_Ok) return;
  const bool missing = e.code == heif_error_Unsupported_feature ||
                       e.code == heif_error_Unsupported_filetype || e.code == heif_error_Plugin_loading_error;
  fail(p, missing ? OC_HELPER_UNSUPPORTED : OC_HELPER_CORRUPT, e.message);
}

/* ---- limits -------------------------------------------------------------------------------------------- */

/* The soft limit, as far as the hard one allows. */
static void limit(int resource, uint64_t value) {
  struct rlimit r;
  if (getrlimit(resource, &r) != 0) leave();
  r.rlim_cur = value < r.rlim_max ? (rlim_t)value : r.rlim_max;
  if (setrlimit(resource, &r) != 0) leave();
}

static void limit_for(uint64_t bytes, int64_t pixels) {
  limit(RLIMIT_CPU, (uint64_t)oc_helper_seconds(pixels));
  limit(RLIMIT_AS, oc_helper_memory(bytes, pixels));
}

/* No file but the socket, no file to write, no core dump, and no life without the library. One heap for all
 * threads: each further one takes 64 MB of addresses. */
static void close_doors(void) {
  (void)close_range(3, ~0u, 0);
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  (void)mallopt(M_ARENA_MAX, 1);
  limit_for(0, 0);
}

/* ---- the image ----------------------------------------------------------------------------------------- */

static void read_file(work *p) {
  receive(&p->size, sizeof p->size);
  limit_for(p->size, 0);
  p->bytes = malloc(p->size ? p->size : 1);
  if (!p->bytes) fail(p, OC_HELPER_CORRUPT, "out of memory");
  receive(p->bytes, p->size);
}

static void open_image(work *p) {
  p->context = heif_context_alloc();
  if (!p->context) fail(p, OC_HELPER_CORRUPT, "out of memory");
  heif_context_set_max_decoding_threads(p->context, 0);
  check(p, heif_context_read_from_memory_without_copy(p->context, p->bytes, p->size, NULL));
  check(p, heif_context_get_primary_image_handle(p->context, &p->handle));
  p->answer.height = (uint32_t)heif_image_handle_get_height(p->handle);
  p->answer.width = (uint32_t)heif_image_handle_get_width(p->handle);
  p->answer.channels = heif_image_handle_has_alpha_channel(p->handle) ? 4 : 3;
}

/* 8 bits per sample, or up to 16 as two bytes, the low one first. */
static void decode(work *p) {
  const bool deep = heif_image_handle_get_luma_bits_per_pixel(p->handle) > 8, alpha = p->answer.channels == 4;
  const enum heif_chroma layout =
      deep ? (alpha ? heif_chroma_interleaved_RRGGBBAA_LE : heif_chroma_interleaved_RRGGBB_LE)
           : (alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB);
  check(p, heif_decode_image(p->handle, &p->image, heif_colorspace_RGB, layout, NULL));
  p->answer.height = (uint32_t)heif_image_get_height(p->image, heif_channel_interleaved);
  p->answer.width = (uint32_t)heif_image_get_width(p->image, heif_channel_interleaved);
}

/* ---- pixels -------------------------------------------------------------------------------------------- */

/* One row of samples. Two bytes per sample become round(v * 255 / largest): `largest` is odd, so there are no
 * halves. */
static void to_bytes(const uint8_t *from, size_t samples, unsigned largest, uint8_t *to) {
  if (largest == 255) {
    memcpy(to, from, samples);
    return;
  }
  for (size_t i = 0; i < samples; i++) {
    const unsigned v = from[2 * i] | (unsigned)from[2 * i + 1] << 8;
    to[i] = (uint8_t)(((v < largest ? v : largest) * 255 + largest / 2) / largest);
  }
}

/* Colors that were multiplied with alpha, divided by it and rounded. */
static void divide(uint8_t *row, size_t pixels) {
  for (uint8_t *p = row; p < row + 4 * pixels; p += 4)
    for (int i = 0; i < 3; i++) {
      const unsigned v = p[3] ? (p[i] * 255u + p[3] / 2) / p[3] : 0;
      p[i] = (uint8_t)(v < 255 ? v : 255);
    }
}

static void send_pixels(work *p) {
  int stride;
  const uint8_t *plane = heif_image_get_plane_readonly(p->image, heif_channel_interleaved, &stride);
  const int bits = heif_image_get_bits_per_pixel_range(p->image, heif_channel_interleaved);
  const bool divided = p->answer.channels == 4 && heif_image_handle_is_premultiplied_alpha(p->handle);
  const size_t samples = (size_t)p->answer.width * p->answer.channels;
  uint8_t *row = malloc(samples);
  if (!plane || !row || bits < 8 || bits > 16) fail(p, OC_HELPER_UNSUPPORTED, "the depth of its samples");
  send_answer(p);
  for (uint32_t y = 0; y < p->answer.height; y++) {
    to_bytes(plane + (size_t)y * (size_t)stride, samples, (1u << bits) - 1, row);
    if (divided) divide(row, p->answer.width);
    send_all(row, samples);
  }
  free(row);
}

int main(void) {
  work p = {.answer = {.magic = OC_HELPER_MAGIC}};
  char accepted;
  close_doors();
  read_file(&p);
  open_image(&p);
  send_answer(&p);
  receive(&accepted, 1);
  limit_for(p.size, (int64_t)p.answer.height * p.answer.width);
  decode(&p);
  send_pixels(&p);
  return 0; /* the system frees the rest */
}
