/* net_parse.c: turns words into layers: the structure of a text, with its blocks and branches. */
#include "net/net_parse.h"
#include "base/checked.h"
#include "base/memory.h"
#include "base/options.h"
#include <string.h>

oc_net_options oc_net_defaults(void) {
  return (oc_net_options){.struct_size = sizeof(oc_net_options), .dropout = 0};
}

/* ---- layers -------------------------------------------------------------------------------------------- */

static oc_status append(oc_net_parser *p, const oc_layer *l) {
  oc_net *net = p->net;
  if (!oc_memory_reserve(&net->layers, net->count, &net->capacity, sizeof *l))
    return oc_fail_memory(p->err, 2 * (size_t)net->capacity * sizeof *l);
  net->layers[net->count++] = *l;
  return OC_OK;
}

/* Layers count by kind, those with weights together, in the order in which they begin in the text. */
static int number_of(const oc_net *net, int entry) {
  const oc_layer_kind *kind = net->layers[entry].kind;
  int number = 1;
  for (int i = 0; i < entry; i++) {
    const oc_layer *l = &net->layers[i];
    const bool begins = l->part == OC_PART_LAYER || l->part == OC_PART_OPENS;
    number += begins && (kind->weighted ? l->kind->weighted : strcmp(l->kind->scope, kind->scope) == 0);
  }
  return number;
}

/* After the whole text was read: the name of a block of branches stands at its end. */
static void number_layers(oc_net *net) {
  for (int i = 0; i < net->count; i++) net->layers[i].number = number_of(net, i);
}

static oc_status count_layer(oc_net_parser *p) {
  if (p->layers++ < OC_NET_MAX_LAYERS) return OC_OK;
  return oc_net_fail(p->err, p->text, p->word.at, "", "too many layers: the limit is %d", OC_NET_MAX_LAYERS);
}

/* ---- blocks -------------------------------------------------------------------------------------------- */

/* At '{'. The kind of a block of branches is filled in where it closes. */
static oc_status open_block(oc_net_parser *p, oc_layer *l) {
  if (p->depth == OC_NET_MAX_DEPTH)
    return oc_net_fail(p->err, p->text, l->at, "", "blocks are nested too deeply: the limit is %d",
                       OC_NET_MAX_DEPTH);
  p->open[p->depth].entry = p->net->count;
  p->open[p->depth++].branches = 1;
  l->part = OC_PART_OPENS;
  TRY(append(p, l));
  return oc_net_next_word(p);
}

static oc_status open_branches(oc_net_parser *p) {
  oc_layer l = oc_layer_make(&oc_layer_add);
  l.at = p->word.at;
  TRY(count_layer(p));
  return open_block(p, &l);
}

/* The kind of the innermost open block; NULL: there is none. */
static const oc_layer_kind *open_kind(const oc_net_parser *p) {
  return p->depth ? p->net->layers[p->open[p->depth - 1].entry].kind : NULL;
}

/* An entry of the innermost block other than its first, at the present word. */
static oc_layer entry_of_block(const oc_net_parser *p, oc_layer_part part) {
  oc_layer l = oc_layer_make(open_kind(p));
  l.at = p->word.at;
  l.part = part;
  l.other = p->open[p->depth - 1].entry;
  return l;
}

/* At ';'. */
static oc_status next_branch(oc_net_parser *p) {
  if (!p->depth || !open_kind(p)->branches)
    return oc_net_fail(p->err, p->text, p->word.at, "Write branches as in `{ conv 3x3x16 same ; } add`.",
                       "';' is only allowed between branches");
  if (p->open[p->depth - 1].branches++ == OC_NET_MAX_BRANCHES)
    return oc_net_fail(p->err, p->text, p->word.at, "", "too many branches: the limit is %d",
                       OC_NET_MAX_BRANCHES);
  const oc_layer l = entry_of_block(p, OC_PART_NEXT);
  TRY(append(p, &l));
  return oc_net_next_word(p);
}

/* After '}': the layer that joins the branches. */
static oc_status parse_join(oc_net_parser *p, oc_layer *l) {
  const oc_layer_kind *kind = oc_net_named_kind(p, false);
  if (!kind || !kind->branches)
    return oc_net_fail(p->err, p->text, p->word.at, "Write branches as in `{ conv 3x3x16 same ; } add`.",
                       "expected add or concat after '}'");
  l->kind = p->net->layers[l->other].kind = kind;
  return oc_net_next_word(p);
}

static oc_status parse_project(oc_net_parser *p, oc_layer *l) {
  l->project = oc_net_word_is(p, "project");
  return l->project ? oc_net_next_word(p) : OC_OK;
}

