/* builtin.c: reads the names of built-in sources: NAME[:TRAIN[:TEST]]. */
#include "base/error.h"
#include "data/source/source.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

oc_status oc_open_builtin(const oc_image_generator *generator, const char *where, int64_t train, int64_t test,
                          const oc_data_options *options, oc_data *out, oc_error *err) {
  const char *at = where + strcspn(where, ":");
  if (!read_count(&at, &train) || !read_count(&at, &test) || *at != 0 || train < 1 || test < 0)
    return oc_fail(err, OC_E_ARGUMENT, where,
                   "Write, for example, digits:12000:2000; for a folder of that name, write ./digits.",
                   "expected NAME:TRAIN:TEST with at least 1 training image, at most 2^40 of each");
  oc_dataset *all;
  TRY(oc_dataset_generated(generator, options->seed, 0, train, &all, err));
  oc_status status =
      test == 0 ? OC_OK : oc_dataset_generated(generator, options->seed, 1, test, &out->test, err);
  if (status == OC_OK) status = oc_dataset_divide(&all, options->valid, out, err);
  oc_dataset_free(all);
  return status;
}
