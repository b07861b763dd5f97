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
  static const char png[] = {'\x89', 'P', 'N', 'G'}, bmp[] = {'B', 'M'};
  char first[sizeof png];
  cli_slice slice;
  struct stat info;
  if (cli_slice_read(name, &slice, NULL) != OC_OK || stat(slice.path, &info) != 0 || !S_ISREG(info.st_mode))
    return false;
  const int file = open(slice.path, O_RDONLY | O_CLOEXEC); /* which takes no memory, unlike a stream */
  const bool same = file >= 0 && read(file, first, sizeof first) == (ssize_t)sizeof first &&
                    (memcmp(first, png, sizeof png) == 0 || memcmp(first, bmp, sizeof bmp) == 0);
  if (file >= 0) close(file);
  return same;
}

oc_status cli_background_check(const cli_call *call, int first, oc_error *err) {
  const cli_value *background = cli_get_named(call, "background");
  oc_error wrong = {0};
  if (!background || !background->given) return OC_OK;
  if (oc_background_check(background->text, &wrong) != OC_OK)
    return cli_fail(err, wrong.code, "--background", wrong.hint, "%s", wrong.message);
  for (int i = first; i < call->arguments.operand_count; i++)
    if (may_be_transparent(cli_operand(call, i))) return OC_OK;
  return cli_fail(err, OC_E_ARGUMENT, "--background", "Leave it out.",
                  "has no effect here: only a PNG or BMP can have transparent parts");
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

oc_status cli_images_open(const cli_call *call, const char *path, oc_dataset **out, oc_error *err) {
  oc_data data = {0};
  oc_data_options options = oc_data_defaults();
  const cli_value *background = cli_get_named(call, "background");
  *out = NULL;
  if (background) options.background = background->text;
  if (cli_is_file(path)) return oc_dataset_open_file(path, &options, out, err);
  CLI_TRY(cli_data_open(call, path, &options, &data, err));
  *out = data.test;
  data.test = NULL;
  oc_data_close(&data);
  if (*out) return OC_OK;
  return cli_fail(err, OC_E_DATA, path, "", "has no test set: name one of its files instead");
}

oc_status cli_images_fit(const oc_dataset *set, const char *file, oc_image_shape m, oc_error *err) {
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

oc_status cli_image_open(const cli_call *call, const char *name, oc_image_shape size, uint8_t **pixels,
                         oc_error *err) {
  cli_slice slice;
  int64_t first, count;
  oc_dataset *set;
  CLI_TRY(cli_slice_read(name, &slice, err));
  CLI_TRY(cli_images_open(call, slice.path, &set, err));
  oc_status status = cli_images_fit(set, slice.path, size, err);
  if (status == OC_OK) status = cli_slice_resolve(&slice, oc_dataset_count(set), &first, &count, err);
  if (status == OC_OK && count != 1)
    status = cli_fail(err, OC_E_ARGUMENT, name, "Select one by its index in brackets: 'FILE[0]'.",
                      "expected one image, got %lld", (long long)count);
  if (status == OC_OK) status = read_image(set, first, size, pixels, err);
  if (status == OC_OK) (void)cli_background_note(call, set, slice.path);
  oc_dataset_free(set);
  return status;
}
