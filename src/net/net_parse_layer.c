/* net_parse_layer.c: reads one layer of a net text. What it may hold is in its descriptor; `ocellus help net`
 * prints it. */
#include "net/net_parse.h"
#include "base/similar.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- names --------------------------------------------------------------------------------------------- */

const oc_layer_kind *oc_net_named_kind(const oc_net_parser *p, bool activations) {
  const oc_layer_kind *kind;
  for (int i = 0; (kind = oc_layer_kind_at(p->registry, i)); i++)
    if (oc_net_word_is(p, kind->name) && (!activations || kind->activate || kind->activates)) return kind;
  return NULL;
}

oc_status oc_net_fail_unknown(oc_net_parser *p) {
  char hint[256] = "Use one of";
  size_t least = 3; /* the distance at which a word is not meant */
  const oc_layer_kind *kind;
  for (int i = 0; (kind = oc_layer_kind_at(p->registry, i)); i++) {
    const char *name = kind->name;
    const size_t used = strlen(hint);
    snprintf(hint + used, sizeof hint - used, "%s %s", i ? "," : "", name);
  }
  for (int i = 0; (kind = oc_layer_kind_at(p->registry, i)); i++) {
    const size_t distance = oc_word_distance(p->text + p->word.at, p->word.length, kind->name);
    if (distance >= least) continue;
    least = distance;
    snprintf(hint, sizeof hint, "Did you mean %s?", kind->name);
  }
  return oc_net_fail(p->err, p->text, p->word.at, hint, "unknown layer '%.*s'",
                     (int)(p->word.length < 60 ? p->word.length : 60), p->text + p->word.at);
}

