/* target.h: opens what an operand names: a model, a network, or data. */
#ifndef OC_CLI_TARGET_H
#define OC_CLI_TARGET_H
#include "ocellus/network.h"
#include <stdbool.h>

typedef enum cli_target { CLI_TARGET_MODEL, CLI_TARGET_NET, CLI_TARGET_DATA } cli_target;

enum { CLI_PATH_MAX = 4096 };
/* "folder/name"; OC_E_ARGUMENT if that is too long. */
oc_status cli_path_join(const char *folder, const char *name, char path[CLI_PATH_MAX], oc_error *err);
bool cli_is_folder(const char *path);
bool cli_is_file(const char *path);
/* A run folder, a .safetensors file or one that begins as a model does is a model; a preset or a text with a
 * layer's name in it a network; anything else data, built in or to be found on disk. */
cli_target cli_target_of(const char *name);
/* For a command that takes a model or a network: true if `name` is to be loaded. Also true for a file or
 * folder that is not a model, so that the error reports it. */
bool cli_names_model(const char *name);

/* *name: of a run's folder, the model in it, in `path`; else as it is. */
oc_status cli_model_path(const char **name, char path[CLI_PATH_MAX], oc_error *err);
/* Checks the SHA-256 sums of the model in a run's folder or a file. */
oc_status cli_model_verify(const char *name, oc_error *err);
/* Loads a model from its file, or from the folder of a run. `threads` 0: all processors. */
oc_status cli_model_load(const char *name, int threads, oc_model **out, oc_error *err);
/* The shape "HxWxC" of --input. */
oc_status cli_shape_read(const char *input, oc_image_shape *size, oc_error *err);
/* A network alone, for oc_network_layers and oc_network_plan. `input` is "HxWxC". */
oc_status cli_network_read(const char *net, const char *input, int64_t classes, oc_network *out,
                           oc_error *err);
/* A model with fresh weights for a network alone. `input` is "HxWxC". */
oc_status cli_model_of_net(const char *net, const char *input, int64_t classes, oc_model **out,
                           oc_error *err);
/* "28x28x1". Returns `text`. */
const char *cli_size_text(oc_image_shape size, char *text, size_t bytes);

/* `name` without a [..] at its end, and which images that selects: [5] one, [a:b] from a up to b, either
 * may be left out, a negative one counts from the end. */
typedef struct cli_slice {
  char path[4096];
  bool given; /* there was a [..] */
  bool has_first, has_last, single;
  int64_t first, last;
} cli_slice;
oc_status cli_slice_read(const char *name, cli_slice *out, oc_error *err);
/* The images first .. first+count-1 of `total`. All selected images must exist. */
oc_status cli_slice_resolve(const cli_slice *s, int64_t total, int64_t *first, int64_t *count, oc_error *err);

#endif
