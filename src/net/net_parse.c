/* net_parse.c: turns words into layers. What each layer may hold is in its descriptor; `ocellus help net`
 * prints it. */
#include "base/checked.h"
#include "base/options.h"
#include "base/memory.h"
#include "net/net.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

oc_net_options oc_net_defaults(void) {
  return (oc_net_options){.struct_size = sizeof(oc_net_options), .dropout = 0};
}

typedef struct parser {
  oc_net *net;
  const char *text;
  size_t at;    /* after `word` */
  oc_word word; /* the one to be looked at */
  int64_t classes;
  const oc_registry *registry; /* NULL: the built-in layers alone */
  double dropout;              /* -1: the rates in the text */
  int open[OC_NET_MAX_DEPTH];  /* residual blocks that are not closed yet: their entries */
  int depth;
  int layers;
  oc_error *err;
} parser;

static oc_status next_word(parser *p) {
  return oc_net_scan(p->text, &p->at, &p->word, p->err);
}
static bool word_is(const parser *p, const char *word) {
  return oc_word_is(p->text, p->word, word);
}

/* ---- names --------------------------------------------------------------------------------------------- */

static const oc_layer_kind *find_kind(const parser *p, bool activations) {
  const oc_layer_kind *kind;
  for (int i = 0; (kind = oc_layer_kind_at(p->registry, i)); i++)
    if (word_is(p, kind->name) && (!activations || kind->activate || kind->activates)) return kind;
  return NULL;
}

/* How many letters must be changed, added or left out to make a word of another (Levenshtein 1966). */
static size_t distance(const char *a, size_t n, const char *b) {
  size_t row[32];
  const size_t m = strlen(b);
  if (n > 30 || m > 30) return 99;
  for (size_t j = 0; j <= m; j++) row[j] = j;
  for (size_t i = 1; i <= n; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= m; j++) {
      const size_t change = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      const size_t gap = 1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]);
      row[j] = change < gap ? change : gap;
    }
  }
  return row[m];
}

static oc_status unknown_layer(parser *p) {
  char hint[256] = "Use one of";
  const oc_layer_kind *kind;
  for (int i = 0; (kind = oc_layer_kind_at(p->registry, i)); i++) {
    const char *name = kind->name;
    const size_t used = strlen(hint);
    snprintf(hint + used, sizeof hint - used, "%s %s", i ? "," : "", name);
  }
  for (int i = 0; (kind = oc_layer_kind_at(p->registry, i)); i++) {
    const char *name = kind->name;
    if (distance(p->text + p->word.at, p->word.length, name) <= 2) {
      snprintf(hint, sizeof hint, "Did you mean %s?", name);
      break;
    }
  }
  return oc_net_fail(p->err, p->text, p->word.at, hint, "unknown layer '%.*s'",
                     (int)(p->word.length < 60 ? p->word.length : 60), p->text + p->word.at);
}

