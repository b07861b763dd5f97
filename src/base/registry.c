/* registry.c: see registry.h. Rows lie in a list for each kind; there are few of them. */
#include "base/registry.h"
#include "ocellus/registry.h"
#include <math.h>
#include <stdatomic.h>
#include <string.h>

enum { NAME_MAX_BYTES = 20 };

typedef struct registry_row {
  const char *name;
  const void *row;
  struct registry_row *next;
} registry_row;

struct oc_registry {
  atomic_int owners;
  atomic_bool closed;
  oc_arena arena; /* rows and all that they point to */
  registry_row *first[OC_ROW_KINDS];
};

static const char *const kind_names[OC_ROW_KINDS] = {"operation", "layer", "optimizer", "data source"};

oc_status oc_registry_create(oc_registry **out, oc_error *err) {
  NEED(out);
  *out = oc_memory_alloc(sizeof **out);
  if (!*out) return oc_fail_memory(err, sizeof **out);
  atomic_init(&(*out)->owners, 1);
  atomic_init(&(*out)->closed, false);
  return OC_OK;
}

void oc_registry_free(oc_registry *r) {
  if (!r || atomic_fetch_sub(&r->owners, 1) != 1) return;
  oc_arena_free(&r->arena);
  oc_memory_free(r);
}

void oc_registry_close(oc_registry *r) {
  if (r) atomic_store(&r->closed, true);
}

oc_registry *oc_registry_share(oc_registry *r) {
  oc_registry_close(r);
  if (r) atomic_fetch_add(&r->owners, 1);
  return r;
}

/* ---- looking up ---------------------------------------------------------------------------------------- */

const void *oc_registry_row(const oc_registry *r, oc_row_kind kind, int index) {
  const registry_row *row = r && index >= 0 ? r->first[kind] : NULL;
  for (; row && index > 0; index--) row = row->next;
  return row ? row->row : NULL;
}

const void *oc_registry_find(const oc_registry *r, oc_row_kind kind, const char *name) {
  for (const registry_row *row = r && name ? r->first[kind] : NULL; row; row = row->next)
    if (strcmp(row->name, name) == 0) return row->row;
  return NULL;
}

/* ---- adding -------------------------------------------------------------------------------------------- */

bool oc_registry_is_word(const char *text, const char *others, size_t most) {
  size_t n = 0;
  for (; text && text[n] && n <= most; n++) {
    const char c = text[n];
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && !strchr(others, c)) return false;
  }
  return n > 0 && n <= most;
}

/* Lower-case letters, digits, '_' and '.', beginning with a letter. */
static bool is_row_name(const char *name) {
  if (!oc_registry_is_word(name, "_.", NAME_MAX_BYTES) || name[0] < 'a' || name[0] > 'z') return false;
  for (; *name; name++)
    if (*name >= 'A' && *name <= 'Z') return false;
  return true;
}

oc_status oc_registry_accepts(const oc_registry *r, oc_row_kind kind, const char *row, const char *name,
                              oc_error *err) {
  if (atomic_load(&r->closed))
    return oc_fail(err, OC_E_ARGUMENT, row, "Add all rows first, or make another registry.",
                   "the registry was used already and takes no more rows");
  if (!name)
    return oc_fail(err, OC_E_ARGUMENT, row, "Give it a name such as \"mine.row\".", "name must not be NULL");
  if (!is_row_name(name))
    return oc_fail(err, OC_E_ARGUMENT, row, "Give it a name such as \"mine.row\".",
                   "name must be 1 to %d lower-case letters, digits, '_' and '.' after a letter, got '%.60s'",
                   NAME_MAX_BYTES, name);
  if (!oc_registry_find(r, kind, name)) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, row, "Use another name.", "the registry already has %s '%s'",
                 kind_names[kind], name);
}

oc_arena *oc_registry_arena(oc_registry *r) {
  return &r->arena;
}

oc_status oc_registry_put(oc_registry *r, oc_row_kind kind, const char *name, const void *row,
                          oc_error *err) {
  registry_row *added = oc_arena_alloc(&r->arena, sizeof *added), **end = &r->first[kind];
  if (!added) return oc_fail_memory(err, sizeof *added);
  *added = (registry_row){.name = name, .row = row};
  while (*end) end = &(*end)->next;
  *end = added;
  return OC_OK;
}

bool oc_registry_text(oc_registry *r, const char *text, const char *otherwise, const char **out) {
  *out = text ? oc_arena_string(&r->arena, text) : otherwise;
  return *out || !text;
}

static oc_status check_hyperparameter(const char *row, const oc_hyperparameter *h, oc_error *err) {
  if (!is_row_name(h->name))
    return oc_fail(err, OC_E_ARGUMENT, row, "Name it as \"weight_decay\" is.",
                   "invalid hyperparameter name '%.60s'", h->name);
  if (isfinite(h->low) && h->high >= h->low && (h->required || oc_hyperparameter_allows(h, h->fallback)))
    return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, row, "Set low, high and fallback.",
                 "invalid range of hyperparameter '%s': %g to %g, default %g", h->name, h->low, h->high,
                 h->fallback);
}

oc_status oc_registry_hyperparameters(oc_registry *r, const char *row, const oc_hyperparameter *from,
                                      oc_hyperparameter to[OC_HYPERPARAMETERS_MAX], oc_error *err) {
  memset(to, 0, OC_HYPERPARAMETERS_MAX * sizeof *to);
  for (int i = 0; from && from[i].name; i++) {
    if (i == OC_HYPERPARAMETERS_MAX)
      return oc_fail(err, OC_E_ARGUMENT, row, "End the list with a row without a name.",
                     "too many hyperparameters: the limit is %d", OC_HYPERPARAMETERS_MAX);
    TRY(check_hyperparameter(row, &from[i], err));
    if (oc_hyperparameter_find(to, from[i].name) >= 0)
      return oc_fail(err, OC_E_ARGUMENT, row, "Use another name.", "duplicate hyperparameter '%s'",
                     from[i].name);
    to[i] = from[i];
    const bool copied = oc_registry_text(r, from[i].unit, NULL, &to[i].unit) &&
                        oc_registry_text(r, from[i].help, "", &to[i].help) &&
                        oc_registry_text(r, from[i].name, NULL, &to[i].name);
    if (!copied) return oc_fail_memory(err, sizeof *to);
  }
  return OC_OK;
}
