/* library.h: calls libraries that are opened at run time, on first use. To add one: a row in libraries.def,
 * its version in library_version.c, and oc_module in cmake/modules.cmake. Its caller lists the functions:
 *
 *   #define FUNCTIONS(X) X(WebPGetDecoderVersion) X(WebPDecode)
 *   typedef struct webp { FUNCTIONS(OC_LIBRARY_MEMBER) } webp;
 *   static const char *const names[] = {FUNCTIONS(OC_LIBRARY_NAME) NULL};
 *   webp w;
 *   TRY(oc_library_load(OC_LIBRARY_webp, path, names, &w, err));
 *   w.WebPDecode(..);
 *
 * Their types come from the headers of the library. Loading again costs about a microsecond. */
#ifndef OC_BASE_LIBRARY_H
#define OC_BASE_LIBRARY_H
#include "ocellus/library.h"

typedef enum oc_library_id {
#define OC_LINKED(id, have, name, license, use)                  OC_LIBRARY_##id,
#define OC_OPENED(id, have, name, license, use, soname, package) OC_LIBRARY_##id,
#include "base/libraries.def"
#undef OC_LINKED
#undef OC_OPENED
  OC_LIBRARY_COUNT
} oc_library_id;

#define OC_LIBRARY_MEMBER(function) __typeof__(&function) function;
#define OC_LIBRARY_NAME(function)   #function,

/* Opens the library, which stays open, and finds its functions: the pointer to names[i] becomes the i-th of
 * the struct `functions`; NULL ends `names`. `where` is for messages. Any number of threads may call it.
 * OC_E_UNSUPPORTED: the library, or one of the functions, is missing. */
oc_status oc_library_load(oc_library_id id, const char *where, const char *const *names, void *functions,
                          oc_error *err);
/* OC_E_UNSUPPORTED: the library is not on this machine. `why` are the loader's words. */
oc_status oc_library_missing(oc_library_id id, const char *where, const char *why, oc_error *err);
/* OC_E_UNSUPPORTED: this build has no support for the library, as its headers were missing. */
oc_status oc_library_absent(oc_library_id id, const char *where, oc_error *err);

/* Writes the version of a library into `text`, "" if it is absent. `handle` is that of dlopen, NULL for one
 * that is linked. */
typedef void oc_library_version_fn(void *handle, char text[OC_LIBRARY_VERSION]);
#define OC_LINKED(id, have, name, license, use)                  oc_library_version_fn oc_##id##_version;
#define OC_OPENED(id, have, name, license, use, soname, package) oc_library_version_fn oc_##id##_version;
#include "base/libraries.def"
#undef OC_LINKED
#undef OC_OPENED

#endif
