/* heif.c: decodes HEIC and AVIF, the first image of a file. libheif turns it as the file says, so that EXIF's
 * orientation, which says the same, is left alone. */
#include "data/decode/heif.h"
#include "base/error.h"
#include "base/library.h"
#include "data/decode/decoder.h"
#include <string.h>

#if OC_HAVE_HEIF
static oc_status heif_decode(const char *path, const unsigned char *bytes, size_t size,
                             const oc_decode_options *how, oc_decoded *out, oc_error *err) {
  char program[OC_HELPER_PATH];
  TRY(oc_helper_find("ocellus-heif", "HEIC and AVIF", path, program, err));
  const oc_heif_file f = {.path = path, .bytes = bytes, .size = size, .program = program, .patience = 10};
  return oc_heif_run(&f, how, out, err);
}
#else
static oc_status heif_decode(const char *path, const unsigned char *bytes, size_t size,
                             const oc_decode_options *how, oc_decoded *out, oc_error *err) {
  (void)bytes, (void)size, (void)how, (void)out;
  return oc_library_absent(OC_LIBRARY_heif, path, err);
}
#endif

/* The box ftyp with a brand of ISO/IEC 23008-12 (images and series of them) or of AVIF. */
static bool heif_known(const unsigned char *first, size_t got) {
  static const char brands[][5] = {"heic", "heix", "heim", "heis", "hevc",
                                   "hevx", "mif1", "msf1", "avif", "avis"};
  if (got < 12 || memcmp(first + 4, "ftyp", 4) != 0) return false;
  for (size_t i = 0; i < sizeof brands / sizeof brands[0]; i++)
    if (memcmp(first + 8, brands[i], 4) == 0) return true;
  return false;
}

OC_DEFINE_DECODER(heif, .formats = "HEIC, AVIF", .endings = {".heic", ".heif", ".avif"}, .known = heif_known,
                  .decode = heif_decode);
