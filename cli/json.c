/* json.c: see json.h. */
#include "json.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

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

oc_status cli_json_print(json_t *object, oc_error *err) {
  char *text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
  json_decref(object);
  if (!text) return cli_fail_memory(err);
  puts(text);
  free(text);
  return cli_flush_output(err);
}
