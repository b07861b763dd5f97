/* transforms.c: lists the transforms. */
#include "data/augment/transform.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define OC_ROW(name) &oc_transform_##name,
static const oc_transform *const transforms[] = {
#include "data/augment/transforms.def"
};
#undef OC_ROW
enum { TRANSFORMS = sizeof transforms / sizeof *transforms };

const oc_transform *oc_transform_at(int index) {
  return index >= 0 && index < TRANSFORMS ? transforms[index] : NULL;
}

const oc_transform *oc_transform_find(const char *text, size_t size) {
  for (int i = 0; i < TRANSFORMS; i++)
    if (strlen(transforms[i]->name) == size && memcmp(transforms[i]->name, text, size) == 0)
      return transforms[i];
  return NULL;
}

static const oc_transform *find_name(const char *name) {
  return name ? oc_transform_find(name, strlen(name)) : NULL;
}

const char *oc_transform_name(int index) {
  const oc_transform *t = oc_transform_at(index);
  return t ? t->name : NULL;
}

const char *oc_transform_summary(const char *name) {
  const oc_transform *t = find_name(name);
  return t ? t->summary : NULL;
}

const oc_hyperparameter *oc_transform_hyperparameter_at(const char *name, int index) {
  const oc_transform *t = find_name(name);
  return t ? oc_hyperparameter_row(t->hyperparameters, index) : NULL;
}

const char *oc_transform_word(const char *name, int index) {
  const oc_transform *t = find_name(name);
  return t && index >= 0 && index < OC_WORDS_MAX ? t->words[index] : NULL;
}

bool oc_transform_moves(const oc_transform *t) {
  return t->map || t->pick || t->moves;
}

/* "|edge|reflect": after the name of the first number, or instead of it. */
static void add_words(const oc_transform *t, char *text, size_t size) {
  for (int i = 0; i < OC_WORDS_MAX && t->words[i]; i++) {
    const size_t used = strlen(text);
    snprintf(text + used, size - used, "%c%s", i == 0 && !t->hyperparameters[0].name ? ' ' : '|',
             t->words[i]);
  }
}

static void add_number(const oc_transform *t, int index, char *text, size_t size) {
  const oc_hyperparameter *h = &t->hyperparameters[index];
  const size_t used = strlen(text);
  snprintf(text + used, size - used, h->required ? " %s" : " [%s", h->name);
  for (char *c = text + used; *c; c++) *c = (char)toupper((unsigned char)*c);
  if (index == 0) add_words(t, text, size);
  if (!h->required) snprintf(text + strlen(text), size - strlen(text), "]");
}

/* "rotate DEGREES", "erase [PROBABILITY]", "border background|edge|reflect". */
char *oc_transform_usage(const char *name, char *text, size_t size) {
  const oc_transform *t = find_name(name);
  if (!text || size == 0) return text;
  snprintf(text, size, "%s", t ? t->name : "");
  if (t && !t->hyperparameters[0].name) add_words(t, text, size);
  for (int i = 0; t && oc_hyperparameter_row(t->hyperparameters, i); i++) add_number(t, i, text, size);
  return text;
}
