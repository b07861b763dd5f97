/* Any bytes as the answers of the program that decodes HEIC: either an error, or as many pixels as the size
 * says. */
#include "base/memory.h"
#include "data/decode/heif.h"
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(oc_status status, const oc_decoded *image, const oc_helper *h, const oc_error *err) {
  if (status != OC_OK) {
    if (!h->ended && (err->code != status || !err->message[0])) abort();
    return;
  }
  const int64_t count = image->size.height * image->size.width * image->size.channels;
  if (image->size.height < 1 || image->size.width < 1 || !image->pixels) abort();
  volatile unsigned sum = 0; /* every pixel is there to be read */
  for (int64_t i = 0; i < count; i++) sum += image->pixels[i];
  (void)sum;
}

/* The other end of the socket has sent all, and takes what comes. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  static const unsigned char photo[] = "\0\0\0\030ftypheic";
  static const oc_decode_options how = {.max_pixels = 1 << 16, .max_side = 1 << 12, .max_bytes = 1 << 18};
  const oc_heif_file f = {.path = "photo", .bytes = photo, .size = 12, .program = "it", .patience = 10};
  int ends[2];
  if (size > 1 << 16 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return 0;
  oc_helper h = {.socket = ends[0]};
  oc_decoded image = {0};
  oc_error err = {0};
  if (send(ends[1], bytes, size, MSG_NOSIGNAL) != (ssize_t)size) abort();
  shutdown(ends[1], SHUT_WR);
  const oc_status status = oc_heif_converse(&f, &h, &how, &image, &err);
  check(status, &image, &h, &err);
  oc_memory_free(image.pixels);
  close(ends[0]);
  close(ends[1]);
  return 0;
}
