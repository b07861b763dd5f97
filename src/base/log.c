/* log.c: writes debug output by topic. The only file of the library that reads the environment or writes to
 * stderr. */
#include "base/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool oc_log_enabled(const char *topic) {
  const char *topics = oc_env_trace();
  while (topics && *topics) {
    const size_t length = strcspn(topics, ",");
    if (length == 3 && strncmp(topics, "all", 3) == 0) return true;
    if (length == strlen(topic) && strncmp(topics, topic, length) == 0) return true;
    topics += length + (topics[length] == ',');
  }
  return false;
}

void oc_log_line(const char *line) {
  fprintf(stderr, "ocellus,%s\n", line); /* one call, so that lines of threads do not mix */
}

const char *oc_env_cpu(void) {
  return getenv("OCELLUS_CPU");
}

const char *oc_env_data_home(void) {
  return getenv("XDG_DATA_HOME");
}

const char *oc_env_home(void) {
  return getenv("HOME");
}

const char *oc_env_trace(void) {
  return getenv("OCELLUS_TRACE");
}

const char *oc_env_refuse(void) {
  const char *words = getenv("OCELLUS_REFUSE");
  return words ? words : "";
}

bool oc_env_refuses(const char *name) {
  const char *words = oc_env_refuse();
  while (*words) {
    const size_t length = strcspn(words, ",");
    char word[64];
    snprintf(word, sizeof word, "%.*s", length < sizeof word ? (int)length : (int)sizeof word - 1, words);
    if (word[0] && strstr(name, word)) return true;
    words += length + (words[length] == ',');
  }
  return false;
}
