/* images.h: reads the images that an operand names, for commands that process them one by one. */
#ifndef OC_CLI_IMAGES_H
#define OC_CLI_IMAGES_H
#include "core/command.h"
#include "ocellus/model.h"

/* Checks that --background, if given, is a color and that a PNG or BMP is among the operands from `first`
 * on. */
oc_status cli_background_check(const cli_call *call, int first, oc_error *err);
/* Reports the color of an image's transparent pixels, if it has some and --background was not given. True if
 * it did. */
bool cli_background_note(const cli_call *call, const oc_dataset *set, const char *file);

/* The same of parts known to show `color`. */
bool cli_transparent_note(const cli_call *call, const uint8_t color[3], const char *file);

/* The mode of this name, which is one of --resize; OC_RESIZE_AUTO for NULL. */
oc_resize_mode cli_resize_mode(const char *name);
/* The rule of a model for images that it takes, in *rule: NULL for a model whose images have other than 1
 * or 3 channels, which no rule makes. */
const oc_preprocessing *cli_model_rule(const oc_model *m, oc_preprocessing *rule);
/* Images of other shapes than a model's were fitted. Zero-initialize. */
typedef struct cli_fitted {
  int64_t count, sizes; /* images; those of another size, not only of other channels */
} cli_fitted;
/* Counts `count` images of a set if it was opened by the rule of `m` and had another shape than the training
 * images. */
void cli_fitted_add(cli_fitted *f, const oc_model *m, const oc_dataset *set, int64_t count);
/* Reports the images that were counted, if any. */
void cli_fitted_note(const cli_fitted *f, const oc_model *m, const cli_call *call);

/* The images of a file, or of the test part of other data, in the shape of the model `m` (NULL: as they are);
 * the caller frees them. */
oc_status cli_images_open(const cli_call *call, const char *path, const oc_model *m, oc_dataset **out,
                          oc_error *err);
/* Where one image goes. */
typedef struct cli_image_place {
  const oc_model *model; /* its rule gives the shape; NULL: only channels are converted */
  oc_image_shape size;
} cli_image_place;
/* One image: 'FILE' or 'FILE[5]'. The caller frees *pixels with free. Reports like cli_background_note and
 * cli_fitted_note. */
oc_status cli_image_open(const cli_call *call, const char *name, cli_image_place place, uint8_t **pixels,
                         oc_error *err);

#endif
