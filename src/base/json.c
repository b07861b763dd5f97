/* json.c: JSON as text. */
#include "base/json.h"
#include "base/text.h"

static int add(const char *bytes, size_t size, void *text) {
  oc_text_add_bytes(text, bytes, size);
  return ((oc_text *)text)->failed ? -1 : 0;
}

char *oc_json_text(const json_t *value, size_t flags) {
  oc_text text = {0};
  if (value && json_dump_callback(value, add, &text, flags) == 0) return oc_text_take(&text);
  oc_text_release(&text);
  return NULL;
}
