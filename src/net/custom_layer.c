/* custom_layer.c: layers that a caller adds at run time (ocellus/registry.h): a descriptor becomes one
 * like those of layers.def. */
#include "base/options.h"
#include "graph/graph.h"
#include "net/net.h"
#include "ocellus/registry.h"
#include <string.h>

#define ROW "oc_custom_layer"
enum { MOST_SIZES = 3, ALL_WORDS = OC_LAYER_BN * 2 - 1 };

/* The bits that a caller gives are those of our descriptors. */
_Static_assert((int)OC_LAYER_ACT == (int)OC_OPTION_ACT && (int)OC_LAYER_STRIDE == (int)OC_OPTION_STRIDE &&
                   (int)OC_LAYER_SAME == (int)OC_OPTION_SAME && (int)OC_LAYER_FULL == (int)OC_OPTION_FULL &&
                   (int)OC_LAYER_DILATION == (int)OC_OPTION_DILATION &&
                   (int)OC_LAYER_GROUPS == (int)OC_OPTION_GROUPS &&
                   (int)OC_LAYER_NOBIAS == (int)OC_OPTION_NOBIAS &&
                   (int)OC_LAYER_INIT == (int)OC_OPTION_INIT && (int)OC_LAYER_BN == (int)OC_OPTION_BN,
               "words of layers");

typedef struct oc_custom_layer_row {
  oc_layer_kind kind; /* first: a kind of this file is a row */
  oc_custom_layer is;
} oc_custom_layer_row;

static const oc_custom_layer_row *row_of(const oc_layer_kind *kind) {
  return (const oc_custom_layer_row *)(const void *)kind;
}

/* ---- building ------------------------------------------------------------------------------------------ */

static oc_node custom_build(oc_graph *g, const oc_layer *l, oc_node x) {
  const int32_t depth = g->depth;
  const oc_node made = row_of(l->kind)->is.build(g, l, x);
  if (oc_graph_failed(g)) return OC_NO_NODE;
  if (g->depth != depth)
    return oc_graph_fail(g, OC_E_NET, l->kind->name, "End each oc_scope_push with oc_scope_pop.",
                         "layer %s leaves another scope than it found", l->kind->name);
  if (oc_graph_has(g, made) && made.out < oc_graph_info(g, oc_node_index(made))->n_out) return made;
  return oc_graph_fail(g, OC_E_NET, l->kind->name, "Return the last node that build adds.",
                       "layer %s has returned no node", l->kind->name);
}

void oc_layer_read(const oc_layer *l, oc_layer_words *out) {
  if (!l || !out) return;
  *out = (oc_layer_words){
      .groups = l->groups, .padding = l->padding, .pad = l->pad, .nobias = l->nobias, .init = l->init};
  memcpy(out->size, l->size, sizeof out->size);
  memcpy(out->stride, l->stride, sizeof out->stride);
  memcpy(out->dilation, l->dilation, sizeof out->dilation);
}

double oc_layer_value(const oc_layer *l, int i) {
  return l && oc_hyperparameter_row(l->kind->hyperparameters, i) ? l->value[i] : 0;
}

void *oc_layer_context(const oc_layer *l) {
  return l && l->kind->build == custom_build ? row_of(l->kind)->is.context : NULL;
}

/* ---- adding -------------------------------------------------------------------------------------------- */

/* A word that means something else in a net text. */
static bool is_net_word(const char *name) {
  static const char *const words[] = {"stride", "dilation", "groups",  "nobias", "same", "valid",
                                      "full",   "pad",      "project", "x",      "bn",   "above"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcmp(name, words[i]) == 0) return true;
  for (int i = 0; oc_init_row_at(i); i++)
    if (strcmp(name, oc_init_row_at(i)->name) == 0) return true;
  return oc_net_preset(name) != NULL;
}

/* How many numbers "HxWxC" stands for; 0 if it is written otherwise. */
static int count_sizes(const char *sizes) {
  int count = 1;
  for (const char *c = sizes; *c; c++) {
    const bool letter = *c >= 'A' && *c <= 'Z';
    if (!letter && (*c != 'x' || c == sizes || c[-1] == 'x' || c[1] == 0)) return 0;
    count += *c == 'x';
  }
  return *sizes && strlen(sizes) < 32 && count <= MOST_SIZES ? count : 0;
}

