/* preset_vgg.c: a small VGG (Simonyan and Zisserman 2015) with batch normalization for images of 32x32 to
 * 64x64: pairs of 3x3 convolutions of 32, 64 and 128 channels, and a global mean in the place of its large
 * dense layers: 288,746 parameters on 32x32x3 images of ten classes. Weights start as in He et al. (2015). */
#include "net/preset.h"

#define PAIR(channels)                                                                                       \
  "conv 3x3x" #channels " bn relu same he_normal | conv 3x3x" #channels                                      \
  " bn relu same he_normal | maxpool 2 | "

const oc_preset oc_preset_vgg = {
    .name = "vgg",
    .summary = "a small VGG with batch normalization for color images of 32x32 to 64x64",
    .net = PAIR(32) PAIR(64) PAIR(128) "globalmeanpool | dropout 0.3 | dense CLASSES",
    .options = {{"lr", "3e-3"}, {"schedule", "onecycle"}, {"batch", "64"}, {"epochs", "20"}}};
