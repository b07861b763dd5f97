/* preset_resnet8.c: the ResNet-8 for CIFAR-10 of MLPerf Tiny (Banbury et al. 2021): 78,666 weights with
 * those that move on 32x32x3 images of ten classes, as its Keras model has them: biases before batch
 * normalization, and shortcuts that are convolutions without one. Its training: Adam, batches of 32, He's
 * initial weights. */
#include "net/preset.h"

#define NORMALIZE             " | batchnorm 0.001 0.9"
#define CONV(channels)        "conv 3x3x" #channels " same he_normal" NORMALIZE
#define CONV_BY_TWO(channels) "conv 3x3x" #channels " stride 2 same he_normal" NORMALIZE

const oc_preset oc_preset_resnet8 = {
    .name = "resnet8",
    .summary = "the ResNet-8 of MLPerf Tiny for images of 32x32 (Banbury et al. 2021)",
    .net = CONV(16) " | relu | "
                    "{ " CONV(16) " | relu | " CONV(
                        16) " ; } add | relu | "
                            "{ " CONV_BY_TWO(32) " | relu | " CONV(
                                32) " ; conv 1x1x32 stride 2 he_normal } add | relu | "
                                    "{ " CONV_BY_TWO(64) " | relu | " CONV(
                                        64) " ; conv 1x1x64 stride 2 he_normal } add | relu | "
                                            "globalmeanpool | dense CLASSES he_normal",
    .options = {{"lr", "2e-3"}, {"schedule", "cosine"}, {"batch", "32"}, {"epochs", "30"}}};
