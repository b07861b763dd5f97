/* kernels.c: the list of all kernels, from kernels.def: each at the highest level first. */
#include "kernels/kernel.h"

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
