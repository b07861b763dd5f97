/* session_file.c: saves and loads the variables of a session, for graphs that were written by hand. A model's
 * file holds more: model_load.c. */
#include "base/file.h"
#include "model/model.h"
#include <stdio.h>
#include <string.h>

static const char kind[] = "variables";

static oc_status save_session(const oc_session *s, const oc_model_target *to, oc_error *err) {
  const oc_metadata nothing = {0};
  oc_tensor_table t = {0};
  oc_status status = oc_tensor_table_add_variables(&t, "", s, oc_variable_count(s), err);
  if (status == OC_OK) status = oc_model_write(to, kind, &t, &nothing, err);
  oc_tensor_table_release(&t);
  return status;
}

oc_status oc_session_save(const oc_session *s, const char *path, oc_error *err) {
  NEED(s, path);
  if (!s || !path)
    return oc_fail(err, OC_E_ARGUMENT, "oc_session_save", "", "session and path must not be NULL");
  return save_session(s, &(oc_model_target){.path = path}, err);
}

oc_status oc_session_save_memory(const oc_session *s, void **bytes, size_t *size, oc_error *err) {
  NEED(s, bytes, size);
  if (!s || !bytes || !size)
    return oc_fail(err, OC_E_ARGUMENT, "oc_session_save_memory", "",
                   "session, bytes and size must not be NULL");
  unsigned char *made = NULL;
  *size = 0;
  const oc_status status = save_session(s, &(oc_model_target){.bytes = &made, .size = size}, err);
  *bytes = made;
  return status;
}

/* One variable in the file: of its type and shape, and finite. */
static oc_status check_variable(oc_model_source *from, const oc_session *s, int index, oc_error *err) {
  oc_variable_info v;
  (void)oc_variable_entry(s, index, &v);
  TRY(oc_model_expect(from, v.name, v.dtype, &v.shape, err));
  const int64_t elements = (int64_t)(v.bytes / oc_dtype_size(v.dtype));
  if (oc_tensor_finite(&oc_safetensors_find(&from->file, v.name)->tensor, elements)) return OC_OK;
  return oc_fail(err, OC_E_DATA, from->where, "Load a file that was saved earlier.",
                 "tensor '%.120s' has a value that is not finite", v.name);
}

/* Checks that the file has exactly the variables of s, before any of them changes. */
static oc_status check_variables(oc_model_source *from, const oc_session *s, oc_error *err) {
  const int count = oc_variable_count(s);
  for (int i = 0; i < count; i++) TRY(check_variable(from, s, i, err));
  if (from->file.count == count) return OC_OK;
  return oc_fail(err, OC_E_DATA, from->where, "Build the same graph as when the file was saved.",
                 "got %d tensors, but the graph has %d variables", from->file.count, count);
}

static oc_status load_session(oc_session *s, oc_model_source *from, oc_error *err) {
  oc_status status = oc_model_check_whole(from, kind, err);
  if (status == OC_OK) status = check_variables(from, s, err);
  if (status == OC_OK) status = oc_model_take_variables(from, "", s, oc_variable_count(s), err);
  oc_model_source_release(from);
  return status;
}

oc_status oc_session_load(oc_session *s, const char *path, oc_error *err) {
  NEED(s, path);
  if (!s || !path)
    return oc_fail(err, OC_E_ARGUMENT, "oc_session_load", "", "session and path must not be NULL");
  oc_model_source from;
  TRY(oc_model_source_file(path, false, &from, err));
  return load_session(s, &from, err);
}

oc_status oc_session_load_memory(oc_session *s, const void *bytes, size_t size, oc_error *err) {
  NEED(s, bytes);
  if (!s || !bytes)
    return oc_fail(err, OC_E_ARGUMENT, "oc_session_load_memory", "", "session and bytes must not be NULL");
  oc_model_source from;
  TRY(oc_model_source_memory(bytes, size, &from, err));
  return load_session(s, &from, err);
}

/* ---- by epoch ------------------------------------------------------------------------------------------ */

oc_status oc_epoch_path(const char *folder, const char *stem, int epoch, char **path, oc_error *err) {
  char name[64];
  *path = NULL;
  if (epoch < 0)
    return oc_fail(err, OC_E_ARGUMENT, "epoch", "Count epochs from 1; 0 is before the first.",
                   "must be at least 0, got %d", epoch);
  (void)snprintf(name, sizeof name, "%s-%d.safetensors", stem, epoch);
  *path = oc_path_join(folder, name);
  return *path ? OC_OK : oc_fail_memory(err, strlen(folder) + sizeof name);
}

static const char default_folder[] = "./model";

oc_status oc_session_epoch_path(int epoch, const char *folder, char **path, oc_error *err) {
  NEED(path);
  return oc_epoch_path(folder ? folder : default_folder, "cnn-model.ckpt", epoch, path, err);
}

oc_status oc_session_save_epoch(const oc_session *s, int epoch, const char *folder, oc_error *err) {
  NEED(s);
  char *path;
  TRY(oc_session_epoch_path(epoch, folder, &path, err));
  oc_status status = oc_folder_create(folder ? folder : default_folder, err);
  if (status == OC_OK) status = oc_session_save(s, path, err);
  oc_memory_free(path);
  return status;
}

oc_status oc_session_load_epoch(oc_session *s, int epoch, const char *folder, oc_error *err) {
  NEED(s);
  char *path;
  TRY(oc_session_epoch_path(epoch, folder, &path, err));
  const oc_status status = oc_session_load(s, path, err);
  oc_memory_free(path);
  return status;
}
