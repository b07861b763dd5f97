/* open.c: from a name to a bundle of datasets: asks the sources in turn. */
#include "base/error.h"
#include "data/source.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OC_ROW(id) extern const oc_source oc_source_##id;
#include "data/sources.def"
#undef OC_ROW

static const oc_source *const sources[] = {
#define OC_ROW(id) &oc_source_##id,
#include "data/sources.def"
#undef OC_ROW
};
enum { SOURCES = sizeof sources / sizeof sources[0] };

oc_data_options oc_data_defaults(void) {
  return (oc_data_options){.seed = 123, .seed_set = true, .max_bytes = (size_t)4 << 30};
}

static oc_data_options resolve(const oc_data_options *given) {
  const oc_data_options defaults = oc_data_defaults();
  oc_data_options o = given ? *given : defaults;
  if (!o.seed && !o.seed_set) o.seed = defaults.seed;
  if (!o.max_bytes) o.max_bytes = defaults.max_bytes;
  return o;
}

bool oc_data_source(int index, const char **syntax, const char **summary) {
  if (!syntax || !summary) return false;
  if (index < 0 || index >= SOURCES) return false;
  *syntax = sources[index]->syntax;
  *summary = sources[index]->summary;
  return true;
}

oc_status oc_data_open(const char *where, const oc_data_options *options, oc_data *out, oc_error *err) {
  NEED(where, out);
  const oc_data_options o = resolve(options);
  *out = (oc_data){0};
  if (!where || !*where)
    return oc_fail(err, OC_E_ARGUMENT, "data", "Give a folder with MNIST's files, or digits, or xo.",
                   "the name of the data is empty");
  TRY(oc_background_check(o.background, err));
  int i = 0;
  while (i < SOURCES - 1 && !sources[i]->accepts(where)) i++;
  oc_status status = sources[i]->open(where, &o, out, err);
  if (status != OC_OK) oc_data_close(out);
  return status;
}

void oc_data_close(oc_data *data) {
  if (!data) return;
  oc_dataset_free(data->train);
  oc_dataset_free(data->valid);
  oc_dataset_free(data->test);
  *data = (oc_data){0};
}

/* ---- built-in data: NAME[:TRAIN[:TEST]] ---- */

bool oc_is_builtin(const char *where, const char *name) {
  size_t n = strlen(name);
  return strncmp(where, name, n) == 0 && (where[n] == 0 || where[n] == ':');
}

/* ":NUMBER" at *at, if anything is left there. */
static bool read_count(const char **at, int64_t *count) {
  if (**at == 0) return true;
  if (**at != ':' || (*at)[1] < '0' || (*at)[1] > '9') return false;
  char *end;
  errno = 0;
  long long n = strtoll(*at + 1, &end, 10);
  *at = end;
  *count = n;
  return errno == 0 && n <= (long long)1 << 40;
}

oc_status oc_open_builtin(const oc_artist *artist, const char *where, int64_t train, int64_t test,
                          const oc_data_options *options, oc_data *out, oc_error *err) {
  const char *at = where + strcspn(where, ":");
  if (!read_count(&at, &train) || !read_count(&at, &test) || *at != 0 || train < 1 || test < 0)
    return oc_fail(err, OC_E_ARGUMENT, where,
                   "For example digits:12000:2000; a folder of that name is ./digits.",
                   "built-in data is NAME:TRAIN:TEST with at least 1 training picture, at most 2^40 of each");
  oc_dataset *all;
  TRY(oc_dataset_drawn(artist, options->seed, 0, train, &all, err));
  oc_status status = oc_dataset_divide(&all, options->valid, &out->train, &out->valid, err);
  oc_dataset_free(all);
  TRY(status);
  return test == 0 ? OC_OK : oc_dataset_drawn(artist, options->seed, 1, test, &out->test, err);
}
