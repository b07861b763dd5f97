/* images.h: reads the images that an operand names, for commands that process them one by one. */
#ifndef OC_CLI_IMAGES_H
#define OC_CLI_IMAGES_H
#include "core/command.h"
#include "ocellus/data.h"

/* Checks that --background, if given, is a color and that a PNG or BMP is among the operands from `first`
 * on. */
oc_status cli_background_check(const cli_call *call, int first, oc_error *err);
/* Reports the color of an image's transparent pixels, if it has some and --background was not given. True if
 * it did. */
bool cli_background_note(const cli_call *call, const oc_dataset *set, const char *file);

/* The same of parts known to show `color`. */
bool cli_transparent_note(const cli_call *call, const uint8_t color[3], const char *file);

/* The images of a file, or of the test part of other data; the caller frees them. */
oc_status cli_images_open(const cli_call *call, const char *path, oc_dataset **out, oc_error *err);
/* Checks that a model for images of size `m` can take these. Channels may be converted. `file` is for
 * messages. */
oc_status cli_images_fit(const oc_dataset *set, const char *file, oc_image_shape m, oc_error *err);
/* One image of that size: 'FILE' or 'FILE[5]'. The caller frees *pixels with free. Reports like
 * cli_background_note. */
oc_status cli_image_open(const cli_call *call, const char *name, oc_image_shape size, uint8_t **pixels,
                         oc_error *err);

#endif
