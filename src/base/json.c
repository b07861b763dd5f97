/* json.c: see json.h. jansson's allocator is the process's own: whatever it was when this library was loaded goes on being
 * asked, and only what it refuses is noted, for each thread. docs/decisions/0017-memory-of-jansson.md says why. */
#include "base/json.h"
#include "base/error.h"
#include "base/number.h"
#include "base/text.h"
#include <string.h>

static json_malloc_t ask;
static _Thread_local bool refused;

static void *watched(size_t bytes) {
  void *memory = ask(bytes);
  refused |= memory == NULL;
  return memory;
}

__attribute__((constructor)) static void watch(void) {
  json_free_t give_back;
  json_get_alloc_funcs(&ask, &give_back);
  json_set_alloc_funcs(watched, give_back);
}

/* Was memory refused since the last call? */
static bool ran_out(void) {
  const bool was = refused;
  refused = false;
  return was;
}

static int add(const char *bytes, size_t size, void *text) {
  oc_text_add_bytes(text, bytes, size);
  return ((oc_text *)text)->failed ? -1 : 0;
}

char *oc_json_text(const json_t *value, size_t flags) {
  oc_text text = {0};
  const bool whole = value && json_dump_callback(value, add, &text, flags) == 0;
  if (!ran_out() && whole) return oc_json_shorten(oc_text_take(&text));
  oc_text_release(&text);
  return NULL;
}

oc_status oc_json_parse(const char *text, size_t size, const char *where, const char *hint, json_t **out,
                        oc_error *err) {
  json_error_t why = {0};
  (void)ran_out();
  *out = json_loadb(text, size, JSON_REJECT_DUPLICATES, &why);
  if (ran_out()) {
    json_decref(*out);
    *out = NULL;
    return oc_fail_memory(err, size);
  }
  if (*out) return OC_OK;
  return oc_fail(err, OC_E_DATA, where, hint, "is not valid JSON: %s (byte %d)", why.text, why.position);
}
