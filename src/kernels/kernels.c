/* kernels.c: the list of all kernels, from kernels.def: each at the highest level first. */
#include "kernels/kernel.h"

#define COUNT(list) ((int)(sizeof(list) / sizeof *(list)))

#if OC_X86
#define OC_ROW(name)                                                                                         \
  extern const oc_kernel oc_kernel_##name##_avx512, oc_kernel_##name##_avx2, oc_kernel_##name##_portable;
#else
#define OC_ROW(name) extern const oc_kernel oc_kernel_##name##_portable;
#endif
#include "kernels/kernels.def"
#undef OC_ROW

#if OC_X86
#define OC_ROW(name) &oc_kernel_##name##_avx512, &oc_kernel_##name##_avx2, &oc_kernel_##name##_portable,
#else
#define OC_ROW(name) &oc_kernel_##name##_portable,
#endif
static const oc_kernel *const kernels[] = {
#include "kernels/kernels.def"
};
#undef OC_ROW

const oc_kernel *const *oc_kernels_list(int *count) {
  *count = COUNT(kernels);
  return kernels;
}
