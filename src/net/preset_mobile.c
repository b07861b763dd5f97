/* preset_mobile.c: MobileNet (Howard et al. 2017) of half its width, which two cores can train: 823,722
 * parameters on 32x32x3 images of ten classes. Depthwise 3x3 and 1x1 convolutions, each with batch
 * normalization and relu6. A stride is left out where the image is small already: sides of 32, 64, 96, 128
 * and 224 pixels end as 8, 8, 6, 8 and 7. */
#include "net/preset.h"

#define PAIR(channels, stride)                                                                               \
  "depthwise 3x3 bn relu6" stride " same he_normal | conv 1x1x" #channels " bn relu6 he_normal | "

const oc_preset oc_preset_mobile = {
    .name = "mobile",
    .summary = "MobileNet of half its width for color images of 32x32 to 224x224 (Howard et al. 2017)",
    .net = "conv 3x3x16 bn relu6 stride 2 above 32 same he_normal | " PAIR(32, "")
        PAIR(64, " stride 2 above 32") PAIR(64, "") PAIR(128, " stride 2 above 16") PAIR(128, "")
            PAIR(256, " stride 2 above 8") PAIR(256, "") PAIR(256, "") PAIR(256, "") PAIR(256, "")
                PAIR(256, "") PAIR(512, " stride 2 above 8")
                    PAIR(512, "") "globalmeanpool | dropout 0.2 | dense CLASSES",
    .options = {{"lr", "3e-3"}, {"schedule", "onecycle"}, {"batch", "64"}, {"epochs", "20"}}};
