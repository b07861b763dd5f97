/* preset_lenet5.c: LeNet-5 (LeCun et al. 1998), with plain means for subsampling and a dense last layer:
 * 61,706 parameters. */
#include "net/preset.h"

const oc_preset oc_preset_lenet5 = {.name = "lenet5",
                                    .summary = "LeNet-5 with mean pooling (LeCun et al. 1998)",
                                    .net = "conv 5x5x6 tanh same | meanpool 2 | conv 5x5x16 tanh | meanpool "
                                           "2 | dense 120 tanh | dense 84 tanh | "
                                           "dense CLASSES"};
