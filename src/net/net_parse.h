/* net_parse.h: shares the state of the parser between net_parse.c, which reads the structure of a text, and
 * net_parse_layer.c, which reads one layer. */
#ifndef OC_NET_NET_PARSE_H
#define OC_NET_NET_PARSE_H
#include "net/net.h"

typedef struct oc_net_parser {
  oc_net *net;
  const char *text;
  size_t at;    /* after `word` */
  oc_word word; /* the one to be looked at */
  int64_t classes;
  const oc_registry *registry; /* NULL: the built-in layers alone */
  double dropout;              /* -1: the rates in the text */
  struct {
    int entry;              /* in the list */
    int branches;           /* so far */
  } open[OC_NET_MAX_DEPTH]; /* the blocks that are not closed yet */
  int depth;
  int layers;
  oc_error *err;
} oc_net_parser;

static inline oc_status oc_net_next_word(oc_net_parser *p) {
  return oc_net_scan(p->text, &p->at, &p->word, p->err);
}
static inline bool oc_net_word_is(const oc_net_parser *p, const char *word) {
  return oc_word_is(p->text, p->word, word);
}

/* The layer that the present word names; with `activations`, if it may stand for ACT. NULL: none. */
const oc_layer_kind *oc_net_named_kind(const oc_net_parser *p, bool activations);
oc_status oc_net_fail_unknown(oc_net_parser *p);
/* Fails at the present word; the hint has the usage of the layer. */
__attribute__((format(printf, 3, 4))) oc_status
oc_net_fail_usage(const oc_net_parser *p, const oc_layer_kind *kind, const char *format, ...);
/* Reads what follows the name of a layer: sizes, numbers, options. */
oc_status oc_net_parse_words(oc_net_parser *p, oc_layer *l);

#endif
