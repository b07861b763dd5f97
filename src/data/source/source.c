/* source.c: lists the sources, and finds the one that accepts a name. */
#include "data/source/source.h"

#define OC_ROW(id) extern const oc_source oc_source_##id;
#include "data/source/sources.def"
#undef OC_ROW

static const oc_source *const sources[] = {
#define OC_ROW(id) &oc_source_##id,
#include "data/source/sources.def"
#undef OC_ROW
};
enum { SOURCES = sizeof sources / sizeof sources[0] };

const oc_source *oc_source_at(int index) {
  return index >= 0 && index < SOURCES ? sources[index] : NULL;
}

const oc_source *oc_source_for_file(const char *path) {
  int i = 0;
  while (i < SOURCES - 1 && !(sources[i]->opens_files && sources[i]->accepts(path))) i++;
  return sources[i];
}

const oc_source *oc_source_for(const char *where) {
  int i = 0;
  while (i < SOURCES - 1 && !sources[i]->accepts(where)) i++;
  return sources[i];
}
