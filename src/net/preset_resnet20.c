/* preset_resnet20.c: ResNet-20 for CIFAR-10 (He et al. 2015, section 4.2) with projections where the size
 * changes, their option B: 272,474 parameters on 32x32x3 images of ten classes. Initial weights, momentum,
 * weight decay and batch size are the paper's; it does not start the last gamma of a block at 0, and neither
 * does this. The learning rate follows half a cosine instead of three steps. */
#include "net/preset.h"

#define BODY(channels, stride)                                                                               \
  "conv 3x3x" #channels " bn relu" stride " same he_normal | conv 3x3x" #channels " bn same he_normal ; "
#define SAME(channels) "{ " BODY(channels, "") "} add | relu | "
#define HALF(channels)                                                                                       \
  "{ " BODY(channels, " stride 2") "conv 1x1x" #channels " bn stride 2 he_normal } add | relu | "

const oc_preset oc_preset_resnet20 = {.name = "resnet20",
                                      .summary = "ResNet-20 for color images of 32x32 (He et al. 2015)",
                                      .net = "conv 3x3x16 bn relu same he_normal | " SAME(16) SAME(16)
                                          SAME(16) HALF(32) SAME(32) SAME(32) HALF(64) SAME(64)
                                              SAME(64) "globalmeanpool | dense CLASSES he_normal",
                                      .options = {{"optimizer", "momentum"},
                                                  {"lr", "0.1"},
                                                  {"l2", "1e-4"},
                                                  {"schedule", "cosine"},
                                                  {"batch", "128"},
                                                  {"epochs", "30"}}};
