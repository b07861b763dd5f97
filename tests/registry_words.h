/* registry_words.h: what a row of any list needs: a name, a line of help, sound hyperparameters, tests
 * that mention it. Include harness.h first. */
#ifndef TESTS_REGISTRY_WORDS_H
#define TESTS_REGISTRY_WORDS_H
#include "base/hyperparameter.h"
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Fails unless `text` is one line that help can print, without a period at its end. */
static inline void is_help(const char *list, const char *row, const char *text) {
  if (!text || !*text || strchr(text, '\n') || text[strlen(text) - 1] == '.')
    fail_msg("%s %s: help is one line without a full stop, got \"%s\"", list, row, text ? text : "(NULL)");
}

static inline void is_name(const char *list, const char *name) {
  if (!name || !islower((unsigned char)*name))
    fail_msg("%s: \"%s\" is no name", list, name ? name : "(NULL)");
  for (const char *c = name; *c; c++)
    if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && *c != '_')
      fail_msg("%s: a name has small letters, digits and _, not \"%s\"", list, name);
}

/* The text of all files of a folder of tests whose names have `part`; freed by the caller. */
static inline char *read_tests(const char *folder, const char *part) {
  const size_t room = 8u << 20;
  const char *source = getenv("OCELLUS_SOURCE");
  char *text = malloc(room), path[1024];
  size_t used = 0;
  if (!source) skip();
  assert_non_null(text);
  snprintf(path, sizeof path, "%s/tests/%s", source, folder);
  DIR *d = opendir(path);
  assert_non_null(d);
  for (struct dirent *e; (e = readdir(d));) {
    if (!strstr(e->d_name, part)) continue;
    snprintf(path, sizeof path, "%s/tests/%s/%s", source, folder, e->d_name);
    FILE *f = fopen(path, "rb");
    if (!f) continue;
    used += fread(text + used, 1, room - 1 - used, f);
    fclose(f);
  }
  closedir(d);
  text[used] = 0;
  return text;
}

static inline bool is_part_of_word(char c) {
  return isalnum((unsigned char)c) || c == '_';
}

/* True if the text has `name`, or a builder or a kernel of it ("oc_relu", "f32_relu_.."). */
static inline bool mentions(const char *text, const char *name) {
  const size_t n = strlen(name);
  for (const char *at = text; (at = strstr(at, name)); at++) {
    const bool starts = at == text || !is_part_of_word(at[-1]) ||
                        (at - text >= 3 && strncmp(at - 3, "oc_", 3) == 0) ||
                        (at - text >= 4 && strncmp(at - 4, "f32_", 4) == 0);
    if (starts && (!is_part_of_word(at[n]) || at[n] == '_')) return true;
  }
  return false;
}

static inline void check_hyperparameter(const char *owner, const oc_hyperparameter *h) {
  char range[64];
  is_name(owner, h->name);
  is_help(owner, h->name, h->help);
  if (!(h->low < h->high)) fail_msg("%s of %s: its range is empty", h->name, owner);
  if (!h->required && !oc_hyperparameter_allows(h, h->fallback))
    fail_msg("%s of %s: the default %g is not %s", h->name, owner, h->fallback,
             oc_hyperparameter_range(h, range, sizeof range));
}

#endif