/* At '}'. */
static oc_status close_block(oc_net_parser *p) {
  if (p->depth == 0) return oc_net_fail(p->err, p->text, p->word.at, "Remove it.", "unmatched '}'");
  oc_layer l = entry_of_block(p, OC_PART_CLOSES);
  if (l.kind->branches && p->open[p->depth - 1].branches < 2)
    return oc_net_fail(
        p->err, p->text, p->word.at,
        "Write ';' between them. One without layers is the input: `{ conv 3x3x16 same ; } add`.",
        "expected at least two branches");
  p->depth--;
  TRY(oc_net_next_word(p));
  TRY(l.kind->branches ? parse_join(p, &l) : parse_project(p, &l));
  p->net->layers[l.other].other = p->net->count;
  return append(p, &l);
}

static oc_status parse_layer(oc_net_parser *p) {
  const oc_layer_kind *kind = oc_net_named_kind(p, false);
  if (!kind) return oc_net_fail_unknown(p);
  if (kind->branches) return oc_net_fail_usage(p, kind, "expected '{' before %s", kind->name);
  TRY(count_layer(p));
  oc_layer l = oc_layer_make(kind);
  l.at = p->word.at;
  TRY(oc_net_next_word(p));
  if (kind->join && p->word.kind != OC_WORD_OPEN)
    return oc_net_fail_usage(p, kind, "expected '{' after %s", kind->name);
  if (kind->join) return open_block(p, &l);
  TRY(oc_net_parse_words(p, &l));
  if (kind == &oc_layer_dropout && p->dropout >= 0) l.value[0] = p->dropout;
  return append(p, &l);
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

/* The last token determines the valid next ones. */
typedef enum state { AT_START, AFTER_BAR, AFTER_LAYER, AFTER_NEWLINE } state;

static oc_status fail_missing_layer(oc_net_parser *p, state before) {
  const char *what = before == AFTER_BAR ? "expected a layer after '|'"
                     : p->depth          ? "expected at least one layer in the block"
                                         : "expected a layer";
  return oc_net_fail(p->err, p->text, p->word.at,
                     "Write layers as in `conv 5x5x32 relu | maxpool 2 | dense CLASSES`.", "%s", what);
}

/* A branch may be empty, nothing else. */
static oc_status check_end(oc_net_parser *p, state s) {
  const bool empty = s == AT_START && p->depth && !open_kind(p)->branches;
  return empty || s == AFTER_BAR ? fail_missing_layer(p, s) : OC_OK;
}

/* True if the present word may begin a layer: not immediately after another one. */
static oc_status check_begin(oc_net_parser *p, state s) {
  if (s != AFTER_LAYER) return OC_OK;
  return oc_net_fail(p->err, p->text, p->word.at, "Put '|' or a new line before it.", "expected '|'");
}

static oc_status parse_bar(oc_net_parser *p, state *s) {
  if (*s == AT_START || *s == AFTER_BAR) return fail_missing_layer(p, *s);
  *s = AFTER_BAR;
  return oc_net_next_word(p);
}

static oc_status parse_word(oc_net_parser *p, state *s) {
  const state before = *s;
  switch (p->word.kind) {
  case OC_WORD_NEWLINE:
    if (before == AFTER_LAYER) *s = AFTER_NEWLINE;
    return oc_net_next_word(p);
  case OC_WORD_BAR:
    return parse_bar(p, s);
  case OC_WORD_NEXT:
    TRY(check_end(p, before));
    *s = AT_START;
    return next_branch(p);
  case OC_WORD_CLOSE:
    TRY(check_end(p, before));
    *s = AFTER_LAYER;
    return close_block(p);
  default:
    TRY(check_begin(p, before));
    TRY(p->word.kind == OC_WORD_OPEN ? open_branches(p) : parse_layer(p));
    *s = p->net->layers[p->net->count - 1].part == OC_PART_OPENS ? AT_START : AFTER_LAYER;
    return OC_OK;
  }
}

static oc_status parse_layers(oc_net_parser *p) {
  state s = AT_START;
  TRY(oc_net_next_word(p));
  while (p->word.kind != OC_WORD_END) TRY(parse_word(p, &s));
  if (p->depth > 0)
    return oc_net_fail(p->err, p->text, p->net->layers[p->open[p->depth - 1].entry].at,
                       "Write '}' after its last layer.", "unclosed block");
  if (s == AT_START || s == AFTER_BAR) return fail_missing_layer(p, s);
  number_layers(p->net);
  return OC_OK;
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
  oc_net_parser p = {.net = net,
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