/* Fails at the present word; the hint has the usage of the layer. */
__attribute__((format(printf, 3, 4))) static oc_status fail_usage(const parser *p, const oc_layer_kind *kind,
                                                                  const char *format, ...) {
  char usage[OC_LAYER_USAGE_MAX], message[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  return oc_net_fail(p->err, p->text, p->word.at, oc_layer_usage(kind, usage), "%s", message);
}

/* ---- after the name: sizes, numbers, options ----------------------------------------------------------- */

static oc_status parse_sizes(parser *p, oc_layer *l) {
  const oc_layer_kind *kind = l->kind;
  int count;
  if (!kind->sizes.what) return OC_OK;
  if (p->word.kind != OC_WORD) return fail_usage(p, kind, "%s needs %s here", kind->name, kind->sizes.what);
  if (kind->classes && word_is(p, "CLASSES")) {
    l->size[0] = p->classes;
    return next_word(p);
  }
  TRY(oc_word_read_sizes(p->text, p->word, &kind->sizes, l->size, &count, p->err));
  if (count == 1 && kind->square) l->size[1] = l->size[0];
  return next_word(p);
}

static oc_status parse_numbers(parser *p, oc_layer *l) {
  const oc_hyperparameter *h;
  char range[96];
  for (int i = 0; (h = oc_hyperparameter_row(l->kind->hyperparameters, i)); i++) {
    if (p->word.kind != OC_WORD)
      return h->required ? fail_usage(p, l->kind, "%s needs its %s here", l->kind->name, h->name) : OC_OK;
    TRY(oc_word_read_number(p->text, p->word, &l->value[i], p->err));
    if (!oc_hyperparameter_allows(h, l->value[i]))
      return fail_usage(p, l->kind, "the %s of %s must be %s", h->name, l->kind->name,
                        oc_hyperparameter_range(h, range, sizeof range));
    TRY(next_word(p));
  }
  return OC_OK;
}

/* Reads the number or pair after "stride", "dilation"; N means NxN. */
static oc_status parse_pair(parser *p, const char *what, int64_t out[2]) {
  const oc_word_sizes rule = {what, 1, 2, {OC_NET_MAX_SIDE, OC_NET_MAX_SIDE}};
  int count;
  TRY(next_word(p));
  TRY(oc_word_read_sizes(p->text, p->word, &rule, out, &count, p->err));
  if (count == 1) out[1] = out[0];
  return OC_OK;
}

static oc_status parse_one(parser *p, const char *what, int64_t limit, int64_t *out) {
  const oc_word_sizes rule = {what, 1, 1, {limit}};
  int count;
  TRY(next_word(p));
  return oc_word_read_sizes(p->text, p->word, &rule, out, &count, p->err);
}

typedef struct option_word {
  const char *word;
  unsigned option; /* the layer must take one of these */
  unsigned once;   /* of the words with one of these bits only one may be there */
} option_word;

static const option_word option_words[] = {
    {"stride", OC_OPTION_STRIDE, OC_OPTION_STRIDE}, {"dilation", OC_OPTION_DILATION, OC_OPTION_DILATION},
    {"groups", OC_OPTION_GROUPS, OC_OPTION_GROUPS}, {"nobias", OC_OPTION_NOBIAS, OC_OPTION_NOBIAS},
    {"same", OC_OPTION_SAME, OC_OPTION_SAME},       {"valid", OC_OPTION_SAME, OC_OPTION_SAME},
    {"full", OC_OPTION_FULL, OC_OPTION_SAME},       {"pad", OC_OPTION_FULL, OC_OPTION_SAME},
};

/* Returns the option of this layer that the word names. 0: none; *once as in option_word. */
static unsigned option_of(const parser *p, const oc_layer_kind *kind, unsigned *once) {
  for (size_t i = 0; i < sizeof option_words / sizeof *option_words; i++)
    if (word_is(p, option_words[i].word) && (option_words[i].option & kind->options)) {
      *once = option_words[i].once;
      return option_words[i].option;
    }
  unsigned option = find_kind(p, true) ? OC_OPTION_ACT : 0;
  for (int i = 0; oc_init_row_at(i); i++)
    if (word_is(p, oc_init_row_at(i)->name)) option = OC_OPTION_INIT;
  *once = option;
  return option & kind->options;
}

static oc_status parse_padding(parser *p, oc_layer *l) {
  if (word_is(p, "pad")) {
    l->padding = OC_PAD_EXPLICIT;
    return parse_one(p, "pad N", OC_NET_MAX_SIDE, &l->pad);
  }
  l->padding = word_is(p, "same") ? OC_PAD_SAME : word_is(p, "full") ? OC_PAD_FULL : OC_PAD_VALID;
  return OC_OK;
}

static oc_status parse_option(parser *p, oc_layer *l, unsigned option) {
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
  case OC_OPTION_SAME:
  case OC_OPTION_FULL:
    return parse_padding(p, l);
  case OC_OPTION_ACT:
    l->act = find_kind(p, true);
    return OC_OK;
  default:
    for (int i = 0; oc_init_row_at(i); i++)
      if (word_is(p, oc_init_row_at(i)->name)) l->init = oc_init_row_at(i)->kind;
    return OC_OK;
  }
}

