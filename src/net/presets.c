/* presets.c: networks known by name. */
#include "ocellus/net.h"
#include <string.h>

typedef struct preset {
  const char *name, *text;
} preset;

static const preset presets[] = {
    /* The lecture's network (slides "Implementing a Deep Convolutional Neural Network"): 1,111,946 parameters
     * on 28x28x1 images of ten classes. */
    {"lecture",
     "conv 5x5x32 relu | maxpool 2 | conv 5x5x64 relu | maxpool 2 | dense 1024 relu | dropout 0.5 | "
     "dense CLASSES"},
    /* LeCun et al. 1998, with plain means for subsampling and a dense last layer: 61,706. */
    {"lenet5",
     "conv 5x5x6 tanh same | meanpool 2 | conv 5x5x16 tanh | meanpool 2 | dense 120 tanh | dense 84 tanh | "
     "dense CLASSES"},
    /* Small kernels and batch normalization, which makes up for a low learning rate: 8,830. On MNIST 98.9 % of the
     * test images after 20 epochs with all defaults. */
    {"tiny", "conv 3x3x10 relu | conv 3x3x16 relu | maxpool 2 | batchnorm 0.001 0.9 | conv 3x3x16 relu | "
             "conv 3x3x16 relu | maxpool 2 | batchnorm 0.001 0.9 | dense CLASSES"},
    /* For a result within seconds (`ocellus train --preset fast`): 18,378 parameters. */
    {"fast", "conv 5x5x16 relu | maxpool 2 | conv 5x5x32 relu | maxpool 2 | dense CLASSES"},
};
#define COUNT ((int)(sizeof presets / sizeof *presets))

const char *oc_net_preset(const char *name) {
  if (!name) return NULL;
  for (int i = 0; name && i < COUNT; i++)
    if (strcmp(presets[i].name, name) == 0) return presets[i].text;
  return NULL;
}

const char *oc_net_preset_name(int index) {
  return index >= 0 && index < COUNT ? presets[index].name : NULL;
}
