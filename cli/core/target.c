/* target.c: see target.h. */
#include "core/target.h"
#include "core/message.h"
#include "core/suggest.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

oc_status cli_path_join(const char *folder, const char *name, char path[CLI_PATH_MAX], oc_error *err) {
  size_t length = strlen(folder);
  const char *slash = length > 0 && folder[length - 1] == '/' ? "" : "/";
  if (snprintf(path, CLI_PATH_MAX, "%s%s%s", folder, slash, name) < CLI_PATH_MAX) return OC_OK;
  return cli_fail(err, OC_E_ARGUMENT, "", "", "path is longer than %d characters: '%.60s...'",
                  CLI_PATH_MAX - 1, folder);
}

bool cli_is_folder(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool cli_is_file(const char *path) {
  struct stat info;
  if (stat(path, &info) == 0) return !S_ISDIR(info.st_mode);
  return errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG;
}

static bool ends_with(const char *text, const char *end) {
  size_t n = strlen(text), m = strlen(end);
  return n >= m && strcmp(text + n - m, end) == 0;
}

static bool folder_holds_model(const char *folder) {
  char path[CLI_PATH_MAX];
  static const char *const files[] = {"model.safetensors", "last.safetensors", "run.json"};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
    if (cli_path_join(folder, files[i], path, NULL) == OC_OK && cli_is_file(path)) return true;
  return false;
}

cli_target cli_target_of(const char *name) {
  if (ends_with(name, ".safetensors")) return CLI_TARGET_MODEL;
  if (cli_is_folder(name)) return folder_holds_model(name) ? CLI_TARGET_MODEL : CLI_TARGET_DATA;
  if (cli_is_file(name)) return oc_model_is_file(name) ? CLI_TARGET_MODEL : CLI_TARGET_DATA;
  if (oc_net_preset(name) || strpbrk(name, " |\n{")) return CLI_TARGET_NET;
  return CLI_TARGET_DATA;
}

bool cli_names_model(const char *name) {
  return cli_target_of(name) == CLI_TARGET_MODEL ||
         (!oc_net_preset(name) && (cli_is_folder(name) || cli_is_file(name)));
}

static oc_status fail_no_model(const char *folder, oc_error *err) {
  char path[CLI_PATH_MAX];
  const char *hint = "Give the folder of a training run, such as run-1, or a .safetensors file.";
  if (cli_path_join(folder, "last.safetensors", path, NULL) == OC_OK && cli_is_file(path))
    hint = "Continue the run with `ocellus train --resume`: no epoch has finished yet.";
  return cli_fail(err, OC_E_NO_INPUT, folder, hint, "has no model.safetensors");
}

oc_status cli_model_path(const char **name, char path[CLI_PATH_MAX], oc_error *err) {
  if (!cli_is_folder(*name)) return OC_OK;
  CLI_TRY(cli_path_join(*name, "model.safetensors", path, err));
  if (!cli_is_file(path)) return fail_no_model(*name, err);
  *name = path;
  return OC_OK;
}

oc_status cli_model_verify(const char *name, oc_error *err) {
  char path[CLI_PATH_MAX];
  CLI_TRY(cli_model_path(&name, path, err));
  return oc_model_verify(name, err);
}

oc_status cli_model_load(const char *name, int threads, oc_model **out, oc_error *err) {
  char path[CLI_PATH_MAX];
  oc_session_options session = oc_session_defaults();
  session.threads = threads;
  CLI_TRY(cli_model_path(&name, path, err));
  CLI_TRY(oc_model_load(name, &session, out, err));
  if (oc_model_converted(*out))
    fprintf(stderr, "ocellus: note: %s: weights of type %s, converted, not verified\n", name,
            oc_model_converted(*out));
  return OC_OK;
}

const char *cli_size_text(oc_image_shape size, char *text, size_t bytes) {
  snprintf(text, bytes, "%lldx%lldx%lld", (long long)size.height, (long long)size.width,
           (long long)size.channels);
  return text;
}

/* ---- a network alone ----------------------------------------------------------------------------------- */

oc_status cli_shape_read(const char *input, oc_image_shape *size, oc_error *err) {
  long long h = 0, w = 0, c = 0;
  int used = 0;
  int got = sscanf(input, "%6lldx%6lldx%6lld%n", &h, &w, &c, &used);
  bool whole = got == 3 && input[used] == 0;
  if (!whole || h < 1 || w < 1 || c < 1 || h > 65536 || w > 65536 || c > 1024)
    return cli_fail(err, OC_E_ARGUMENT, "--input", "Write, for example, --input 28x28x1.",
                    "must be HxWxC with height and width 1 to 65536 and channels 1 to 1024, got '%s'", input);
  *size = (oc_image_shape){h, w, c};
  return OC_OK;
}

oc_status cli_network_read(const char *net, const char *input, int64_t classes, oc_network *out,
                           oc_error *err) {
  *out = (oc_network){.net = net, .classes = (int)classes};
  return cli_shape_read(input, &out->input, err);
}

oc_status cli_model_of_net(const char *net, const char *input, int64_t classes, oc_model **out,
                           oc_error *err) {
  oc_image_shape size;
  oc_dataset *like = NULL;
  oc_model_options options = oc_model_defaults();
  const int32_t label = 0;
  options.net = net;
  CLI_TRY(cli_shape_read(input, &size, err));
  uint8_t *pixels = calloc((size_t)(size.height * size.width), (size_t)size.channels);
  if (!pixels)
    return cli_fail(err, OC_E_MEMORY, "--input", "Use smaller images.", "no memory for one image of %s",
                    input);
  const oc_target target = {"label", OC_TARGET_CLASS, classes, NULL, &label};
  const oc_dataset_options images = {.count = 1, .size = size, .targets = &target, .target_count = 1};
  oc_status status = oc_dataset_from_memory(pixels, &images, &like, err);
  free(pixels);
  if (status == OC_OK) status = oc_model_create(like, &options, out, err);
  oc_dataset_free(like);
  return status;
}