oc_status oc_net_fail_usage(const oc_net_parser *p, const oc_layer_kind *kind, const char *format, ...) {
  char usage[OC_LAYER_USAGE_MAX], message[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  return oc_net_fail(p->err, p->text, p->word.at, oc_layer_usage(kind, usage), "%s", message);
}

/* ---- after the name: sizes, numbers, options ----------------------------------------------------------- */

static oc_status parse_sizes(oc_net_parser *p, oc_layer *l) {
  const oc_layer_kind *kind = l->kind;
  int count;
  if (!kind->sizes.what) return OC_OK;
  if (p->word.kind != OC_WORD)
    return oc_net_fail_usage(p, kind, "%s needs %s here", kind->name, kind->sizes.what);
  if (kind->classes && oc_net_word_is(p, "CLASSES")) {
    l->size[0] = p->classes;
    return oc_net_next_word(p);
  }
  TRY(oc_word_read_sizes(p->text, p->word, &kind->sizes, l->size, &count, p->err));
  if (count == 1 && kind->square) l->size[1] = l->size[0];
  return oc_net_next_word(p);
}

static oc_status parse_numbers(oc_net_parser *p, oc_layer *l) {
  const oc_hyperparameter *h;
  char range[96];
  for (int i = 0; (h = oc_hyperparameter_row(l->kind->hyperparameters, i)); i++) {
    if (p->word.kind != OC_WORD)
      return h->required ? oc_net_fail_usage(p, l->kind, "%s needs its %s here", l->kind->name, h->name)
                         : OC_OK;
    TRY(oc_word_read_number(p->text, p->word, &l->value[i], p->err));
    if (!oc_hyperparameter_allows(h, l->value[i]))
      return oc_net_fail_usage(p, l->kind, "the %s of %s must be %s", h->name, l->kind->name,
                               oc_hyperparameter_range(h, range, sizeof range));
    TRY(oc_net_next_word(p));
  }
  return OC_OK;
}

/* Reads the number or pair after "stride", "dilation"; N means NxN. */
static oc_status parse_pair(oc_net_parser *p, const char *what, int64_t out[2]) {
  const oc_word_sizes rule = {what, 1, 2, {OC_NET_MAX_SIDE, OC_NET_MAX_SIDE}};
  int count;
  TRY(oc_net_next_word(p));
  TRY(oc_word_read_sizes(p->text, p->word, &rule, out, &count, p->err));
  if (count == 1) out[1] = out[0];
  return OC_OK;
}

static oc_status parse_one(oc_net_parser *p, const char *what, int64_t limit, int64_t *out) {
  const oc_word_sizes rule = {what, 1, 1, {limit}};
  int count;
  TRY(oc_net_next_word(p));
  return oc_word_read_sizes(p->text, p->word, &rule, out, &count, p->err);
}

typedef struct option_word {
  const char *word;
  unsigned option; /* the layer must take one of these */
  unsigned once;   /* of the words with one of these bits only one may be there */
} option_word;

static const option_word option_words[] = {
    {"stride", OC_OPTION_STRIDE, OC_OPTION_STRIDE}, {"dilation", OC_OPTION_DILATION, OC_OPTION_DILATION},
    {"above", OC_OPTION_ABOVE, OC_OPTION_ABOVE},    {"bn", OC_OPTION_BN, OC_OPTION_BN},
    {"groups", OC_OPTION_GROUPS, OC_OPTION_GROUPS}, {"nobias", OC_OPTION_NOBIAS, OC_OPTION_NOBIAS},
    {"same", OC_OPTION_SAME, OC_OPTION_SAME},       {"valid", OC_OPTION_SAME, OC_OPTION_SAME},
    {"full", OC_OPTION_FULL, OC_OPTION_SAME},       {"pad", OC_OPTION_FULL, OC_OPTION_SAME},
};

/* Returns the option of this layer that the word names. 0: none; *once as in option_word. */
static unsigned option_of(const oc_net_parser *p, const oc_layer_kind *kind, unsigned *once) {
  for (size_t i = 0; i < sizeof option_words / sizeof *option_words; i++)
    if (oc_net_word_is(p, option_words[i].word) && (option_words[i].option & kind->options)) {
      *once = option_words[i].once;
      return option_words[i].option;
    }
  unsigned option = oc_net_named_kind(p, true) ? OC_OPTION_ACT : 0;
  for (int i = 0; oc_init_row_at(i); i++)
    if (oc_net_word_is(p, oc_init_row_at(i)->name)) option = OC_OPTION_INIT;
  *once = option;
  return option & kind->options;
}

static oc_status parse_padding(oc_net_parser *p, oc_layer *l) {
  if (oc_net_word_is(p, "pad")) {
    l->padding = OC_PAD_EXPLICIT;
    return parse_one(p, "pad N", OC_NET_MAX_SIDE, &l->pad);
  }
  l->padding = oc_net_word_is(p, "same")   ? OC_PAD_SAME
               : oc_net_word_is(p, "full") ? OC_PAD_FULL
                                           : OC_PAD_VALID;
  return OC_OK;
}

static oc_status parse_option(oc_net_parser *p, oc_layer *l, unsigned option) {
  switch (option) {
  case OC_OPTION_STRIDE:
    return parse_pair(p, "stride N or NxM", l->stride);
  case OC_OPTION_DILATION:
    return parse_pair(p, "dilation N or NxM", l->dilation);
  case OC_OPTION_GROUPS:
    return parse_one(p, "groups N", OC_NET_MAX_CHANNELS, &l->groups);
  case OC_OPTION_NOBIAS:
    l->nobias = true;
    return OC_OK;
  case OC_OPTION_BN:
    l->bn = true;
    return OC_OK;
  case OC_OPTION_ABOVE:
    return parse_one(p, "above N", OC_NET_MAX_SIDE, &l->above);
  case OC_OPTION_SAME:
  case OC_OPTION_FULL:
    return parse_padding(p, l);
  case OC_OPTION_ACT:
    l->act = oc_net_named_kind(p, true);
    return OC_OK;
  default:
    for (int i = 0; oc_init_row_at(i); i++)
      if (oc_net_word_is(p, oc_init_row_at(i)->name)) l->init = oc_init_row_at(i)->kind;
    return OC_OK;
  }
}

static oc_status parse_options(oc_net_parser *p, oc_layer *l) {
  unsigned seen = 0, once = 0;
  while (p->word.kind == OC_WORD) {
    const unsigned option = option_of(p, l->kind, &once);
    if (!option)
      return oc_net_fail_usage(p, l->kind, "%s does not take '%.*s'", l->kind->name,
                               (int)(p->word.length < 60 ? p->word.length : 60), p->text + p->word.at);
    if (seen & once)
      return oc_net_fail_usage(p, l->kind, "duplicate or conflicting option '%.*s'", (int)p->word.length,
                               p->text + p->word.at);
    seen |= once;
    TRY(parse_option(p, l, option));
    TRY(oc_net_next_word(p));
  }
  return OC_OK;
}

oc_status oc_net_parse_words(oc_net_parser *p, oc_layer *l) {
  TRY(parse_sizes(p, l));
  TRY(parse_numbers(p, l));
  return parse_options(p, l);
}
