/* cache_path.c: names the files of the cache folder: by the XXH3 of the absolute path of what they are for,
 * so that a new one takes the place of the old one. */
#include "base/file.h"
#include "base/memory.h"
#include "data/container/container.h"
#include <stdio.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

char *oc_cache_path(const oc_data_options *options, const char *kind, const char *path) {
  char name[32], *file = NULL;
  if (!options->cache_folder) return NULL;
  char *real = oc_path_real(path), *folder = oc_path_join(options->cache_folder, kind);
  if (real && folder && oc_folder_create(folder, NULL) == OC_OK) {
    (void)snprintf(name, sizeof name, "%016llx", (unsigned long long)XXH3_64bits(real, strlen(real)));
    file = oc_path_join(folder, name);
  }
  oc_memory_free(real);
  oc_memory_free(folder);
  return file;
}