static oc_status check_sizes(const oc_custom_layer *layer, oc_error *err) {
  if (layer->sizes && count_sizes(layer->sizes) == 0)
    return oc_fail(err, OC_E_ARGUMENT, ROW, "Write, for example, \"N\" or \"HxWxC\".",
                   "sizes must be 1 to %d capital letters with x between them, got '%.60s'", MOST_SIZES,
                   layer->sizes);
  if (layer->classes && (!layer->sizes || strchr(layer->sizes, 'x')))
    return oc_fail(err, OC_E_ARGUMENT, ROW, "Give it one size, such as \"N\".",
                   "CLASSES can stand for one size, got '%s'", layer->sizes ? layer->sizes : "(NULL)");
  if (layer->activates && layer->sizes)
    return oc_fail(err, OC_E_ARGUMENT, ROW, "Leave activates or sizes out.",
                   "a layer that stands for ACT has no sizes, got '%s'", layer->sizes);
  if (layer->words & ~(unsigned)ALL_WORDS)
    return oc_fail(err, OC_E_ARGUMENT, ROW, "Use OC_LAYER_ACT and its like.", "unknown words 0x%x",
                   layer->words);
  return OC_OK;
}

static oc_status check_layer(const oc_registry *r, const oc_custom_layer *layer, oc_error *err) {
  TRY(oc_options_check(layer->struct_size, sizeof *layer, ROW, err));
  TRY(oc_registry_accepts(r, OC_ROW_LAYER, ROW, layer->name, err));
  if (oc_layer_kind_find(NULL, layer->name) || is_net_word(layer->name))
    return oc_fail(err, OC_E_ARGUMENT, ROW, "Use a name with a dot, such as \"mine.conv\".",
                   "'%s' is a word of net texts already", layer->name);
  if (layer->scope && !oc_registry_is_word(layer->scope, "_.-", 20))
    return oc_fail(err, OC_E_ARGUMENT, ROW, "Use letters, digits, '_', '.' and '-', 20 at most.",
                   "invalid scope '%.60s'", layer->scope);
  if (!layer->build) return oc_fail(err, OC_E_ARGUMENT, ROW, "Set build.", "build must not be NULL");
  return check_sizes(layer, err);
}

/* Of those that are required, none comes after one that is not; an activation needs none. */
static oc_status check_order(const oc_layer_kind *kind, bool activates, oc_error *err) {
  const oc_hyperparameter *h;
  bool optional = activates;
  for (int i = 0; (h = oc_hyperparameter_row(kind->hyperparameters, i)); i++) {
    if (h->required && optional)
      return oc_fail(err, OC_E_ARGUMENT, ROW, "Give it a default, or put it first.",
                     "hyperparameter '%s' must not be required%s", h->name,
                     activates ? " of a layer that stands for ACT" : " after one that is not");
    optional = optional || !h->required;
  }
  return OC_OK;
}

oc_status oc_registry_add_layer(oc_registry *r, const oc_custom_layer *layer, oc_error *err) {
  NEED(r, layer);
  oc_custom_layer is;
  OC_OPTIONS_READ(is, layer);
  TRY(check_layer(r, &is, err));
  oc_custom_layer_row *row = oc_arena_alloc(oc_registry_arena(r), sizeof *row);
  if (!row) return oc_fail_memory(err, sizeof *row);
  oc_layer_kind *kind = &row->kind;
  *kind = (oc_layer_kind){.weighted = is.weighted,
                          .classes = is.classes,
                          .options = is.words,
                          .activates = is.activates,
                          .build = custom_build};
  const bool copied = oc_registry_text(r, is.name, NULL, &kind->name) &&
                      oc_registry_text(r, is.summary, "", &kind->summary) &&
                      oc_registry_text(r, is.scope, kind->name, &kind->scope) &&
                      oc_registry_text(r, is.sizes, NULL, &kind->sizes.what);
  if (!copied) return oc_fail_memory(err, sizeof *row);
  kind->sizes.low = kind->sizes.high = is.sizes ? count_sizes(is.sizes) : 0;
  for (int i = 0; i < MOST_SIZES; i++) kind->sizes.limit[i] = OC_NET_MAX_CHANNELS;
  TRY(oc_registry_hyperparameters(r, ROW, is.hyperparameters, kind->hyperparameters, err));
  TRY(check_order(kind, is.activates, err));
  row->is = is;
  return oc_registry_put(r, OC_ROW_LAYER, kind->name, row, err);
}
