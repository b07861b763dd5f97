/* fetched.c: opens a published data set by its name, where `ocellus fetch` or Debian's package has put it. */
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "data/fetch/published.h"
#include "data/source/idx_folder.h"
#include "data/source/source.h"

/* A file or folder of this name comes first. */
static bool fetched_accepts(const char *where) {
  return oc_published_named(where) != NULL && !oc_file_exists(where);
}

static oc_status fetched_open(const char *where, const oc_data_options *options, oc_data *out,
                              oc_error *err) {
  const oc_published *p = oc_published_named(where);
  char *folder;
  TRY(oc_published_find(p, &folder, err));
  if (!folder)
    return oc_fail(err, OC_E_NO_INPUT, where, "`ocellus fetch` with this name gets it over the network.",
                   "this data set is not on this machine yet");
  const oc_status status = oc_idx_folder_open(folder, p->class_names, p->class_count, options, out, err);
  oc_memory_free(folder);
  return status;
}

static bool fetched_is_lecture(const char *where) {
  return oc_published_named(where)->lecture;
}

OC_DEFINE_SOURCE(
    fetched, .syntax = "mnist | fashion-mnist",
    .summary = "what `ocellus fetch` got; fashion-mnist also from Debian's dataset-fashion-mnist",
    .accepts = fetched_accepts, .open = fetched_open, .is_lecture = fetched_is_lecture);
