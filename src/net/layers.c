/* layers.c: the list of layers. */
#include "net/net.h"

#define OC_ROW(name) &oc_layer_##name,
static const oc_layer_kind *const kinds[] = {
#include "net/layers.def"
};
#undef OC_ROW

const oc_layer_kind *oc_layer_kind_at(int index) {
  return index >= 0 && (size_t)index < sizeof kinds / sizeof *kinds ? kinds[index] : NULL;
}
