/* metadata.h: lists strings by key, in the order they were set: the metadata of a model file. */
#ifndef OC_FORMATS_METADATA_H
#define OC_FORMATS_METADATA_H
#include "base/memory.h"
#include <stdbool.h>

typedef struct oc_metadata_entry {
  char *key, *value; /* in texts */
} oc_metadata_entry;

/* Zero-initialize, then oc_metadata_release. */
typedef struct oc_metadata {
  oc_metadata_entry *entries;
  int count;
  int64_t capacity;
  /* also of replaced values: a pointer to one stays valid as long as the list */
  oc_arena texts;
} oc_metadata;

/* Copies both; replaces an earlier value of the key. A NULL value removes the key. False when there is no
 * memory: the list is then as before. */
bool oc_metadata_set(oc_metadata *m, const char *key, const char *value);
/* The same for a key that is known not to be there, without looking for it. */
bool oc_metadata_add(oc_metadata *m, const char *key, const char *value);
/* NULL if there is none of this key. Valid until the list is released. */
const char *oc_metadata_get(const oc_metadata *m, const char *key);
bool oc_metadata_copy(oc_metadata *to, const oc_metadata *from); /* on failure `to` is released */
/* In order of key, so that the output depends only on the content. */
void oc_metadata_sort(oc_metadata *m);
void oc_metadata_release(oc_metadata *m);

#endif
