/* part.c: the names of the splits of a data set, as people write them, and sorted names of classes. */
#include "data/items/items.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool oc_part_of(const char *name, size_t size, oc_split_part *part) {
  static const struct {
    const char *name;
    oc_split_part part;
  } known[] = {{"train", OC_PART_TRAIN}, {"training", OC_PART_TRAIN},   {"valid", OC_PART_VALID},
               {"val", OC_PART_VALID},   {"validation", OC_PART_VALID}, {"test", OC_PART_TEST},
               {"testing", OC_PART_TEST}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strlen(known[i].name) == size && strncasecmp(known[i].name, name, size) == 0) {
      *part = known[i].part;
      return true;
    }
  return false;
}

static int compare_names(const void *a, const void *b) {
  return oc_natural_compare(*(const char *const *)a, *(const char *const *)b);
}

int64_t oc_names_sort(const char **names, int64_t count) {
  int64_t kept = 0;
  if (count) qsort(names, (size_t)count, sizeof *names, compare_names);
  for (int64_t i = 0; i < count; i++)
    if (kept == 0 || strcmp(names[kept - 1], names[i]) != 0) names[kept++] = names[i];
  return kept;
}

int oc_names_find(const char *const *names, int count, const char *name) {
  const char *const *found =
      count ? bsearch(&name, names, (size_t)count, sizeof *names, compare_names) : NULL;
  return found ? (int)(found - names) : -1;
}
