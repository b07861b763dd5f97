/* export_c.c: writes a classifier as C source. All that can fail in the model is found before the folder is
 * made. */
#include "base/file.h"
#include "base/memory.h"
#include "base/options.h"
#include "export/c/c_fold.h"
#include "export/c/c_float.h"
#include "export/export.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { PREFIX_MOST = 40, CLASS_NAME_MOST = 1000 };

/* ---- options ------------------------------------------------------------------------------------------- */

oc_c_export_options oc_c_export_defaults(void) {
  return (oc_c_export_options){.struct_size = sizeof(oc_c_export_options), .prefix = "model"};
}

/* A folder with math.h among those of a compiler hides the math.h of C. */
static oc_status check_header(const char *prefix, oc_error *err) {
  static const char *const taken[] = {"math", "stdint", "string", "stddef", "stdio", "stdlib", "limits"};
  for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
    if (strcasecmp(prefix, taken[i]) == 0)
      return oc_fail(err, OC_E_ARGUMENT, "prefix", "Use, for example, digits.",
                     "must not be the name of a header of C, got '%s'", prefix);
  return OC_OK;
}

static oc_status check_prefix(const char *prefix, oc_error *err) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
  const size_t size = strlen(prefix);
  const bool begins = size > 0 && memchr(letters, prefix[0], 52);
  if (begins && size <= PREFIX_MOST && strspn(prefix, letters) == size) return check_header(prefix, err);
  return oc_fail(err, OC_E_ARGUMENT, "prefix", "Use, for example, digits.",
                 "must be a letter, then letters, digits and _, at most %d, got '%s'", PREFIX_MOST, prefix);
}

static oc_status check_side(const char *name, int side, oc_error *err) {
  if (side < 1 || side > OC_C_MAX_SIDE)
    return oc_fail(err, OC_E_ARGUMENT, name, "", "must be 1 to %d, got %d", OC_C_MAX_SIDE, side);
  return OC_OK;
}

static oc_status read_options(const oc_model *m, const oc_c_export_options *options, oc_c_export_options *o,
                              oc_error *err) {
  *o = oc_c_export_defaults();
  if (options) OC_OPTIONS_READ(*o, options);
  TRY(oc_options_check(o->struct_size, sizeof *o, "oc_c_export_options", err));
  if (!o->prefix) o->prefix = "model";
  TRY(check_prefix(o->prefix, err));
  if (!o->max_width && !o->max_height) return OC_OK;
  if (m->size.channels != 1 && m->size.channels != 3)
    return oc_fail(err, OC_E_UNSUPPORTED, "max_width", "Leave it out.",
                   "cannot resize images of %lld channels: only 1 or 3", (long long)m->size.channels);
  TRY(check_side("max_width", o->max_width, err));
  return check_side("max_height", o->max_height, err);
}

static oc_status check_classes(const oc_model *m, oc_error *err) {
  for (int i = 0; i < m->classes; i++) {
    const char *name = oc_model_class_name(m, i);
    if (strlen(name) > CLASS_NAME_MOST)
      return oc_fail(err, OC_E_UNSUPPORTED, "classes", "Give the class a shorter name.",
                     "the name of class %d has %zu bytes: the limit for C is %d", i, strlen(name),
                     CLASS_NAME_MOST);
  }
  return OC_OK;
}

/* ---- the text ------------------------------------------------------------------------------------------ */

static oc_status take_sum(const oc_model *m, char sha256[65], oc_error *err) {
  oc_tensor_table tensors = {0};
  oc_status status = oc_model_tensors(m, &tensors, err);
  if (status == OC_OK) status = oc_tensors_sha256(tensors.rows, tensors.count, sha256, err);
  oc_tensor_table_release(&tensors);
  return status;
}

oc_status oc_c_write_unit(oc_c_unit *u, const oc_c_export_options *o, const oc_c_texts *out, oc_error *err) {
  u->prefix = o->prefix;
  u->max_width = o->max_width;
  u->max_height = o->max_height;
  TRY(take_sum(u->model, u->sha256, err));
  TRY(oc_c_write_source(u, out->source, out->header, err));
  *out->figures = oc_c_figures(u);
  return OC_OK;
}

