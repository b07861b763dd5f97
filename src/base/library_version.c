/* library_version.c: versions of the libraries in use, as they report them. libjpeg-turbo, giflib and xxHash
 * have no function for it: theirs are of the headers that Ocellus was built with. */
#include "base/library.h"
#include "base/text.h"
#include <dlfcn.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>
#if OC_HAVE_ZLIB
#include <zlib.h>
#endif
#if OC_HAVE_PNG
#include <png.h>
#endif
#if OC_HAVE_JPEG
#include <jpeglib.h>
#endif
#if OC_HAVE_PROTOBUF_C
#include <protobuf-c/protobuf-c.h>
#endif
#if OC_HAVE_GIF
#include <gif_lib.h>
#endif

#define VERSION_OF(id) void oc_##id##_version(void *handle, char text[OC_LIBRARY_VERSION])
#define SHOW(...)      ((void)handle, (void)snprintf(text, OC_LIBRARY_VERSION, __VA_ARGS__))
#define WORDS_(words)  #words
#define WORDS(macro)   WORDS_(macro)

VERSION_OF(zlib) {
#if OC_HAVE_ZLIB
  SHOW("%s", zlibVersion());
#else
  SHOW("%s", "");
#endif
}

VERSION_OF(png) {
#if OC_HAVE_PNG
  SHOW("%s", png_get_libpng_ver(NULL));
#else
  SHOW("%s", "");
#endif
}

VERSION_OF(jpeg) {
#ifdef LIBJPEG_TURBO_VERSION
  SHOW("%s", WORDS(LIBJPEG_TURBO_VERSION));
#else
  SHOW("%s", "");
#endif
}

VERSION_OF(jansson) {
  SHOW("%s", jansson_version_str());
}

VERSION_OF(protobuf_c) {
#if OC_HAVE_PROTOBUF_C
  SHOW("%s", protobuf_c_version());
#else
  SHOW("%s", "");
#endif
}

VERSION_OF(xxhash) {
  SHOW("%d.%d.%d", XXH_VERSION_MAJOR, XXH_VERSION_MINOR, XXH_VERSION_RELEASE);
}

/* ---- opened at run time -------------------------------------------------------------------------------- */

/* A function without arguments. */
typedef int number_fn(void);
typedef const char *words_fn(void);

VERSION_OF(webp) {
  void *symbol = dlsym(handle, "WebPGetDecoderVersion");
  number_fn *function = NULL;
  memcpy(&function, &symbol, sizeof symbol);
  const int v = function ? function() : 0; /* a byte for each number */
  SHOW("%d.%d.%d", v >> 16, v >> 8 & 255, v & 255);
}

/* Its decoders run in a program of their own; here it only reports its version. */
VERSION_OF(heif) {
  void *symbol = dlsym(handle, "heif_get_version");
  words_fn *function = NULL;
  memcpy(&function, &symbol, sizeof symbol);
  SHOW("%s", function ? function() : "");
}

VERSION_OF(gif) {
#if OC_HAVE_GIF
  SHOW("%d.%d.%d", GIFLIB_MAJOR, GIFLIB_MINOR, GIFLIB_RELEASE);
#else
  SHOW("%s", "");
#endif
}

/* "LIBTIFF, Version 4.5.0", and lines on the authors. */
VERSION_OF(tiff) {
  void *symbol = dlsym(handle, "TIFFGetVersion");
  words_fn *function = NULL;
  memcpy(&function, &symbol, sizeof symbol);
  const char *words = function ? function() : "", *number = strpbrk(words, "0123456789");
  if (!number) number = "";
  SHOW("%.*s", (int)strspn(number, "0123456789."), number);
}

VERSION_OF(cairo) {
  void *symbol = dlsym(handle, "cairo_version_string");
  words_fn *function = NULL;
  memcpy(&function, &symbol, sizeof symbol);
  SHOW("%s", function ? function() : "");
}
