/* tensorboard.h (internal): the callback that writes files for TensorBoard.
 *
 *   tensorboard.c            what is written when
 *   tensorboard_text.c       options and layers as Markdown
 *   tensorboard_images.c   filters, misclassified images, confusion matrix
 *   tensorboard_canvas.c     a small canvas with letters */
#ifndef OC_TRAIN_TENSORBOARD_H
#define OC_TRAIN_TENSORBOARD_H
#include "train/fit.h"

/* ---- tensorboard_text.c: the caller frees with oc_memory_free; NULL: no memory ------------------------- */

char *oc_board_options(const oc_fit *f);
char *oc_board_layers(const oc_model *m);

/* ---- tensorboard_images.c: an image without pixels: there is nothing to show ------------------------ */

typedef struct oc_canvas {
  int64_t height, width;
  uint8_t *pixels; /* RGB */
} oc_canvas;
/* The weights that look at the images themselves, each a tile: blue is negative, red positive; of color
 * images, colors around gray. At most 256. */
oc_status oc_board_kernels(const oc_fit *f, oc_canvas *out, oc_error *err);
/* The first misclassified images of the last validation, each with its class and the predicted one. */
oc_status oc_board_mistakes(const oc_fit *f, oc_canvas *out, oc_error *err);
/* Rows: the truth, columns: the predictions; the color is the fraction of the row. */
oc_status oc_board_confusion(const oc_fit *f, oc_canvas *out, oc_error *err);

/* ---- tensorboard_canvas.c ------------------------------------------------------------------------------ */

typedef struct oc_color {
  uint8_t red, green, blue;
} oc_color;
enum { OC_LETTER_WIDTH = 8, OC_LETTER_HEIGHT = 10 }; /* a letter with its gap; the height without one */

/* All white. The caller releases. */
oc_status oc_canvas_create(int64_t height, int64_t width, oc_canvas *out, oc_error *err);
void oc_canvas_release(oc_canvas *c);
/* Pixels outside the canvas are skipped. */
void oc_canvas_fill(oc_canvas *c, int64_t y, int64_t x, int64_t height, int64_t width, oc_color color);
/* At most `most` letters; small ones become capitals, unknown ones a box. */
void oc_canvas_write(oc_canvas *c, int64_t y, int64_t x, const char *text, int most, oc_color color);

#endif
