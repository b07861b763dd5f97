/* keep.c: keeps files of single epochs, such as epoch-20.safetensors: models like model.safetensors, with the
 * weights and the validation accuracy of that epoch. The finished epochs alone determine which of them stay,
 * so a killed and resumed run ends with the same files. */
#include "base/file.h"
#include "train/fit.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char stem[] = "epoch";

static oc_status write_model(const oc_fit *f, const char *path, const oc_event *e, oc_error *err) {
  oc_tensor_table t = {0};
  oc_metadata d = {0};
  const oc_session *from = oc_average_better(f, e->averaged);
  oc_status status = oc_tensor_table_add_variables(&t, "", from, f->weights, err);
  if (status == OC_OK) status = oc_standardizer_tensors(&f->model->standardizer, f->model->size, &t, err);
  if (status == OC_OK) status = oc_model_describe(f->model, &f->heads, &d, err);
  if (status == OC_OK) status = oc_fit_describe(f, e->epoch, oc_event_accuracy(e), e->averaged, &d, err);
  if (status == OC_OK) status = oc_model_write(&(oc_model_target){.path = path}, "model", &t, &d, err);
  oc_tensor_table_release(&t);
  oc_metadata_release(&d);
  return status;
}

oc_status oc_keep_save(const oc_fit *f, const oc_event *e, oc_error *err) {
  if (!f->folder.work || f->o.keep == OC_KEEP_NONE || (f->o.keep == OC_KEEP_BEST && !e->best)) return OC_OK;
  char *path;
  TRY(oc_epoch_path(f->folder.work, stem, e->epoch, &path, err));
  const oc_status status = write_model(f, path, e, err);
  oc_memory_free(path);
  return status;
}

/* ---- removing ------------------------------------------------------------------------------------------ */

/* The epoch of a file's name, 0 if it is another name: just what oc_epoch_path makes, so no sign and no
 * leading zero. */
static int epoch_of(const char *name) {
  char again[40], *end;
  if (strncmp(name, "epoch-", 6) != 0) return 0;
  errno = 0;
  const long epoch = strtol(name + 6, &end, 10);
  if (errno || epoch < 1 || epoch > INT_MAX) return 0;
  (void)snprintf(again, sizeof again, "epoch-%ld.safetensors", epoch);
  return strcmp(name, again) == 0 ? (int)epoch : 0;
}

static bool stays(const oc_fit *f, int epoch) {
  const int done = f->at.epoch, keep = f->o.keep;
  if (epoch > done) return false;
  if (keep == OC_KEEP_NONE) return true; /* what an earlier part of this run kept */
  if (keep == OC_KEEP_BEST) return epoch == f->at.best_epoch;
  return keep == OC_KEEP_ALL || epoch > done - keep;
}

static oc_status remove_epoch(const oc_fit *f, int epoch, oc_error *err) {
  char *path;
  TRY(oc_epoch_path(f->folder.work, stem, epoch, &path, err));
  const int failed = unlink(path);
  const oc_status status = failed && errno != ENOENT ? oc_fail(err, OC_E_CANT_CREATE, path, "",
                                                               "cannot remove it: %s", strerror(errno))
                                                     : OC_OK;
  oc_memory_free(path);
  return status;
}

oc_status oc_keep_prune(const oc_fit *f, oc_error *err) {
  if (!f->folder.work) return OC_OK;
  DIR *folder = opendir(f->folder.work);
  if (!folder)
    return oc_fail(err, OC_E_CANT_CREATE, f->folder.work, "", "cannot list the folder: %s", strerror(errno));
  oc_status status = OC_OK;
  for (const struct dirent *entry; status == OC_OK && (entry = readdir(folder)) != NULL;) {
    const int epoch = epoch_of(entry->d_name);
    if (epoch && !stays(f, epoch)) status = remove_epoch(f, epoch, err);
  }
  (void)closedir(folder);
  return status;
}
