/* preset_fast.c: defines a preset for a result within seconds: 18,378 parameters, a higher learning rate that
 * goes down to 0, few epochs. */
#include "net/preset.h"

const oc_preset oc_preset_fast = {
    .name = "fast",
    .summary = "a smaller network for a few epochs, trained in seconds",
    .net = "conv 5x5x16 relu | maxpool 2 | conv 5x5x32 relu | maxpool 2 | dense CLASSES",
    .options = {{"lr", "4e-3"}, {"schedule", "linear"}, {"batch", "64"}, {"epochs", "3"}}};
