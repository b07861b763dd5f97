/* unlike.h: reports images that are unlike the training images of a model, and exchanges dark and light. */
#ifndef OC_CLI_UNLIKE_H
#define OC_CLI_UNLIKE_H
#include "core/command.h"
#include "core/json.h"
#include "ocellus/model.h"

enum { CLI_UNLIKE_KINDS = 5 };
/* What was seen so far. Zero-initialize. */
typedef struct cli_unlike {
  int64_t images, unlike, counts[CLI_UNLIKE_KINDS];
} cli_unlike;
/* Of one image. */
typedef struct cli_unlike_image {
  unsigned how;  /* bits of oc_unlike */
  bool inverted; /* dark and light were exchanged */
} cli_unlike_image;
/* Compares an image, in the model's shape, and exchanges dark and light as --invert says: "auto", "yes" or
 * "no". `original`: its shape before; `name`: for the note, which the first few get. */
cli_unlike_image cli_unlike_look(cli_unlike *u, const cli_call *call, const oc_model *m, uint8_t *pixels,
                                 oc_image_shape original, const char *name);
/* Reports how many there were, where not each had its note. */
void cli_unlike_sum(const cli_unlike *u, const cli_call *call);
/* ["inverted", "aspect"]. */
json_t *cli_unlike_json(const cli_unlike_image *image);

#endif
