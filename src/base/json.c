/* json.c: see json.h. jansson's allocator belongs to the process: the one that was set when this library was
 * loaded stays in use, and only its failures are recorded, for each thread. See
 * docs/decisions/0017-memory-of-jansson.md. */
#include "base/json.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include <string.h>

enum { PIECE = 64, SLACK = 1 << 15 };

static json_malloc_t ask;
static json_free_t give_back;
static _Thread_local bool refused;
/* Of a text that is being read: what jansson gets once memory was refused, until it stops. */
static _Thread_local char *reserve, *reserve_at, *reserve_end;

static void *from_reserve(size_t bytes) {
  bytes = (bytes + 15) / 16 * 16;
  if (!reserve || bytes > (size_t)(reserve_end - reserve_at)) return NULL;
  reserve_at += bytes;
  return reserve_at - bytes;
}

static void *watched(size_t bytes) {
  void *memory = ask(bytes);
  if (memory) return memory;
  refused = true;
  return from_reserve(bytes);
}

static void released(void *memory) {
  if (!reserve || (char *)memory < reserve || (char *)memory >= reserve_end) give_back(memory);
}

__attribute__((constructor)) static void watch(void) {
  json_get_alloc_funcs(&ask, &give_back);
  json_set_alloc_funcs(watched, released);
}

/* Returns true if an allocation failed since the last call. */
static bool ran_out(void) {
  const bool was = refused;
  refused = false;
  return was;
}

static int append_json(const char *bytes, size_t size, void *text) {
  oc_text_add_bytes(text, bytes, size);
  return ((oc_text *)text)->failed ? -1 : 0;
}

char *oc_json_text(const json_t *value, size_t flags) {
  oc_text text = {0};
  const bool whole = value && json_dump_callback(value, append_json, &text, flags) == 0;
  if (!ran_out() && whole) return oc_json_shorten(oc_text_take(&text));
  oc_text_release(&text);
  return NULL;
}

typedef struct source {
  const char *at;
  size_t left;
} source;

/* A json_load_callback_t: the next few bytes, none once memory was refused. */
static size_t feed(void *buffer, size_t room, void *context) {
  source *from = context;
  size_t size = room < PIECE ? room : PIECE;
  if (size > from->left) size = from->left;
  if (refused) return 0;
  memcpy(buffer, from->at, size);
  from->at += size;
  from->left -= size;
  return size;
}

/* Without memory for a character, jansson 2.14 would continue with an incomplete text and fail an assertion.
 * So its further requests are served from a reserve: room for its buffer, which doubles, and for the few
 * values of the piece that it has already read. */
oc_status oc_json_parse(const char *text, size_t size, const char *where, const char *hint, json_t **out,
                        oc_error *err) {
  json_error_t why = {0};
  source from = {text, size};
  *out = NULL;
  reserve = reserve_at = oc_memory_alloc_uninitialized(4 * size + SLACK);
  if (!reserve) return oc_fail_memory(err, 4 * size + SLACK);
  reserve_end = reserve + 4 * size + SLACK;
  (void)ran_out();
  *out = json_load_callback(feed, &from, JSON_REJECT_DUPLICATES, &why);
  const bool starved = ran_out();
  if (starved) json_decref(*out);
  if (starved) *out = NULL;
  oc_memory_free(reserve);
  reserve = NULL;
  if (starved) return oc_fail_memory(err, size);
  if (*out) return OC_OK;
  return oc_fail(err, OC_E_DATA, where, hint, "invalid JSON: %s (byte %d)", why.text, why.position);
}
