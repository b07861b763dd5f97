/* cache_path.c: names the files of the cache folder: by the XXH3 of the absolute path of what they are for,
 * so that a new one takes the place of the old one. */
#include "base/file.h"
#include "base/memory.h"
#include "data/container/container.h"
#include <stdio.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

oc_status oc_cache_path(const oc_data_options *options, const char *kind, const char *path, char **out,
                        oc_error *err) {
  char name[32];
  *out = NULL;
  if (!options->cache_folder) return OC_OK;
  char *real = oc_path_real(path), *folder = oc_path_join(options->cache_folder, kind);
  oc_status status = real && folder ? oc_folder_create(folder, err) : oc_fail_memory(err, strlen(path));
  if (status == OC_OK) {
    (void)snprintf(name, sizeof name, "%016llx", (unsigned long long)XXH3_64bits(real, strlen(real)));
    *out = oc_path_join(folder, name);
    if (!*out) status = oc_fail_memory(err, strlen(folder) + sizeof name);
  }
  oc_memory_free(real);
  oc_memory_free(folder);
  return status;
}
