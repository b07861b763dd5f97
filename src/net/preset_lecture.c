/* preset_lecture.c: the lecture's network (slides "Implementing a Deep Convolutional Neural Network"):
 * 1,111,946 parameters on 28x28x1 images of ten classes. Its training is the default of every option. */
#include "net/preset.h"

const oc_preset oc_preset_lecture = {
    .name = "lecture",
    .summary = "the lecture's network and training options: all defaults",
    .net = "conv 5x5x32 relu | maxpool 2 | conv 5x5x64 relu | maxpool 2 | dense 1024 relu | dropout 0.5 | "
           "dense CLASSES"};
