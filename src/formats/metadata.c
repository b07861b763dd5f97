/* metadata.c: texts by key. Our own lists are short (a dozen entries), so a search from the start is all it
 * takes; a file may hold very many, which are added and copied without a search. */
#include "formats/metadata.h"
#include <stdlib.h>
#include <string.h>

static oc_metadata_entry *find_entry(const oc_metadata *m, const char *key) {
  for (int i = 0; i < m->count; i++)
    if (strcmp(m->entries[i].key, key) == 0) return &m->entries[i];
  return NULL;
}

bool oc_metadata_add(oc_metadata *m, const char *key, const char *value) {
  if (!oc_memory_reserve(&m->entries, m->count, &m->capacity, sizeof *m->entries)) return false;
  char *key_copy = oc_arena_string(&m->texts, key), *value_copy = oc_arena_string(&m->texts, value);
  if (!key_copy || !value_copy) return false;
  m->entries[m->count++] = (oc_metadata_entry){key_copy, value_copy};
  return true;
}

bool oc_metadata_set(oc_metadata *m, const char *key, const char *value) {
  oc_metadata_entry *old = find_entry(m, key);
  if (!old) return !value || oc_metadata_add(m, key, value);
  if (!value) {
    m->count--;
    memmove(old, old + 1, (size_t)(m->entries + m->count - old) * sizeof *old);
    return true;
  }
  if (strcmp(old->value, value) == 0) return true;
  char *copy = oc_arena_string(&m->texts, value);
  if (copy) old->value = copy;
  return copy != NULL;
}

const char *oc_metadata_get(const oc_metadata *m, const char *key) {
  const oc_metadata_entry *e = find_entry(m, key);
  return e ? e->value : NULL;
}

bool oc_metadata_copy(oc_metadata *to, const oc_metadata *from) {
  const bool fresh = to->count == 0;
  for (int i = 0; i < from->count; i++) {
    const oc_metadata_entry *e = &from->entries[i];
    if (!(fresh ? oc_metadata_add : oc_metadata_set)(to, e->key, e->value)) {
      oc_metadata_release(to);
      return false;
    }
  }
  return true;
}

static int by_key(const void *a, const void *b) {
  return strcmp(((const oc_metadata_entry *)a)->key, ((const oc_metadata_entry *)b)->key);
}

void oc_metadata_sort(oc_metadata *m) {
  if (m->count) qsort(m->entries, (size_t)m->count, sizeof *m->entries, by_key);
}

void oc_metadata_release(oc_metadata *m) {
  oc_memory_free(m->entries);
  oc_arena_free(&m->texts);
  *m = (oc_metadata){0};
}
