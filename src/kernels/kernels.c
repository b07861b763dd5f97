/* kernels.c: lists all kernels, from kernels.def: each at the highest level first. */
#include "kernels/kernel.h"
#include <string.h>

#define COUNT(list) ((int)(sizeof(list) / sizeof *(list)))

#if OC_X86
#define OC_ROW_ABOVE(name) extern const oc_kernel oc_kernel_##name##_avx512, oc_kernel_##name##_avx2;
#else
#define OC_ROW_ABOVE(name)
#endif
#define OC_ROW(name)                                                                                         \
  OC_ROW_ABOVE(name)                                                                                         \
  extern const oc_kernel oc_kernel_##name##_portable;
#include "kernels/kernels.def"
#undef OC_ROW
#undef OC_ROW_ABOVE

#if OC_X86
#define OC_ROW_ABOVE(name) &oc_kernel_##name##_avx512, &oc_kernel_##name##_avx2,
#else
#define OC_ROW_ABOVE(name)
#endif
#define OC_ROW(name) OC_ROW_ABOVE(name) & oc_kernel_##name##_portable,
static const oc_kernel *const kernels[] = {
#include "kernels/kernels.def"
};
#undef OC_ROW
#undef OC_ROW_ABOVE

const oc_kernel *const *oc_kernels_list(int *count) {
  *count = COUNT(kernels);
  return kernels;
}

const oc_kernel *oc_kernel_base(const oc_kernel *k) {
  for (int i = 0; k->variant_of && i < COUNT(kernels); i++)
    if (strcmp(kernels[i]->name, k->variant_of) == 0) return kernels[i];
  return k;
}
