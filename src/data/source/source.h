/* source.h: defines data sources. To add one: a file with OC_DEFINE_SOURCE at its end, and a row in
 * sources.def. The rows are tried in order; the first that accepts `where` opens it. */
#ifndef OC_DATA_SOURCE_H
#define OC_DATA_SOURCE_H
#include "base/registry.h"
#include "data/dataset.h"
#include "ocellus/registry.h"

typedef struct oc_source {
  const char *name;
  const char *syntax;  /* "digits[:TRAIN[:TEST]]" */
  const char *summary; /* one line for help */
  bool (*accepts)(const char *where);
  oc_status (*open)(const char *where, const oc_data_options *options, oc_data *out, oc_error *err);
  bool opens_files; /* it may accept a regular file, by its content */
  /* Whether the lecture's training suits what it accepts: always; and by its name (NULL: never) */
  bool lecture;
  bool (*is_lecture)(const char *where);
} oc_source;

#define OC_DEFINE_SOURCE(id, ...)                                                                            \
  extern const oc_source oc_source_##id;                                                                     \
  const oc_source oc_source_##id = {.name = #id, __VA_ARGS__}

/* The i-th row of sources.def; NULL past the end. */
const oc_source *oc_source_at(int index);
/* The row of sources.def that accepts `where`; the last one takes what is left. */
const oc_source *oc_source_for(const char *where);
/* The same among those that open files. */
const oc_source *oc_source_for_file(const char *path);

/* For built-in data: is `where` NAME, NAME:TRAIN or NAME:TRAIN:TEST? And the opening of it. */
bool oc_is_builtin(const char *where, const char *name);
oc_status oc_open_builtin(const oc_image_generator *generator, const char *where, int64_t train, int64_t test,
                          const oc_data_options *options, oc_data *out, oc_error *err);

/* custom_source.c: finds the caller's source for `where`, NULL if there is none, and opens it, with the
 * validation part split off. */
const oc_custom_source *oc_custom_source_for(const oc_registry *r, const char *where);
oc_status oc_custom_source_open(const oc_custom_source *s, const char *where, const oc_data_options *options,
                                oc_data *out, oc_error *err);

#endif
