/* trace.c: debug output by topic. The only file of the library that reads the environment or writes to
 * stderr. */
#include "base/trace.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool oc_trace_on(const char *topic) {
  const char *topics = getenv("OCELLUS_TRACE");
  while (topics && *topics) {
    const size_t length = strcspn(topics, ",");
    if (length == 3 && strncmp(topics, "all", 3) == 0) return true;
    if (length == strlen(topic) && strncmp(topics, topic, length) == 0) return true;
    topics += length + (topics[length] == ',');
  }
  return false;
}

void oc_trace(const char *topic, const char *format, ...) {
  if (!oc_trace_on(topic)) return;
  char line[1024];
  va_list list;
  va_start(list, format);
  vsnprintf(line, sizeof line, format, list);
  va_end(list);
  fprintf(stderr, "ocellus,%s,%s\n", topic, line); /* one call, so that lines of threads do not mix */
}

const char *oc_env_cpu(void) {
  return getenv("OCELLUS_CPU");
}
