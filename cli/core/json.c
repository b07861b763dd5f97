/* json.c: see json.h. */
#include "core/json.h"
#include "ocellus/number.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static json_malloc_t ask; /* the library's, which watches for itself */
static bool refused, reading;

static void *watched(size_t bytes) {
  void *memory = ask(bytes);
  refused |= memory == NULL;
  if (memory || !reading) return memory;
  fputs("ocellus: error: out of memory\n", stderr);
  _exit(oc_status_exit_code(OC_E_MEMORY));
}

void cli_json_watch(void) {
  json_free_t give_back;
  json_get_alloc_funcs(&ask, &give_back);
  json_set_alloc_funcs(watched, give_back);
}

json_t *cli_json_parse(const char *text, size_t size, json_error_t *problem) {
  reading = true;
  json_t *read = json_loadb(text, size, JSON_REJECT_DUPLICATES, problem);
  reading = false;
  return read;
}

json_t *cli_json_real(double value) {
  return isfinite(value) ? json_real(value) : json_null();
}

json_t *cli_json_text(const char *text) {
  json_t *json = json_string(text);
  if (json) return json;
  char *ascii = strdup(text);
  if (!ascii) return NULL;
  for (char *c = ascii; *c; c++)
    if ((unsigned char)*c >= 0x80) *c = '?';
  json = json_string(ascii);
  free(ascii);
  return json;
}

static char *line_with(json_t *object, size_t flags) {
  char *text = object ? json_dumps(object, flags | JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
  json_decref(object);
  const bool whole = !refused;
  refused = false;
  if (whole) return oc_json_shorten(text);
  free(text);
  return NULL;
}

char *cli_json_line(json_t *object) {
  return line_with(object, 0);
}

oc_status cli_json_print_with(json_t *object, size_t flags, oc_error *err) {
  char *text = line_with(object, flags);
  if (!text) return cli_fail_memory(err);
  for (const char *c = text; *c; c++) /* DEL is ASCII, but nothing for a terminal */
    if (*c == 127)
      fputs("\\u007f", stdout);
    else
      putchar(*c);
  putchar('\n');
  free(text);
  return cli_flush_output(err);
}

oc_status cli_json_print(json_t *object, oc_error *err) {
  return cli_json_print_with(object, 0, err);
}
