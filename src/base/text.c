/* text.c: builds a growing string. The capacity doubles, so n additions cost O(n) copies. */
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

/* Bytes of the character that begins here, 0 if none does. */
static int character_size(const unsigned char *p) {
  const int size = p[0] < 0x80   ? 1
                   : p[0] < 0xC2 ? 0
                   : p[0] < 0xE0 ? 2
                   : p[0] < 0xF0 ? 3
                   : p[0] < 0xF5 ? 4
                                 : 0;
  for (int i = 1; i < size; i++)
    if ((p[i] & 0xC0) != 0x80) return 0;
  if (p[0] == 0xE0 && p[1] < 0xA0) return 0; /* two bytes would do */
  if (p[0] == 0xED && p[1] > 0x9F) return 0; /* a surrogate */
  if (p[0] == 0xF0 && p[1] < 0x90) return 0; /* three would do */
  if (p[0] == 0xF4 && p[1] > 0x8F) return 0; /* beyond U+10FFFF */
  return size;
}

bool oc_text_is_utf8(const char *text) {
  for (const unsigned char *p = (const unsigned char *)text; *p;) {
    const int size = character_size(p);
    if (size == 0) return false;
    p += size;
  }
  return true;
}
