/* helper_answer.h: what the library and its program ocellus-heif exchange through a socket, and the limits of
 * that program. All numbers are of this machine: both come from one build.
 *
 *   library -> program   the size of the file, 64 bits, and its bytes
 *   program -> library   an oc_helper_answer with the size of the image that the file declares
 *   library -> program   one byte: the library accepts that size
 *   program -> library   an oc_helper_answer with the size of the decoded image, and its pixels, if it is OK
 *
 * The program ends after an answer that is not OK. */
#ifndef OC_DATA_DECODE_HELPER_ANSWER_H
#define OC_DATA_DECODE_HELPER_ANSWER_H
#include <stdint.h>

enum { OC_HELPER_MAGIC = 0x4f434831 }; /* "OCH1"; changes with what follows */

typedef enum oc_helper_state {
  OC_HELPER_OK,
  OC_HELPER_CORRUPT,
  OC_HELPER_UNSUPPORTED /* a codec or a feature is missing */
} oc_helper_state;

/* 192 bytes. `words` are the reason if the state is not OK, with a closing 0. */
typedef struct oc_helper_answer {
  uint32_t magic, state;
  uint32_t height, width, channels; /* of the upright image; 3 channels, or 4 with alpha */
  char words[172];
} oc_helper_answer;

/* Processor time for an image of so many pixels; 0: for its header. dav1d took 0.75 s for 12 megapixels: this
 * is eight times that, and 10 s. */
static inline int64_t oc_helper_seconds(int64_t pixels) {
  return 10 + pixels / (1 << 21);
}

/* Address space for a file of so many bytes and an image of so many pixels. By dav1d, 8 bits took 9 bytes per
 * pixel, and 12 bits with alpha 22. */
static inline uint64_t oc_helper_memory(uint64_t bytes, int64_t pixels) {
  return ((uint64_t)512 << 20) + 2 * bytes + 48 * (uint64_t)pixels;
}

#endif
