/* custom_source.c: data sources that a caller adds at run time (ocellus/registry.h). */
#include "base/options.h"
#include "data/source/source.h"
#include "ocellus/registry.h"
#include <string.h>

#define ROW "oc_custom_source"

static bool is_builtin_name(const char *name) {
  static const char *const names[] = {
#define OC_ROW(id) #id,
#include "data/source/sources.def"
#undef OC_ROW
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i], name) == 0) return true;
  return false;
}

oc_status oc_registry_add_source(oc_registry *r, const oc_custom_source *source, oc_error *err) {
  NEED(r, source);
  oc_custom_source is;
  OC_OPTIONS_READ(is, source);
  TRY(oc_options_check(is.struct_size, sizeof is, ROW, err));
  TRY(oc_registry_accepts(r, OC_ROW_SOURCE, ROW, is.name, err));
  if (is_builtin_name(is.name))
    return oc_fail(err, OC_E_ARGUMENT, ROW, "Use a name with a dot, such as \"mine.images\".",
                   "'%s' is a built-in data source", is.name);
  if (!is.open) return oc_fail(err, OC_E_ARGUMENT, ROW, "Set open.", "open must not be NULL");
  oc_custom_source *row = oc_arena_alloc(oc_registry_arena(r), sizeof *row);
  if (!row) return oc_fail_memory(err, sizeof *row);
  *row = is;
  const bool copied = oc_registry_text(r, is.name, NULL, &row->name) &&
                      oc_registry_text(r, is.syntax, row->name, &row->syntax) &&
                      oc_registry_text(r, is.summary, "", &row->summary);
  return copied ? oc_registry_put(r, OC_ROW_SOURCE, row->name, row, err) : oc_fail_memory(err, sizeof *row);
}

const oc_custom_source *oc_custom_source_for(const oc_registry *r, const char *where) {
  const oc_custom_source *s;
  for (int i = 0; (s = oc_registry_row(r, OC_ROW_SOURCE, i)); i++)
    if (s->accepts ? s->accepts(s->context, where) : oc_is_builtin(where, s->name)) return s;
  return NULL;
}

/* Splits what is missing off a whole training set. */
static oc_status split_off(oc_data *out, const oc_data_options *options, oc_error *err) {
  const char *split = oc_dataset_split(out->train);
  if (!out->train || (*split && strcmp(split, "0") != 0)) return OC_OK;
  oc_dataset *all = out->train;
  out->train = NULL;
  const oc_status status = oc_dataset_divide(&all, options->valid, out, err);
  oc_dataset_free(all);
  return status;
}

oc_status oc_custom_source_open(const oc_custom_source *s, const char *where, const oc_data_options *options,
                                oc_data *out, oc_error *err) {
  oc_error said = {0};
  const oc_status status = s->open(s->context, where, options, out, &said);
  said.message[sizeof said.message - 1] = 0;
  said.hint[sizeof said.hint - 1] = 0;
  if (status != OC_OK && said.message[0]) return oc_fail(err, status, where, said.hint, "%s", said.message);
  if (status != OC_OK)
    return oc_fail(err, status, where, said.hint, "data source %s failed: %s", s->name,
                   oc_status_text(status));
  if (out->train || out->valid || out->test) return split_off(out, options, err);
  return oc_fail(err, OC_E_DATA, where, "Fill train, valid or test.", "data source %s gave no images",
                 s->name);
}
