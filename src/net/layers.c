/* layers.c: lists the layers and their usage. */
#include "net/net.h"
#include <stdio.h>
#include <string.h>

#define OC_ROW(name) &oc_layer_##name,
static const oc_layer_kind *const kinds[] = {
#include "net/layers.def"
};
#undef OC_ROW

enum { KINDS = sizeof kinds / sizeof *kinds };

const oc_layer_kind *oc_layer_kind_at(const oc_registry *r, int index) {
  if (index >= 0 && index < KINDS) return kinds[index];
  return oc_registry_row(r, OC_ROW_LAYER, index - KINDS);
}

const oc_layer_kind *oc_layer_kind_find(const oc_registry *r, const char *name) {
  const oc_layer_kind *kind;
  for (int i = 0; name && (kind = oc_layer_kind_at(r, i)); i++)
    if (strcmp(kind->name, name) == 0) return kind;
  return NULL;
}

/* ---- usage --------------------------------------------------------------------------------------------- */

static void append_usage(char text[OC_LAYER_USAGE_MAX], const char *before, const char *more) {
  const size_t used = strlen(text);
  snprintf(text + used, OC_LAYER_USAGE_MAX - used, "%s%s", before, more);
}

static void add_options(char text[OC_LAYER_USAGE_MAX], unsigned options) {
  static const struct {
    unsigned option;
    const char *usage;
  } rows[] = {{OC_OPTION_BN, " [bn]"},
              {OC_OPTION_ACT, " [ACT]"},
              {OC_OPTION_STRIDE, " [stride N|NxM]"},
              {OC_OPTION_ABOVE, " [above N]"},
              {OC_OPTION_SAME, " [same|valid]"},
              {OC_OPTION_FULL, " [same|valid|full|pad N]"},
              {OC_OPTION_DILATION, " [dilation N|NxM]"},
              {OC_OPTION_GROUPS, " [groups N]"},
              {OC_OPTION_NOBIAS, " [nobias]"},
              {OC_OPTION_INIT, " [INIT]"}};
  if (options & OC_OPTION_FULL) options &= ~(unsigned)OC_OPTION_SAME; /* which it holds */
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (options & rows[i].option) append_usage(text, "", rows[i].usage);
}

char *oc_layer_usage(const oc_layer_kind *kind, char text[OC_LAYER_USAGE_MAX]) {
  const oc_hyperparameter *h;
  int optional = 0;
  text[0] = 0;
  append_usage(text, kind->branches ? "{ LAYERS ; LAYERS } " : "", kind->name);
  if (kind->sizes.what) append_usage(text, " ", kind->square ? "N|NxM" : kind->sizes.what);
  for (int i = 0; (h = oc_hyperparameter_row(kind->hyperparameters, i)); i++) {
    char name[32];
    size_t n = 0;
    for (; h->name[n] && n + 1 < sizeof name; n++)
      name[n] = (char)(h->name[n] >= 'a' && h->name[n] <= 'z' ? h->name[n] - 32 : h->name[n]);
    name[n] = 0;
    optional += !h->required;
    append_usage(text, h->required ? " " : " [", name);
  }
  while (optional-- > 0) append_usage(text, "", "]");
  add_options(text, kind->options);
  if (kind->join && !kind->branches) append_usage(text, "", " { LAYERS } [project]");
  return text;
}

/* ---- for help ------------------------------------------------------------------------------------------ */

const char *oc_net_layer_name(int index) {
  const oc_layer_kind *kind = oc_layer_kind_at(NULL, index);
  return kind ? kind->name : NULL;
}

const char *oc_net_layer_summary(const char *name) {
  const oc_layer_kind *kind = oc_layer_kind_find(NULL, name);
  return kind ? kind->summary : NULL;
}

char *oc_net_layer_usage(const char *name, char *text, size_t size) {
  char usage[OC_LAYER_USAGE_MAX] = "";
  const oc_layer_kind *kind = oc_layer_kind_find(NULL, name);
  if (text && size > 0) (void)snprintf(text, size, "%s", kind ? oc_layer_usage(kind, usage) : "");
  return text;
}

bool oc_net_layer_activates(const char *name) {
  const oc_layer_kind *kind = oc_layer_kind_find(NULL, name);
  return kind && kind->activate;
}

const oc_hyperparameter *oc_net_layer_hyperparameter_at(const char *name, int index) {
  const oc_layer_kind *kind = oc_layer_kind_find(NULL, name);
  return kind ? oc_hyperparameter_row(kind->hyperparameters, index) : NULL;
}

const char *oc_net_init_name(int index) {
  const oc_init_row *row = oc_init_row_at(index);
  return row ? row->name : NULL;
}
