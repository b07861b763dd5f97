/* library.c: opens libraries at run time. There is no state: dlopen of an open library finds it in the list
 * of the loader, and RTLD_NODELETE keeps it open. */
#include "base/library.h"
#include "base/error.h"
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

typedef struct row {
  bool have;
  const char *name, *license, *use, *soname, *package;
  oc_library_version_fn *version;
} row;

static const row rows[OC_LIBRARY_COUNT] = {
#define OC_LINKED(id, have, name, license, use) {have, name, license, use, "", "", oc_##id##_version},
#define OC_OPENED(id, have, name, license, use, soname, package)                                             \
  {have, name, license, use, soname, package, oc_##id##_version},
#include "base/libraries.def"
#undef OC_LINKED
#undef OC_OPENED
};

static void *open_library(const row *r) {
  return dlopen(r->soname, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
}

oc_status oc_library_missing(oc_library_id id, const char *where, const char *why, oc_error *err) {
  const row *r = &rows[id];
  char hint[128];
  snprintf(hint, sizeof hint, "Install the library (Debian: %s), or convert the file.", r->package);
  return oc_fail(err, OC_E_UNSUPPORTED, where, hint, "unsupported without %s: %s", r->name,
                 why ? why : r->soname);
}

oc_status oc_library_load(oc_library_id id, const char *where, const char *const *names, void *functions,
                          oc_error *err) {
  const row *r = &rows[id];
  void *handle = open_library(r);
  if (!handle) return oc_library_missing(id, where, dlerror(), err);
  char *next = functions;
  for (; *names; names++, next += sizeof(void *)) {
    void *function = dlsym(handle, *names);
    if (!function) break;
    memcpy(next, &function, sizeof function);
  }
  const oc_status status = *names ? oc_library_missing(id, where, dlerror(), err) : OC_OK;
  dlclose(handle);
  return status;
}

oc_status oc_library_absent(oc_library_id id, const char *where, oc_error *err) {
  return oc_fail(err, OC_E_UNSUPPORTED, where, "Convert the file, or build with the headers of the library.",
                 "%s is unsupported: this build has no %s", rows[id].use, rows[id].name);
}

/* ---- what there is ------------------------------------------------------------------------------------- */

static oc_library_state state_of(const row *r, void *handle) {
  if (!r->have) return OC_LIBRARY_ABSENT;
  if (!*r->soname) return OC_LIBRARY_LINKED;
  return handle ? OC_LIBRARY_OPENED : OC_LIBRARY_MISSING;
}

bool oc_library_at(int index, oc_library *out) {
  if (index < 0 || index >= OC_LIBRARY_COUNT || !out) return false;
  const row *r = &rows[index];
  void *handle = r->have && *r->soname ? open_library(r) : NULL;
  *out = (oc_library){.name = r->name, .use = r->use, .license = r->license, .package = r->package};
  out->state = state_of(r, handle);
  if (out->state == OC_LIBRARY_LINKED || out->state == OC_LIBRARY_OPENED) r->version(handle, out->version);
  if (handle) dlclose(handle);
  return true;
}
