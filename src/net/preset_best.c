/* preset_best.c: the network of Deotte (2018) for MNIST: pairs of 3x3 convolutions, 5x5 convolutions of
 * stride 2 in the place of pooling, batch normalization, dropout: 325,994 parameters on 28x28x1 images of
 * ten classes. */
#include "net/preset.h"

#define GROUP(channels)                                                                                      \
  "conv 3x3x" #channels " bn relu he_normal | conv 3x3x" #channels                                           \
  " bn relu he_normal | conv 5x5x" #channels " bn relu stride 2 same he_normal | dropout 0.4 | "

const oc_preset oc_preset_best = {
    .name = "best",
    .summary = "a network for gray images of 28x28 such as MNIST, made for accuracy",
    .net = GROUP(32) GROUP(64) "dense 128 bn relu he_normal | dropout 0.4 | dense CLASSES",
    .options = {{"lr", "3e-3"}, {"schedule", "onecycle"}, {"batch", "64"}, {"epochs", "20"}}};
