/* parse.c: reads the text of an augmentation, "shift 2, rotate 10", and writes its canonical form. */
#include "base/memory.h"
#include "base/number.h"
#include "base/similar.h"
#include "base/text.h"
#include "data/augment/transform.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define WHERE "augment"

/* A part of the text. */
typedef struct word {
  const char *at;
  size_t size;
} word;

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The word at *at; of size 0 at a comma or at the end. */
static word next_word(const char **at) {
  while (is_space(**at)) (*at)++;
  word w = {*at, 0};
  while (w.at[w.size] && w.at[w.size] != ',' && !is_space(w.at[w.size])) w.size++;
  *at += w.size;
  return w;
}

static bool word_is(word w, const char *text) {
  return w.size == strlen(text) && memcmp(w.at, text, w.size) == 0;
}

/* How much of a word a message shows. */
static int shown(word w) {
  return w.size < 60 ? (int)w.size : 60;
}

/* ---- numbers ------------------------------------------------------------------------------------------- */

static size_t count_digits(const char *text) {
  return strspn(text, "0123456789");
}

/* True if the word is a number such as 2, 0.5, .5 or 1e-3. */
static bool is_number(word w) {
  const char *at = w.at + (*w.at == '-');
  const size_t whole = count_digits(at);
  at += whole;
  const size_t fraction = *at == '.' ? count_digits(at + 1) : 0;
  at += *at == '.' ? 1 + fraction : 0;
  if (whole + fraction > 0 && (*at == 'e' || *at == 'E')) {
    at += 1 + (at[1] == '-' || at[1] == '+');
    const size_t exponent = count_digits(at);
    if (exponent == 0) return false;
    at += exponent;
  }
  return whole + fraction > 0 && at == w.at + w.size && w.size < 64;
}

typedef struct usage_hint {
  char text[200];
} usage_hint;

static usage_hint hint_of(const oc_transform *t) {
  char usage[160];
  usage_hint hint;
  snprintf(hint.text, sizeof hint.text, "Write it as in `%s`.",
           oc_transform_usage(t->name, usage, sizeof usage));
  return hint;
}

static oc_status fail_usage(const oc_transform *t, word w, const char *problem, oc_error *err) {
  return oc_fail(err, OC_E_ARGUMENT, WHERE, hint_of(t).text, "%s %s '%.*s'", t->name, problem, shown(w),
                 w.at);
}

static oc_status read_value(const oc_transform *t, const oc_hyperparameter *h, word w, double *value,
                            oc_error *err) {
  char range[96];
  if (!is_number(w)) return fail_usage(t, w, "expects a number, got", err);
  *value = oc_number_read(w.at, w.size);
  if (oc_hyperparameter_allows(h, *value)) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, WHERE, hint_of(t).text, "the %s of %s must be %s, got %.*s", h->name,
                 t->name, oc_hyperparameter_range(h, range, sizeof range), shown(w), w.at);
}

/* The number that a word is for a transform; 0: it is none of its words. */
static double word_value(const oc_transform *t, word w) {
  for (int i = 0; i < OC_WORDS_MAX && t->words[i]; i++)
    if (word_is(w, t->words[i])) return -1 - i;
  return 0;
}

static oc_status fail_missing(const oc_transform *t, const char *what, oc_error *err) {
  return oc_fail(err, OC_E_ARGUMENT, WHERE, hint_of(t).text, "%s needs its %s", t->name, what);
}

static oc_status read_values(oc_step *step, const char **at, oc_error *err) {
  const oc_transform *t = step->transform;
  const oc_hyperparameter *h;
  word w = next_word(at);
  const double named = word_value(t, w);
  if (named < 0)
    w = next_word(at);
  else if (t->words[0] && !t->hyperparameters[0].name && w.size == 0)
    return fail_missing(t, "word", err);
  step->values[0] = named;
  for (int i = named < 0; (h = oc_hyperparameter_row(t->hyperparameters, i)); i++) {
    step->values[i] = h->fallback;
    if (w.size == 0 && h->required) return fail_missing(t, h->name, err);
    if (w.size == 0) continue;
    TRY(read_value(t, h, w, &step->values[i], err));
    w = next_word(at);
  }
  return w.size == 0 ? OC_OK : fail_usage(t, w, "does not take", err);
}

/* ---- transforms ---------------------------------------------------------------------------------------- */

/* *best becomes a name at a distance of less than *least, which becomes the distance. */
static void nearest(word w, const char *(*name_at)(int index), const char **best, size_t *least) {
  const char *name;
  for (int i = 0; (name = name_at(i)); i++) {
    const size_t distance = oc_word_distance(w.at, w.size, name);
    if (distance >= *least || distance >= w.size) continue;
    *least = distance;
    *best = name;
  }
}

