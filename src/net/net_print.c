/* net_print.c: prints layers as text, in the canonical form: defaults are left out, one space between
 * words. */
#include "base/memory.h"
#include "base/number.h"
#include "net/net.h"
#include <stdio.h>
#include <string.h>

/* The shortest decimal fraction of at most 15 places that reads back as `value`; where none does, the
 * shortest number. */
static void print_number(double value, oc_text *out) {
  char digits[40];
  double back = -1;
  for (int decimals = 0; decimals <= 15; decimals++) {
    snprintf(digits, sizeof digits, "%.*f", decimals, value);
    for (char *c = digits; *c; c++)
      if (*c < '0' || *c > '9') *c = '.'; /* a locale's decimal point */
    const oc_word word = {OC_WORD, 0, strlen(digits)};
    if (oc_word_read_number(digits, word, &back, NULL) == OC_OK && back == value) break;
  }
  if (back != value) {
    oc_number_text(value, digits, sizeof digits);
  } else if (strchr(digits, '.')) { /* after all 15 places there may be zeros at the end */
    size_t n = strlen(digits);
    while (digits[n - 1] == '0') digits[--n] = 0;
    if (digits[n - 1] == '.') digits[n - 1] = 0;
  }
  oc_text_add(out, " %s", digits);
}

static void print_sizes(const oc_layer *l, oc_text *out) {
  const oc_word_sizes *rule = &l->kind->sizes;
  if (!rule->what) return;
  const bool once = l->kind->square && l->size[0] == l->size[1];
  oc_text_add(out, " %lld", (long long)l->size[0]);
  for (int i = 1; i < rule->high && !once; i++) oc_text_add(out, "x%lld", (long long)l->size[i]);
}

static void print_numbers(const oc_layer *l, oc_text *out) {
  int used = 0;
  const oc_hyperparameter *h;
  for (int i = 0; (h = oc_hyperparameter_row(l->kind->hyperparameters, i)); i++)
    if (h->required || l->value[i] != h->fallback) used = i + 1;
  for (int i = 0; i < used; i++) print_number(l->value[i], out);
}

static void print_pair(const char *word, const int64_t pair[2], const int64_t usual[2], oc_text *out) {
  if (pair[0] == usual[0] && pair[1] == usual[1]) return;
  oc_text_add(out, " %s %lld", word, (long long)pair[0]);
  if (pair[0] != pair[1]) oc_text_add(out, "x%lld", (long long)pair[1]);
}

static void print_padding(const oc_layer *l, oc_text *out) {
  if (l->padding == OC_PAD_SAME) oc_text_add(out, " same");
  if (l->padding == OC_PAD_FULL) oc_text_add(out, " full");
  if (l->padding == OC_PAD_EXPLICIT) oc_text_add(out, " pad %lld", (long long)l->pad);
}

static void print_layer(const oc_layer *l, oc_text *out) {
  static const int64_t one[2] = {1, 1}, none[2] = {0, 0};
  oc_text_add(out, "%s", l->kind->name);
  print_sizes(l, out);
  print_numbers(l, out);
  if (l->bn) oc_text_add(out, " bn");
  if (l->act) oc_text_add(out, " %s", l->act->name);
  const bool as_size = l->kind->square && l->stride[0] == l->size[0] && l->stride[1] == l->size[1];
  print_pair("stride", l->stride, l->kind->square ? (as_size ? l->size : none) : one, out);
  if (l->above) oc_text_add(out, " above %lld", (long long)l->above);
  print_padding(l, out);
  print_pair("dilation", l->dilation, one, out);
  if (l->groups != 1) oc_text_add(out, " groups %lld", (long long)l->groups);
  if (l->nobias && !l->bn) oc_text_add(out, " nobias");
  for (int i = 1; oc_init_row_at(i); i++)
    if (oc_init_row_at(i)->kind == l->init) oc_text_add(out, " %s", oc_init_row_at(i)->name);
}

static void print_start(const oc_layer *l, oc_text *out) {
  if (l->part == OC_PART_LAYER)
    print_layer(l, out);
  else if (l->kind->branches)
    oc_text_add(out, "{");
  else
    oc_text_add(out, "%s {", l->kind->name);
}

static void print_end(const oc_layer *l, oc_text *out) {
  oc_text_add(out, " }");
  if (l->kind->branches) oc_text_add(out, " %s", l->kind->name);
  if (l->project) oc_text_add(out, " project");
}

void oc_net_print(const oc_net *net, int first, int last, oc_text *out) {
  const char *before = "";
  for (int i = first; i <= last; i++) {
    const oc_layer *l = &net->layers[i];
    if (l->part == OC_PART_NEXT) {
      oc_text_add(out, " ;");
    } else if (l->part == OC_PART_CLOSES) {
      print_end(l, out);
    } else {
      oc_text_add(out, "%s", before);
      print_start(l, out);
    }
    before = l->part == OC_PART_LAYER || l->part == OC_PART_CLOSES ? " | " : " ";
  }
}
