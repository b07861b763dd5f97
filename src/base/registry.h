/* registry.h (internal): a caller's rows by kind and name. The folders of the kinds define and add them
 * (ops/custom_op.c, net/custom_layer.c, train/custom_optimizer.c, data/source/custom_source.c). A registry
 * is closed with its first use, so that those who look things up need no lock. */
#ifndef OC_BASE_REGISTRY_H
#define OC_BASE_REGISTRY_H
#include "base/error.h"
#include "base/hyperparameter.h"
#include "base/memory.h"

typedef struct oc_registry oc_registry;

typedef enum oc_row_kind {
  OC_ROW_OP = 0,
  OC_ROW_LAYER,
  OC_ROW_OPTIMIZER,
  OC_ROW_SOURCE,
  OC_ROW_KINDS
} oc_row_kind;

/* The checks that come first for any row: the registry takes rows, the name is valid and free in it. `row`
 * is the descriptor's name in messages, "oc_custom_op". */
oc_status oc_registry_accepts(const oc_registry *r, oc_row_kind kind, const char *row, const char *name,
                              oc_error *err);
/* True if `text` is 1 to `most` letters, digits and characters of `others`. */
bool oc_registry_is_word(const char *text, const char *others, size_t most);
/* Memory that lives as long as the registry, NULL when there is none. */
oc_arena *oc_registry_arena(oc_registry *r);
/* Adds what oc_registry_accepts has let in; both live in the arena. */
oc_status oc_registry_put(oc_registry *r, oc_row_kind kind, const char *name, const void *row, oc_error *err);
/* Checks a descriptor's hyperparameters (NULL: none) and copies them into `to`, with their texts in the
 * arena. */
oc_status oc_registry_hyperparameters(oc_registry *r, const char *row, const oc_hyperparameter *from,
                                      oc_hyperparameter to[OC_HYPERPARAMETERS_MAX], oc_error *err);
/* A copy of a text that may be NULL, which becomes `otherwise`; false when there is no memory. */
bool oc_registry_text(oc_registry *r, const char *text, const char *otherwise, const char **out);

/* Closes the registry for more rows. NULL is fine here and below. */
void oc_registry_close(oc_registry *r);
/* Closes it and takes a share, which oc_registry_free gives up. Returns r. */
oc_registry *oc_registry_share(oc_registry *r);
/* The index-th row of a kind, in the order of adding, NULL past the end; the row of a name, NULL if there
 * is none. */
const void *oc_registry_row(const oc_registry *r, oc_row_kind kind, int index);
const void *oc_registry_find(const oc_registry *r, oc_row_kind kind, const char *name);

#endif
