/* flip.c: exchanges left and right of an image, and top and bottom. `alternate` draws once for each image
 * whether it is flipped in the first epoch, and then flips it in every second one, so that two epochs in a
 * row show both of its sides (Jordan 2024, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", arXiv
 * 2404.00498, section 3.6). */
#include "data/augment/transform.h"

enum { ALTERNATE = -1 };

/* `r` is that of an image and an epoch; the first number in epoch 0 is the image's own. */
static bool is_turn(const oc_random *r) {
  oc_random first = *r;
  first.epoch = first.next = 0;
  return (oc_random_unit(&first) < 0.5) == (r->epoch % 2 == 0);
}

static bool flip_draw(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  (void)shape;
  const bool turn = is_turn(r);
  drawn[0] = oc_random_unit(r) < values[0] || (values[0] == ALTERNATE && turn);
  drawn[1] = oc_random_unit(r) < values[1];
  return drawn[0] != 0 || drawn[1] != 0;
}

/* drawn: 1 to exchange left and right, 1 to exchange top and bottom. */
static oc_map flip_map(oc_image_shape shape, const double *drawn) {
  const bool x = drawn[0] != 0, y = drawn[1] != 0;
  return oc_map_axes(x ? -1 : 1, x ? (double)shape.width : 0, y ? -1 : 1, y ? (double)shape.height : 0);
}

const oc_transform oc_transform_flip = {
    .name = "flip",
    .summary = "exchange left and right, or top and bottom; alternate: left and right in every second epoch "
               "(Jordan 2024, arXiv 2404.00498)",
    .words = {"alternate"},
    .hyperparameters =
        {{.name = "horizontal",
          .high = 1,
          .fallback = 0.5,
          .help = "probability of exchanging left and right"},
         {.name = "vertical", .high = 1, .fallback = 0, .help = "probability of exchanging top and bottom"}},
    .draw = flip_draw,
    .map = flip_map,
    .inside = true};
