/* text.c: a growing string. The capacity doubles, so n additions cost O(n) copies. */
#include "base/text.h"
#include "base/checked.h"
#include "base/memory.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void give_up(oc_text *t) {
  oc_memory_free(t->data);
  *t = (oc_text){.failed = true};
}

/* Room for `more` bytes and the closing 0. */
static bool reserve(oc_text *t, size_t more) {
  size_t needs;
  if (t->failed) return false;
  if (!oc_add_size(t->size, more, &needs) || !oc_add_size(needs, 1, &needs)) {
    give_up(t);
    return false;
  }
  if (needs <= t->capacity) return true;
  size_t capacity = t->capacity > SIZE_MAX / 2 ? SIZE_MAX : 2 * t->capacity;
  if (capacity < needs) capacity = needs < 64 ? 64 : needs;
  char *data = oc_memory_grow(t->data, t->size, capacity);
  if (!data) {
    give_up(t);
    return false;
  }
  t->data = data;
  t->capacity = capacity;
  return true;
}

void oc_text_add_bytes(oc_text *t, const void *bytes, size_t size) {
  if (!reserve(t, size)) return;
  if (size) memcpy(t->data + t->size, bytes, size);
  t->size += size;
  t->data[t->size] = 0;
}

void oc_text_add(oc_text *t, const char *format, ...) {
  if (!reserve(t, 0)) return;
  va_list list, again;
  va_start(list, format);
  va_copy(again, list);
  const int length = vsnprintf(t->data + t->size, t->capacity - t->size, format, list);
  if (length < 0) {
    give_up(t);
  } else if (reserve(t, (size_t)length)) {
    vsnprintf(t->data + t->size, t->capacity - t->size, format, again);
    t->size += (size_t)length;
  }
  va_end(again);
  va_end(list);
}

char *oc_text_take(oc_text *t) {
  char *data = reserve(t, 0) ? t->data : NULL;
  *t = (oc_text){.failed = false};
  return data;
}

void oc_text_release(oc_text *t) {
  oc_memory_free(t->data);
  *t = (oc_text){.failed = false};
}