static oc_status fail_unknown(word w, oc_error *err) {
  char hint[256] = "See the transforms with `ocellus help augment`.";
  const char *best = NULL;
  size_t least = 3;
  nearest(w, oc_transform_name, &best, &least);
  nearest(w, oc_augmentation_preset_name, &best, &least);
  if (best)
    snprintf(hint, sizeof hint, "Did you mean %s? See the transforms with `ocellus help augment`.", best);
  return oc_fail(err, OC_E_ARGUMENT, WHERE, hint, "unknown transform '%.*s'", shown(w), w.at);
}

static oc_status read_transform(oc_augmentation *a, word name, const char **at, oc_error *err) {
  const oc_transform *t = oc_transform_find(name.at, name.size);
  if (!t) return fail_unknown(name, err);
  if (a->count == OC_TRANSFORMS_MAX)
    return oc_fail(err, OC_E_ARGUMENT, WHERE, "", "too many transforms: the limit is %d", OC_TRANSFORMS_MAX);
  if (a->mixes && !t->mix)
    return oc_fail(err, OC_E_ARGUMENT, WHERE, "Write it before them.",
                   "%s must not follow mixup or cutmix, which mix finished images", t->name);
  a->mixes += t->mix != NULL;
  a->steps[a->count].transform = t;
  return read_values(&a->steps[a->count++], at, err);
}

/* The text of the preset of this name; NULL: there is none. */
static const char *preset_text(word name) {
  const char *preset;
  for (int i = 0; (preset = oc_augmentation_preset_name(i)); i++)
    if (word_is(name, preset)) return oc_augmentation_preset_text(preset);
  return NULL;
}

/* A preset has transforms alone. */
static oc_status read_preset(oc_augmentation *a, const char *text, const char **at, oc_error *err) {
  const word after = next_word(at);
  if (after.size > 0)
    return oc_fail(err, OC_E_ARGUMENT, WHERE, "Write its name alone, or its transforms.",
                   "a preset does not take '%.*s'", shown(after), after.at);
  for (;; text++) {
    TRY(read_transform(a, next_word(&text), &text, err));
    if (!*text) return OC_OK;
  }
}

static oc_status read_step(oc_augmentation *a, const char **at, oc_error *err) {
  const word name = next_word(at);
  if (name.size == 0)
    return oc_fail(err, OC_E_ARGUMENT, WHERE,
                   "Write transforms as in `shift 2, rotate 10`, or none for no augmentation.",
                   "expected a transform, got %s", **at ? "','" : "the end of the text");
  if (word_is(name, "none"))
    return oc_fail(err, OC_E_ARGUMENT, WHERE, "Remove it, or give it alone.",
                   "'none' must not be part of a list");
  const char *preset = preset_text(name);
  return preset ? read_preset(a, preset, at, err) : read_transform(a, name, at, err);
}

static oc_status read_steps(oc_augmentation *a, const char *at, oc_error *err) {
  const char *start = at;
  const word first = next_word(&start), rest = next_word(&start);
  if (word_is(first, "none") && rest.size == 0 && !*start) return OC_OK;
  for (;; at++) {
    TRY(read_step(a, &at, err));
    if (!*at) return OC_OK;
  }
}

static oc_status write_text(oc_augmentation *a, oc_error *err) {
  oc_text text = {0};
  char number[OC_NUMBER_TEXT];
  if (a->count == 0) oc_text_add(&text, "none");
  for (int i = 0; i < a->count; i++) {
    const oc_step *s = &a->steps[i];
    oc_text_add(&text, "%s%s", i ? ", " : "", s->transform->name);
    const bool named = s->values[0] < 0 && s->transform->words[0];
    if (named) oc_text_add(&text, " %s", s->transform->words[(int)(-1 - s->values[0])]);
    for (int k = named; oc_hyperparameter_row(s->transform->hyperparameters, k); k++)
      oc_text_add(&text, " %s", oc_number_text(s->values[k], number, sizeof number));
  }
  a->text = oc_text_take(&text);
  return a->text ? OC_OK : oc_fail_memory(err, 64);
}

/* Each border is one of a transform. */
static oc_status check_borders(oc_augmentation *a, oc_error *err) {
  bool waits = false; /* waits: for a transform that moves pixels */
  for (int i = 0; i < a->count; i++) {
    const bool moves = oc_transform_moves(a->steps[i].transform);
    const bool is_border = a->steps[i].transform == &oc_transform_border;
    a->moves = a->moves || moves;
    if (is_border && waits) break;
    waits = is_border || (waits && !moves);
  }
  if (!waits) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, WHERE, "Write it before transforms such as shift or rotate.",
                 "border has no effect: no transform after it moves pixels");
}

oc_status oc_augmentation_parse(oc_augmentation *a, const char *text, oc_error *err) {
  TRY(read_steps(a, text, err));
  TRY(check_borders(a, err));
  return write_text(a, err);
}
