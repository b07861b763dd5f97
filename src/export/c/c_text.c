/* c_text.c: see c_text.h. */
#include "export/c/c_text.h"
#include "base/memory.h"
#include "base/number.h"
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

oc_c_text oc_c_text_begin(const char *prefix) {
  oc_c_text t = {.prefix = prefix};
  for (size_t i = 0; prefix[i] && i < OC_C_PREFIX_MAX; i++) {
    const bool small = prefix[i] >= 'a' && prefix[i] <= 'z';
    t.capitals[i] = (char)(small ? prefix[i] - 'a' + 'A' : prefix[i]);
  }
  return t;
}

/* Adds `size` bytes with the prefixes put in. */
static void add_prefixed(oc_c_text *t, const char *from, size_t size) {
  for (size_t begin = 0, i = 0; i <= size; i++) {
    if (i < size && from[i] != '@' && from[i] != '$') continue;
    oc_text_add_bytes(&t->text, from + begin, i - begin);
    if (i < size) oc_text_add(&t->text, "%s", from[i] == '@' ? t->prefix : t->capitals);
    begin = i + 1;
  }
}

void oc_c_put(oc_c_text *t, const char *format, ...) {
  char few[512];
  va_list list, again;
  va_start(list, format);
  va_copy(again, list);
  const int length = vsnprintf(few, sizeof few, format, list);
  if (length >= 0 && (size_t)length < sizeof few) {
    add_prefixed(t, few, (size_t)length);
  } else {
    char *many = oc_memory_alloc((size_t)length + 1);
    if (many) {
      (void)vsnprintf(many, (size_t)length + 1, format, again);
      add_prefixed(t, many, (size_t)length);
    } else {
      oc_text_release(&t->text);
      t->text.failed = true;
    }
    oc_memory_free(many);
  }
  va_end(again);
  va_end(list);
}

void oc_c_put_template(oc_c_text *t, const char *text) {
  add_prefixed(t, text, strlen(text));
}

/* ---- texts of a model ---------------------------------------------------------------------------------- */

static bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c && strchr(" !#&'()+,-.:;<=>[]^_{|}~", c));
}

void oc_c_put_string(oc_c_text *t, const char *text) {
  oc_text_add(&t->text, "\"");
  for (const char *p = text; *p; p++)
    oc_text_add(&t->text, is_plain(*p) ? "%c" : "\\%03o", (unsigned char)*p);
  oc_text_add(&t->text, "\"");
}

void oc_c_put_words(oc_c_text *t, const char *text) {
  for (const char *p = text; *p; p++)
    oc_text_add(&t->text, "%c", is_plain(*p) || (*p == '/' && p > text && p[-1] != '*') ? *p : '_');
}

/* ---- numbers ------------------------------------------------------------------------------------------- */

void oc_c_put_float(oc_c_text *t, float value) {
  char text[OC_NUMBER_TEXT];
  if (isinf(value)) value = value < 0 ? -FLT_MAX : FLT_MAX;
  oc_number_text_f32(value, text, sizeof text);
  oc_text_add(&t->text, "%s%sf", text, text[strcspn(text, ".e")] ? "" : ".0");
}

void oc_c_put_floats(oc_c_text *t, const char *name, const float *values, int64_t count) {
  enum { ROW = 8 };
  oc_c_put(t, "static const float %s[%lld] = {", name, (long long)count);
  for (int64_t i = 0; i < count; i++) {
    oc_text_add(&t->text, "%s", i % ROW ? " " : "\n  ");
    oc_c_put_float(t, values[i]);
    oc_text_add(&t->text, ",");
  }
  oc_c_put(t, "\n};\n");
}
