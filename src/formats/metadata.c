/* metadata.c: texts by key. Lists are short (a dozen entries), so a search from the start is all it takes. */
#include "formats/metadata.h"
#include "base/memory.h"
#include <string.h>

static oc_metadata_entry *find(const oc_metadata *m, const char *key) {
  for (int i = 0; i < m->count; i++)
    if (strcmp(m->entries[i].key, key) == 0) return &m->entries[i];
  return NULL;
}

static void remove_entry(oc_metadata *m, oc_metadata_entry *e) {
  oc_memory_free(e->key);
  oc_memory_free(e->value);
  memmove(e, e + 1, (size_t)(m->entries + m->count - (e + 1)) * sizeof *e);
  m->count--;
}

static bool reserve(oc_metadata *m) {
  if (m->count < m->capacity) return true;
  int capacity = m->capacity ? 2 * m->capacity : 16;
  void *grown = oc_memory_grow(m->entries, (size_t)m->capacity * sizeof *m->entries,
                               (size_t)capacity * sizeof *m->entries);
  if (!grown) return false;
  m->entries = grown;
  m->capacity = capacity;
  return true;
}

static bool append(oc_metadata *m, const char *key, char *value) {
  char *copy = oc_memory_string(key);
  if (!copy || !reserve(m)) {
    oc_memory_free(copy);
    return false;
  }
  m->entries[m->count++] = (oc_metadata_entry){copy, value};
  return true;
}

bool oc_metadata_set(oc_metadata *m, const char *key, const char *value) {
  oc_metadata_entry *old = find(m, key);
  if (!value) {
    if (old) remove_entry(m, old);
    return true;
  }
  char *copy = oc_memory_string(value);
  if (!copy) return false;
  if (old) {
    oc_memory_free(old->value);
    old->value = copy;
    return true;
  }
  if (append(m, key, copy)) return true;
  oc_memory_free(copy);
  return false;
}

const char *oc_metadata_get(const oc_metadata *m, const char *key) {
  const oc_metadata_entry *e = find(m, key);
  return e ? e->value : NULL;
}

bool oc_metadata_copy(oc_metadata *to, const oc_metadata *from) {
  for (int i = 0; i < from->count; i++)
    if (!oc_metadata_set(to, from->entries[i].key, from->entries[i].value)) {
      oc_metadata_release(to);
      return false;
    }
  return true;
}

void oc_metadata_release(oc_metadata *m) {
  for (int i = 0; i < m->count; i++) {
    oc_memory_free(m->entries[i].key);
    oc_memory_free(m->entries[i].value);
  }
  oc_memory_free(m->entries);
  *m = (oc_metadata){0};
}
