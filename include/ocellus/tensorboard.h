/* tensorboard.h: files that TensorBoard shows: the graph, curves, histograms, images, texts.
 *
 *   oc_tensorboard *board;
 *   oc_tensorboard_open("logs", 0, &board, &err);
 *   oc_tensorboard_graph(board, g, &err);
 *   oc_tensorboard_scalar(board, "loss", step, loss, &err);
 *   oc_tensorboard_close(board, &err);
 *
 * Training writes such files itself if oc_fit_options.callbacks has "tensorboard" (model.h); this header
 * is for programs with a loop of their own. `tensorboard --logdir logs` shows them, also while they are being
 * written.
 *
 * Each opening makes one new file in the folder. Records shown together have one `tag`; a / in it makes
 * groups. Steps count up. Records are kept in memory until there are 64 KiB of them, 2 seconds have passed
 * (seen when the next one comes), or oc_tensorboard_flush is called. After a failed write the file ends with
 * its last whole record, and every later call fails in the same way.
 *
 * Threads: a board belongs to one caller at a time; different boards are independent, in one folder too.
 */
#ifndef OCELLUS_TENSORBOARD_H
#define OCELLUS_TENSORBOARD_H
#include "data.h"
#include "graph.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct oc_tensorboard oc_tensorboard;

/* Makes the folder (and its parents) if need be, and a file in it. What another file in this folder has
 * from `step` on is not shown any more: 0 for a new start, the last step + 1 to continue. The caller frees
 * *out with oc_tensorboard_close; on failure it is NULL. OC_E_CANT_CREATE: the folder or the file cannot
 * be made. OC_E_IO: writing failed. OC_E_UNSUPPORTED: a build without protobuf-c. */
OC_API oc_status oc_tensorboard_open(const char *folder, int64_t step, oc_tensorboard **out, oc_error *err);
/* Adds all operations of a graph with their types, inputs, attributes and shapes; scopes become boxes. One
 * graph a file. The graph stays the caller's. Errors as of oc_tensorboard_scalar. */
OC_API oc_status oc_tensorboard_graph(oc_tensorboard *t, const oc_graph *g, oc_error *err);
/* Adds one point of a curve; any value, also NaN. OC_E_ARGUMENT: a tag that is empty or not printable
 * ASCII. OC_E_IO: the file cannot be written; so from the first failure on. */
OC_API oc_status oc_tensorboard_scalar(oc_tensorboard *t, const char *tag, int64_t step, double value,
                                       oc_error *err);
/* Adds a histogram of the elements of a float tensor, in 64 buckets of equal width; values that are
 * not finite are left out. Errors as of oc_tensorboard_scalar; OC_E_MEMORY. */
OC_API oc_status oc_tensorboard_histogram(oc_tensorboard *t, const char *tag, int64_t step,
                                          const oc_tensor *values, oc_error *err);
/* Adds an image: uint8, HWC, 1 or 3 channels; copied. Errors as of oc_tensorboard_scalar; OC_E_ARGUMENT
 * also for other sizes; OC_E_UNSUPPORTED: a build without libpng. */
OC_API oc_status oc_tensorboard_image(oc_tensorboard *t, const char *tag, int64_t step, oc_image_shape size,
                                      const uint8_t *pixels, oc_error *err);
/* Adds a text in Markdown, UTF-8; copied. Errors as of oc_tensorboard_scalar. */
OC_API oc_status oc_tensorboard_text(oc_tensorboard *t, const char *tag, int64_t step, const char *markdown,
                                     oc_error *err);
/* Hands everything to the operating system: TensorBoard can see it now. OC_E_IO: the file cannot be
 * written. */
OC_API oc_status oc_tensorboard_flush(oc_tensorboard *t, oc_error *err);
/* Flushes and frees `t`, whatever it returns. NULL is fine. OC_E_IO: the rest cannot be written. */
OC_API oc_status oc_tensorboard_close(oc_tensorboard *t, oc_error *err);

#ifdef __cplusplus
}
#endif
#endif
