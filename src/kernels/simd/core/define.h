/* define.h: OC_DEFINE_KERNEL(conv2d, gemm, .refuse = ..., .run = ...) defines the row
 * "f32_conv2d_gemm_<level>" of the operation conv2d. Its name without type and level, conv2d_gemm, stands in
 * kernels.def. */
#ifndef OC_SIMD_DEFINE_H
#define OC_SIMD_DEFINE_H
#include "kernels/kernel.h"
#include "kernels/simd/core/vec.h"

#define OC_DEFINE_KERNEL(op_name, method, ...)                                                               \
  extern const oc_kernel OC_K(oc_kernel_##op_name##_##method);                                               \
  const oc_kernel OC_K(oc_kernel_##op_name##_##method) = {.name = "f32_" #op_name "_" #method                \
                                                                  "_" OC_TEXT(OC_ISA),                       \
                                                          .op = #op_name,                                    \
                                                          .isa = OC_ISA_OF_FILE,                             \
                                                          __VA_ARGS__}

/* OC_DEFINE_VARIANT(matmul, columns, sparse, ...): the row matmul_columns_sparse, a variant of
 * matmul_columns. */
#define OC_DEFINE_VARIANT(op_name, method, variant, ...)                                                     \
  OC_DEFINE_KERNEL(op_name, method##_##variant,                                                              \
                   .variant_of = "f32_" #op_name "_" #method "_" OC_TEXT(OC_ISA), __VA_ARGS__)

#endif
