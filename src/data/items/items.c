/* items.c: keeps a list of images and the names of their classes. */
#include "data/items/items.h"
#include "data/decode/image.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES_MAX = 65536 };

void oc_items_release(oc_items *items) {
  oc_container_close(&items->container);
  oc_memory_free(items->list);
  oc_memory_free(items->classes);
  oc_arena_free(&items->text);
  *items = (oc_items){0};
}

oc_status oc_items_locate(oc_items *items, const char *where, oc_error *err) {
  items->where = oc_arena_string(&items->text, where);
  return items->where ? OC_OK : oc_fail_memory(err, strlen(where) + 1);
}

void oc_items_note(oc_items *items, const char *format, ...) {
  char text[256];
  const size_t used = strlen(items->note), room = sizeof items->note;
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (used + strlen(text) + 3 < room)
    (void)snprintf(items->note + used, room - used, "%s%s", used ? "; " : "", text);
}

oc_status oc_items_add(oc_items *items, const oc_entry *entry, int32_t label, oc_split_part part,
                       oc_error *err) {
  if (!oc_memory_reserve(&items->list, items->count, &items->capacity, sizeof *items->list))
    return oc_fail_memory(err, 2 * (size_t)items->capacity * sizeof *items->list);
  const char *path = oc_arena_string(&items->text, entry->path);
  if (!path) return oc_fail_memory(err, strlen(entry->path) + 1);
  items->list[items->count++] = (oc_item){.path = path,
                                          .bytes = entry->bytes,
                                          .modified = entry->modified,
                                          .position = entry->position,
                                          .label = label,
                                          .part = (uint8_t)part};
  return OC_OK;
}

oc_entry oc_item_entry(const oc_item *item) {
  return (oc_entry){
      .path = item->path, .bytes = item->bytes, .modified = item->modified, .position = item->position};
}

oc_status oc_item_read(const oc_items *items, int64_t index, char where[256], unsigned char **bytes,
                       size_t *size, oc_error *err) {
  const oc_container *c = &items->container;
  const oc_entry entry = oc_item_entry(&items->list[index]);
  *bytes = NULL;
  *size = 0;
  oc_container_where(c->path, entry.path, where);
  return c->kind->read(c->self, &entry, OC_IMAGE_MAX_FILE, bytes, size, err);
}

static int compare_items(const void *a, const void *b) {
  const oc_item *x = a, *y = b;
  if (x->part != y->part) return x->part < y->part ? -1 : 1;
  if (x->label != y->label) return x->label < y->label ? -1 : 1;
  return strcmp(x->path, y->path);
}

void oc_items_sort(oc_items *items) {
  if (items->count) qsort(items->list, (size_t)items->count, sizeof *items->list, compare_items);
}

/* ---- names --------------------------------------------------------------------------------------------- */

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* Numbers without their leading zeros: the longer one is larger. */
static int compare_numbers(const char **a, const char **b) {
  while (**a == '0' && is_digit((*a)[1])) ++*a;
  while (**b == '0' && is_digit((*b)[1])) ++*b;
  size_t n = 0, m = 0;
  while (is_digit((*a)[n])) n++;
  while (is_digit((*b)[m])) m++;
  const int result = n != m ? (n < m ? -1 : 1) : strncmp(*a, *b, n);
  *a += n;
  *b += m;
  return result;
}

int oc_natural_compare(const char *a, const char *b) {
  const char *x = a, *y = b;
  while (*x && *y) {
    if (is_digit(*x) && is_digit(*y)) {
      const int result = compare_numbers(&x, &y);
      if (result) return result;
    } else if (*x != *y) {
      return (unsigned char)*x < (unsigned char)*y ? -1 : 1;
    } else {
      x++, y++;
    }
  }
  return *x || *y ? (*x ? 1 : -1) : strcmp(a, b);
}

/* The escaped form of a name is UTF-8 and has no control characters. */
static const char *fit_for_model(oc_items *items, const char *name) {
  const size_t room = strlen(name) * (OC_ESCAPE_ROOM - 1) + 1;
  char *escaped = oc_memory_alloc(room);
  const char *kept = escaped ? oc_arena_string(&items->text, oc_escape(name, escaped, room)) : NULL;
  oc_memory_free(escaped);
  return kept;
}

oc_status oc_items_name_classes(oc_items *items, const char *const *names, int count, oc_error *err) {
  if (count > CLASSES_MAX)
    return oc_fail(err, OC_E_DATA, items->where, "", "has %d classes; the limit is %d", count, CLASSES_MAX);
  items->classes = oc_memory_array((size_t)count + 1, sizeof *items->classes);
  if (!items->classes) return oc_fail_memory(err, (size_t)count * sizeof *items->classes);
  for (int i = 0; i < count; i++)
    if (!(items->classes[i] = fit_for_model(items, names[i]))) return oc_fail_memory(err, strlen(names[i]));
  items->class_count = count;
  return OC_OK;
}