static oc_status parse_options(parser *p, oc_layer *l) {
  unsigned seen = 0, once = 0;
  while (p->word.kind == OC_WORD) {
    const unsigned option = option_of(p, l->kind, &once);
    if (!option)
      return fail_usage(p, l->kind, "%s does not take '%.*s'", l->kind->name,
                        (int)(p->word.length < 60 ? p->word.length : 60), p->text + p->word.at);
    if (seen & once)
      return fail_usage(p, l->kind, "duplicate or conflicting option '%.*s'", (int)p->word.length,
                        p->text + p->word.at);
    seen |= once;
    TRY(parse_option(p, l, option));
    TRY(next_word(p));
  }
  return OC_OK;
}

/* ---- layers -------------------------------------------------------------------------------------------- */

static oc_status append(parser *p, const oc_layer *l) {
  oc_net *net = p->net;
  if (net->count == net->capacity) {
    const int larger = net->capacity ? 2 * net->capacity : 16;
    void *grown = oc_memory_grow(net->layers, (size_t)net->capacity * sizeof *l, (size_t)larger * sizeof *l);
    if (!grown) return oc_fail_memory(p->err, (size_t)larger * sizeof *l);
    net->layers = grown;
    net->capacity = larger;
  }
  net->layers[net->count++] = *l;
  return OC_OK;
}

static int number_of(const oc_net *net, const oc_layer_kind *kind) {
  int number = 1;
  for (int i = 0; i < net->count; i++) {
    const oc_layer *l = &net->layers[i];
    number += !l->closes && (kind->weighted ? l->kind->weighted : strcmp(l->kind->scope, kind->scope) == 0);
  }
  return number;
}

static oc_status open_block(parser *p, const oc_layer *l) {
  if (p->word.kind != OC_WORD_OPEN) return fail_usage(p, l->kind, "expected '{' after %s", l->kind->name);
  if (p->depth == OC_NET_MAX_DEPTH)
    return oc_net_fail(p->err, p->text, l->at, "", "blocks are nested too deeply: the limit is %d",
                       OC_NET_MAX_DEPTH);
  p->open[p->depth++] = p->net->count;
  TRY(append(p, l));
  return next_word(p);
}

static oc_status close_block(parser *p) {
  if (p->depth == 0) return oc_net_fail(p->err, p->text, p->word.at, "Remove it.", "unmatched '}'");
  const int opened = p->open[--p->depth];
  oc_layer l = oc_layer_make(p->net->layers[opened].kind);
  l.at = p->word.at;
  l.closes = true;
  l.other = opened;
  TRY(next_word(p));
  if (word_is(p, "project")) {
    l.project = true;
    TRY(next_word(p));
  }
  p->net->layers[opened].other = p->net->count;
  return append(p, &l);
}

