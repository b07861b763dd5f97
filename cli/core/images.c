/* images.c: see images.h. */
#include "core/images.h"
#include "core/data.h"
#include "lecture/array.h"
#include "core/target.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- transparent pixels -------------------------------------------------------------------------------- */

static bool may_be_transparent(const char *name) {
  char first[12]; /* as many as decide */
  cli_slice slice;
  struct stat info;
  if (cli_slice_read(name, &slice, NULL) != OC_OK || stat(slice.path, &info) != 0 || !S_ISREG(info.st_mode))
    return false;
  const int file = open(slice.path, O_RDONLY | O_CLOEXEC); /* which takes no memory, unlike a stream */
  const ssize_t got = file >= 0 ? read(file, first, sizeof first) : 0;
  if (file >= 0) close(file);
  return got > 0 && oc_image_may_be_transparent(first, (size_t)got);
}

oc_status cli_background_check(const cli_call *call, int first, oc_error *err) {
  const cli_value *background = cli_get_named(call, "background"), *augment = cli_get_named(call, "augment");
  oc_error wrong = {0};
  if (!background || !background->given) return OC_OK;
  if (oc_background_check(background->text, &wrong) != OC_OK)
    return cli_fail(err, wrong.code, "--background", wrong.hint, "%s", wrong.message);
  if (augment && augment->given) return OC_OK; /* which uncovers it */
  for (int i = first; i < call->arguments.operand_count; i++)
    if (may_be_transparent(cli_operand(call, i))) return OC_OK;
  return cli_fail(err, OC_E_ARGUMENT, "--background", "Leave it out.",
                  "has no effect here: only a PNG or BMP can have transparent parts, or an image of another "
                  "format that allows them");
}

bool cli_transparent_note(const cli_call *call, const uint8_t color[3], const char *file) {
  const cli_value *background = cli_get_named(call, "background");
  if (!background || background->given) return false;
  cli_note(&call->err, call->command->name,
           "%s: transparent pixels are read as %s; --background COLOR changes this", file,
           color[0] ? "white, because the ink is dark" : "black");
  return true;
}

bool cli_background_note(const cli_call *call, const oc_dataset *set, const char *file) {
  uint8_t color[3];
  return oc_dataset_background(set, color) && cli_transparent_note(call, color, file);
}

oc_status cli_array_background(const cli_call *call, const char *name, const cli_array *x, oc_error *err) {
  const cli_value *background = cli_get_named(call, "background");
  if (background->given && oc_background_check(background->text, err) != OC_OK) return err->code;
  if (background->given && !x->image)
    return cli_fail(err, OC_E_ARGUMENT, "--background", "Leave it out.", "has no effect without an image");
  if (x->transparent) (void)cli_transparent_note(call, x->background, name);
  return OC_OK;
}

/* ---- images to look at --------------------------------------------------------------------------------- */

oc_resize_mode cli_resize_mode(const char *name) {
  int mode = OC_RESIZE_AUTO;
  while (name && strcmp(oc_resize_mode_name((oc_resize_mode)mode), name) != 0) mode++;
  return (oc_resize_mode)mode;
}

const oc_preprocessing *cli_model_rule(const oc_model *m, oc_preprocessing *rule) {
  *rule = oc_model_preprocessing(m);
  return rule->shape.channels == 1 || rule->shape.channels == 3 ? rule : NULL;
}

void cli_fitted_add(cli_fitted *f, const oc_model *m, const oc_dataset *set, int64_t count) {
  const oc_image_shape is = oc_dataset_original_shape(set), wanted = oc_model_image_shape(m);
  const bool size = is.height != wanted.height || is.width != wanted.width;
  if (is.height == 0 || oc_model_mixed_sizes(m) || (!size && is.channels == wanted.channels)) return;
  f->count += count;
  f->sizes += size ? count : 0;
}