static oc_status write_network(oc_c_network *n, const oc_c_export_options *o, const oc_c_texts *out,
                               oc_error *err) {
  oc_c_golden golden = {0};
  oc_c_unit u = {.golden = o->self_test ? &golden : NULL};
  TRY(oc_c_fold(n, true, err));
  TRY(oc_c_network_place(n, oc_c_decode_count(n->model, o->max_width, o->max_height), err));
  oc_c_float_unit(n, &u);
  oc_status status = o->self_test ? oc_c_golden_compute(n, &golden, err) : OC_OK;
  if (status == OC_OK) status = oc_c_write_unit(&u, o, out, err);
  oc_memory_free(golden.probabilities);
  return status;
}

/* In float32: what is written follows from the model. */
static oc_status write_float(const void *model, const oc_c_export_options *o, const oc_c_texts *out,
                             oc_error *err) {
  oc_c_network n;
  oc_status status = oc_c_network_build(model, &n, err);
  if (status == OC_OK) status = write_network(&n, o, out, err);
  oc_c_network_release(&n);
  return status;
}

oc_status oc_c_text_of(const oc_model *m, const oc_c_export_options *options, char **source, char **header,
                       oc_c_export_figures *figures, oc_error *err) {
  oc_c_export_options o;
  *source = *header = NULL;
  TRY(read_options(m, options, &o, err));
  TRY(check_classes(m, err));
  return write_float(m, &o, &(oc_c_texts){source, header, figures}, err);
}

/* ---- the files ----------------------------------------------------------------------------------------- */

static oc_status save(const char *folder, const char *prefix, char ending, const char *text, oc_error *err) {
  char name[PREFIX_MOST + 3];
  (void)snprintf(name, sizeof name, "%s.%c", prefix, ending);
  char *path = oc_path_join(folder, name);
  if (!path) return oc_fail_memory(err, strlen(folder) + sizeof name);
  const oc_status status =
      text ? oc_file_replace(path, text, strlen(text), err) : (unlink(path) == 0 ? OC_OK : OC_E_IO);
  oc_memory_free(path);
  return status;
}

static oc_status save_both(const char *folder, const char *prefix, bool replace, const char *const text[2],
                           oc_error *err) {
  const bool there = oc_file_exists(folder);
  if (there && !replace)
    return oc_fail(err, OC_E_CANT_CREATE, folder, "Choose another name, or replace what it holds.",
                   "already exists");
  TRY(oc_folder_create(folder, err));
  oc_status status = save(folder, prefix, 'c', text[0], err);
  if (status == OC_OK) status = save(folder, prefix, 'h', text[1], err);
  if (status == OC_OK || there) return status;
  (void)save(folder, prefix, 'c', NULL, NULL); /* a new folder holds both files or is not there */
  (void)rmdir(folder);
  return status;
}

oc_status oc_c_export_files(const oc_model *m, oc_c_write_fn write, const void *network, const char *folder,
                            const oc_c_export_options *options, oc_c_export_figures *figures, oc_error *err) {
  oc_c_export_options o;
  oc_c_export_figures found;
  char *source = NULL, *header = NULL;
  TRY(read_options(m, options, &o, err));
  TRY(check_classes(m, err));
  oc_status status = write(network, &o, &(oc_c_texts){&source, &header, &found}, err);
  if (status == OC_OK)
    status = save_both(folder, o.prefix, o.replace, (const char *const[]){source, header}, err);
  oc_memory_free(source);
  oc_memory_free(header);
  if (status == OC_OK && figures) *figures = found;
  return status;
}

oc_status oc_model_export_c(const oc_model *m, const char *folder, const oc_c_export_options *options,
                            oc_c_export_figures *figures, oc_error *err) {
  NEED(m, folder);
  return oc_c_export_files(m, write_float, m, folder, options, figures, err);
}