static oc_status parse_layer(parser *p) {
  const oc_layer_kind *kind = find_kind(p, false);
  if (!kind) return unknown_layer(p);
  if (p->layers++ == OC_NET_MAX_LAYERS)
    return oc_net_fail(p->err, p->text, p->word.at, "", "too many layers: the limit is %d",
                       OC_NET_MAX_LAYERS);
  oc_layer l = oc_layer_make(kind);
  l.at = p->word.at;
  l.number = number_of(p->net, kind);
  TRY(next_word(p));
  if (!kind->build) return open_block(p, &l);
  TRY(parse_sizes(p, &l));
  TRY(parse_numbers(p, &l));
  TRY(parse_options(p, &l));
  if (kind == &oc_layer_dropout && p->dropout >= 0) l.value[0] = p->dropout;
  return append(p, &l);
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

/* The last token determines the valid next ones. */
typedef enum state { AT_START, AFTER_BAR, AFTER_LAYER, AFTER_NEWLINE } state;

static oc_status fail_missing_layer(parser *p, state before) {
  const char *what = before == AFTER_BAR ? "expected a layer after '|'"
                     : p->depth          ? "expected at least one layer in the block"
                                         : "expected a layer";
  return oc_net_fail(p->err, p->text, p->word.at,
                     "Write layers as in `conv 5x5x32 relu | maxpool 2 | dense CLASSES`.", "%s", what);
}

static oc_status parse_word(parser *p, state *s) {
  const bool wants_layer = *s == AT_START || *s == AFTER_BAR;
  switch (p->word.kind) {
  case OC_WORD_NEWLINE:
    if (*s == AFTER_LAYER) *s = AFTER_NEWLINE;
    return next_word(p);
  case OC_WORD_BAR:
    if (wants_layer) return fail_missing_layer(p, *s);
    *s = AFTER_BAR;
    return next_word(p);
  case OC_WORD_CLOSE:
    if (wants_layer && (p->depth || *s == AFTER_BAR)) return fail_missing_layer(p, *s);
    *s = AFTER_LAYER;
    return close_block(p);
  case OC_WORD:
    if (*s == AFTER_LAYER)
      return oc_net_fail(p->err, p->text, p->word.at, "Put '|' or a new line before it.", "expected '|'");
    TRY(parse_layer(p));
    *s = p->net->layers[p->net->count - 1].kind->build ? AFTER_LAYER : AT_START;
    return OC_OK;
  default:
    return fail_usage(p, &oc_layer_residual, "'{' is only allowed after 'residual'");
  }
}

static oc_status parse_layers(parser *p) {
  state s = AT_START;
  TRY(next_word(p));
  while (p->word.kind != OC_WORD_END) TRY(parse_word(p, &s));
  if (p->depth > 0)
    return oc_net_fail(p->err, p->text, p->net->layers[p->open[p->depth - 1]].at,
                       "Write '}' after its last layer.", "unclosed block");
  return s == AT_START || s == AFTER_BAR ? fail_missing_layer(p, s) : OC_OK;
}

/* A text that is one word, the name of a preset, stands for the preset's text. */
static const char *resolve_preset(const char *text) {
  oc_word word, end;
  size_t at = 0;
  do
    if (oc_net_scan(text, &at, &word, NULL) != OC_OK) return text;
  while (word.kind == OC_WORD_NEWLINE);
  do
    if (oc_net_scan(text, &at, &end, NULL) != OC_OK) return text;
  while (end.kind == OC_WORD_NEWLINE);
  for (int i = 0; end.kind == OC_WORD_END && oc_net_preset_name(i); i++)
    if (oc_word_is(text, word, oc_net_preset_name(i))) return oc_net_preset(oc_net_preset_name(i));
  return text;
}

oc_status oc_net_parse(const char *text, int64_t classes, const oc_net_options *options, oc_net *net,
                       oc_error *err) {
  oc_net_options o = oc_net_defaults();
  *net = (oc_net){0};
  if (options) OC_OPTIONS_READ(o, options);
  TRY(oc_options_check(o.struct_size, sizeof o, "oc_net_options", err));
  if (!text)
    return oc_fail(err, OC_E_ARGUMENT, "net text", "Pass a text or a preset's name.", "must not be NULL");
  if (classes < 1 || classes > OC_NET_MAX_CHANNELS)
    return oc_fail(err, OC_E_ARGUMENT, "classes", "", "must be 1 to %d, got %lld", OC_NET_MAX_CHANNELS,
                   (long long)classes);
  if (!(o.dropout >= 0 && o.dropout < 1))
    return oc_fail(err, OC_E_ARGUMENT, "dropout", "Give the fraction of elements to drop, usually 0.5.",
                   "must be at least 0 and less than 1, got %g", o.dropout);
  if (strnlen(text, OC_NET_MAX_BYTES + 1) > OC_NET_MAX_BYTES)
    return oc_fail(err, OC_E_NET, "net text", "", "must be at most %d bytes long", OC_NET_MAX_BYTES);
  net->text = resolve_preset(text);
  oc_registry_close(o.registry);
  parser p = {.net = net,
              .text = net->text,
              .classes = classes,
              .dropout = o.dropout_set || o.dropout > 0 ? o.dropout : -1,
              .registry = o.registry,
              .err = err};
  return parse_layers(&p);
}

void oc_net_release(oc_net *net) {
  oc_memory_free(net->layers);
  *net = (oc_net){0};
}
