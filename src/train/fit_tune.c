/* fit_tune.c: the fastest kernels for a training step (oc_tune), measured on the first images and kept in a file: a JSON object
 * {"schema": "ocellus.kernels/1", "choices": {key: text}}, where key is the hash of all that the answer depends on. */
#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/log.h"
#include "train/fit.h"
#include <string.h>

#define SCHEMA "ocellus.kernels/1"
enum { MAX_BYTES = 1 << 24, MAX_CHOICES = 10000 };

/* ---- measuring ------------------------------------------------------------------------------------------ */

static oc_status bind_input(void *context, oc_plan *plan, oc_error *err) {
  oc_fit *f = context;
  TRY(oc_plan_bind(plan, f->nodes.x, f->input.x, err));
  TRY(oc_plan_bind(plan, f->nodes.y, f->input.y, err));
  if (!oc_fit_scheduled(f)) return OC_OK;
  f->rate_now = (float)f->o.learning_rate;
  return oc_plan_bind(plan, f->rate, &f->rate_now, err);
}

static oc_status measure(oc_fit *f, char **kernels, oc_error *err) {
  const oc_images from = {.data = f->train};
  oc_session_options session = f->model->options;
  session.kernels = NULL;
  f->count = oc_dataset_count(f->train);
  f->batch = f->o.batch < f->count ? f->o.batch : f->count;
  TRY(oc_fit_build(f, err));
  TRY(oc_session_create(f->graph, &session, &f->session, err));
  oc_copy_variables(f->session, f->model->session, f->weights);
  TRY(oc_input_create(f->batch, f->model->size, &f->input, err));
  TRY(oc_input_fill(&f->input, &from, 0, f->batch, &f->model->standard, oc_session_thread_pool(f->session),
                    err));
  const oc_node fetches[] = {f->loss, f->step};
  const oc_plan_options options = {.batch = f->batch, .training = true};
  return oc_tune(f->session, fetches, 2, &options, bind_input, f, kernels, err);
}

/* ---- the file ------------------------------------------------------------------------------------------- */

/* All that decides which kernels are the fastest. */
static void key_of(const oc_fit *f, char key[65]) {
  const oc_model *m = f->model;
  char cpu[64], text[512];
  oc_sha256 sha;
  oc_cpu_name(cpu);
  (void)snprintf(text, sizeof text, "%s|%s|%s|%d|%lld|%lldx%lldx%lld|%d|%.100s|%d|%d|%d", oc_version(), cpu,
                 oc_isa_name(oc_session_isa(m->session)), oc_session_threads(m->session),
                 (long long)f->o.batch, (long long)m->size.height, (long long)m->size.width,
                 (long long)m->size.channels, m->classes, f->o.optimizer, f->o.l2 > 0, f->o.clip_norm > 0,
                 m->options.no_fusion);
  oc_sha256_init(&sha);
  oc_sha256_add(&sha, text, strlen(text) + 1);
  oc_sha256_add(&sha, oc_env_refuse(), strlen(oc_env_refuse()) + 1);
  oc_sha256_add(&sha, m->net, strlen(m->net));
  oc_sha256_hex(&sha, key);
}

/* The file's choices, empty if it is not there; what is no such file is an error, so that nothing else is overwritten. */
static oc_status read_choices(const char *path, json_t **root, oc_error *err) {
  unsigned char *bytes;
  size_t size;
  *root = NULL;
  if (!oc_file_exists(path)) {
    *root = json_pack("{s:s, s:{}}", "schema", SCHEMA, "choices");
    return *root ? OC_OK : oc_fail_memory(err, 64);
  }
  TRY(oc_file_read(path, MAX_BYTES, &bytes, &size, err));
  const oc_status status = oc_json_parse((const char *)bytes, size, path, "Delete or rename it.", root, err);
  oc_memory_free(bytes);
  if (status == OC_E_MEMORY) return status;
  const char *schema = json_string_value(json_object_get(*root, "schema"));
  if (schema && strcmp(schema, SCHEMA) == 0 && json_is_object(json_object_get(*root, "choices")))
    return OC_OK;
  json_decref(*root);
  *root = NULL;
  return oc_fail(err, OC_E_DATA, path, "Delete or rename it.", "not a file of kernels (\"%s\")", SCHEMA);
}

static oc_status write_choices(const char *path, const json_t *root, oc_error *err) {
  char *folder = oc_memory_string(path), *text = oc_json_text(root, JSON_INDENT(1) | JSON_SORT_KEYS);
  oc_status status = folder && text ? OC_OK : oc_fail_memory(err, strlen(path) + 1);
  char *end = folder ? strrchr(folder, '/') : NULL;
  if (status == OC_OK && end && end > folder) {
    *end = 0;
    status = oc_folder_create(folder, err);
  }
  if (status == OC_OK) status = oc_file_replace(path, text, strlen(text), err);
  oc_memory_free(folder);
  oc_memory_free(text);
  return status;
}

static oc_status keep(const char *path, json_t *root, const char *key, const char *kernels, oc_error *err) {
  json_t *choices = json_object_get(root, "choices");
  if (json_object_size(choices) >= MAX_CHOICES) json_object_clear(choices);
  if (json_object_set_new(choices, key, json_string(kernels)) != 0)
    return oc_fail_memory(err, strlen(kernels));
  return write_choices(path, root, err);
}

/* ---- the answer ----------------------------------------------------------------------------------------- */

static oc_status tune(oc_fit *f, const char *cache, json_t *root, char **kernels, bool *measured,
                      oc_error *err) {
  char key[65];
  key_of(f, key);
  const char *known = root ? json_string_value(json_object_get(json_object_get(root, "choices"), key)) : NULL;
  if (known && oc_kernels_check(known, NULL) != OC_OK) known = NULL; /* changed by hand: measured again */
  *measured = !known;
  if (known) {
    *kernels = oc_memory_string(known);
    return *kernels ? OC_OK : oc_fail_memory(err, strlen(known) + 1);
  }
  TRY(measure(f, kernels, err));
  return root ? keep(cache, root, key, *kernels, err) : OC_OK;
}

oc_status oc_model_tune(const oc_model *m, const oc_dataset *train, const oc_fit_options *options,
                        const char *cache, char **kernels, bool *measured, oc_error *err) {
  NEED(m, train, kernels);
  bool ignored;
  json_t *root = NULL;
  if (!m || !kernels)
    return oc_fail(err, OC_E_ARGUMENT, "oc_model_tune", "", "model and kernels must not be NULL");
  *kernels = NULL;
  oc_fit f = {.model = (oc_model *)(uintptr_t)m,
              .train = train,
              .o = oc_fit_resolve(options),
              .folder = OC_NO_RUN_FOLDER};
  TRY(oc_fit_read_options(&f, err));
  TRY(oc_model_check_training(m, train, "training data", err));
  if (cache) TRY(read_choices(cache, &root, err));
  const oc_status status = tune(&f, cache, root, kernels, measured ? measured : &ignored, err);
  if (status != OC_OK) {
    oc_memory_free(*kernels);
    *kernels = NULL;
  }
  oc_fit_release(&f);
  json_decref(root);
  return status;
}
