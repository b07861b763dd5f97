/* containers.c: lists the containers, opens and closes them. */
#include "data/container/container.h"
#include "base/memory.h"
#include <string.h>

#define OC_ROW(id) extern const oc_container_kind oc_container_##id;
#include "data/container/containers.def"
#undef OC_ROW

static const oc_container_kind *const kinds[] = {
#define OC_ROW(id) &oc_container_##id,
#include "data/container/containers.def"
#undef OC_ROW
};

const oc_container_kind *oc_container_at(int index) {
  return index >= 0 && (size_t)index < sizeof kinds / sizeof *kinds ? kinds[index] : NULL;
}

const oc_container_kind *oc_container_for(const char *path) {
  const oc_container_kind *kind;
  for (int i = 0; (kind = oc_container_at(i)); i++)
    if (kind->accepts(path)) return kind;
  return NULL;
}

oc_status oc_container_open(const char *path, const oc_data_options *options, oc_container *out,
                            oc_error *err) {
  *out = (oc_container){.kind = oc_container_for(path)};
  if (!out->kind) return oc_fail(err, OC_E_NO_INPUT, path, "", "neither a folder nor an archive");
  out->path = oc_memory_string(path);
  if (!out->path) return oc_fail_memory(err, strlen(path) + 1);
  return out->kind->open(path, options, &out->self, err);
}

void oc_container_close(oc_container *c) {
  if (c->self) c->kind->close(c->self);
  oc_memory_free(c->path);
  *c = (oc_container){0};
}