void cli_fitted_note(const cli_fitted *f, const oc_model *m, const cli_call *call) {
  const oc_image_shape s = oc_model_image_shape(m);
  const char *color = s.channels == 1 ? "gray" : "color", *name = call->command->name;
  const long long count = f->count, height = s.height, width = s.width;
  if (count == 0) return;
  if (f->sizes == 0)
    cli_note(&call->err, name, "%lld %s converted to %s", count, count == 1 ? "image was" : "images were",
             color);
  else
    cli_note(&call->err, name, "%lld %s fitted into %lldx%lld %s", count,
             count == 1 ? "image of another size was" : "images of other sizes were", height, width, color);
}

oc_status cli_images_open(const cli_call *call, const char *path, const oc_model *m, oc_dataset **out,
                          oc_error *err) {
  oc_data data = {0};
  oc_preprocessing rule;
  oc_data_options options = oc_data_defaults();
  const cli_value *background = cli_get_named(call, "background");
  *out = NULL;
  if (background) options.background = background->text;
  if (m) options.preprocessing = cli_model_rule(m, &rule);
  if (cli_is_file(path)) return oc_dataset_open_file(path, &options, out, err);
  CLI_TRY(cli_data_open(call, path, &options, &data, err));
  *out = data.test;
  data.test = NULL;
  oc_data_close(&data);
  if (*out) return OC_OK;
  return cli_fail(err, OC_E_DATA, path, "", "has no test set: name one of its files instead");
}

/* What no rule changes has the right size already. */
static oc_status check_shape(const oc_dataset *set, const char *file, oc_image_shape m, oc_error *err) {
  oc_image_shape s = oc_dataset_image_shape(set);
  char is[64], wanted[64], hint[128];
  bool channels = s.channels == m.channels ||
                  ((s.channels == 1 || s.channels == 3) && (m.channels == 1 || m.channels == 3));
  if (s.height == m.height && s.width == m.width && channels) return OC_OK;
  snprintf(hint, sizeof hint, "Scale it to %lldx%lld pixels, or train a model on images of its size.",
           (long long)m.width, (long long)m.height);
  return cli_fail(err, OC_E_DATA, file, hint,
                  "image shape is %s (height x width x channels), but the model expects %s",
                  cli_size_text(s, is, sizeof is), cli_size_text(m, wanted, sizeof wanted));
}

static oc_status read_image(const oc_dataset *set, int64_t index, oc_image_shape size, uint8_t **pixels,
                            oc_error *err) {
  const oc_image_shape s = oc_dataset_image_shape(set);
  uint8_t *read = calloc((size_t)(s.height * s.width), (size_t)s.channels);
  *pixels = calloc((size_t)(size.height * size.width), (size_t)size.channels);
  oc_status status = read && *pixels ? OC_OK : cli_fail_memory(err);
  if (status == OC_OK) status = oc_dataset_read(set, index, 1, read, NULL, err);
  if (status == OC_OK && s.channels != size.channels)
    status = oc_image_convert(read, s, size.channels, *pixels, err);
  else if (status == OC_OK)
    memcpy(*pixels, read, (size_t)(s.height * s.width * s.channels));
  free(read);
  return status;
}

static void note_image(const cli_call *call, const oc_model *m, const oc_dataset *set, const char *path) {
  cli_fitted fitted = {0};
  (void)cli_background_note(call, set, path);
  if (!m) return;
  cli_fitted_add(&fitted, m, set, 1);
  cli_fitted_note(&fitted, m, call);
}

oc_status cli_image_open(const cli_call *call, const char *name, cli_image_place place, uint8_t **pixels,
                         oc_error *err) {
  cli_slice slice;
  int64_t first, count;
  oc_dataset *set;
  CLI_TRY(cli_slice_read(name, &slice, err));
  CLI_TRY(cli_images_open(call, slice.path, place.model, &set, err));
  oc_status status = check_shape(set, slice.path, place.size, err);
  if (status == OC_OK) status = cli_slice_resolve(&slice, oc_dataset_count(set), &first, &count, err);
  if (status == OC_OK && count != 1)
    status = cli_fail(err, OC_E_ARGUMENT, name, "Select one by its index in brackets: 'FILE[0]'.",
                      "expected one image, got %lld", (long long)count);
  if (status == OC_OK) status = read_image(set, first, place.size, pixels, err);
  if (status == OC_OK) note_image(call, place.model, set, slice.path);
  oc_dataset_free(set);
  return status;
}
