/* kernel.h: defines kernels. A kernel is a faster implementation of an operation (or fused operations) for
 * float and one instruction-set level.
 *
 * One file (src/kernels/simd/WHAT/NAME.c, compiled once for each level) and one row in kernels.def add one.
 * From the row follow dispatch at run time, the comparison with the reference implementation in
 * tests/kernels, and the benchmark row. Rows of one operation stand best first; the planner takes the first
 * that the CPU has and that does not refuse. */
#ifndef OC_KERNELS_KERNEL_H
#define OC_KERNELS_KERNEL_H
#include "graph/op.h"
#include "ocellus/session.h"

typedef struct oc_kernel {
  const char *name; /* "f32_conv2d_gemm_avx2": type, operation, method, level */
  const char *op;   /* name of the operation in ops.def */
  oc_isa isa;
  /* Largest |kernel - plain| / largest |plain| that the tests allow for each output (0: the same bits). */
  double tolerance;
  /* NULL if this kernel can do it; else why not, as a short static text ("stride is not 1"). */
  const char *(*refuse)(const oc_op_info *info, int64_t batch);
  /* NULL, or 0 parts: the plan cuts the work by samples. Otherwise the kernel cuts itself: the whole batch in
   * each call, independent parts; outputs without batch axis are final, not sums of chunks. How many parts
   * may follow from the number of threads only where results do not depend on it. */
  int64_t (*parts)(const oc_op_info *info, int64_t batch, int threads);
  /* NULL: 1. How many sums of the whole batch out[0] is made in, which the plan adds up along the tree of
   * base/tree.h: the parts are as many groups of equal size, each of which makes one, in out[0] of its calls.
   * Never by the number of threads. */
  int64_t (*partials)(const oc_op_info *info, int64_t batch);
  /* Scratch of one worker for a call with up to `samples` samples. NULL: none. */
  size_t (*scratch)(const oc_op_info *info, int64_t samples);
  /* Packs or transforms the weights before the first call: once per run, or only once if its inputs never
   * change. Fills `bytes` from inputs without batch axis. In prepack's call, out[0] is the memory to fill,
   * and in[] has the inputs (batched ones NULL); part/parts as in prepack_parts (NULL: one). */
  size_t (*prepacked_bytes)(const oc_op_info *info);
  int64_t (*prepack_parts)(const oc_op_info *info);
  void (*prepack)(const oc_call *call);
  /* NULL, or, of a kernel that divides itself, the work of a worker before its first part of a run (of a sum,
   * where there are several): fills the scratch, which all its parts find as it was left. */
  void (*begin)(const oc_call *call);
  void (*run)(const oc_call *call);
  /* NULL, or the name of the kernel that this one is a variant of: the data of a run decide between them.
   * Whatever cuts a step (parts, partials) is that kernel's, and nothing is prepacked. */
  const char *variant_of;
  const char *when; /* of a variant: when it runs, as a clause for `ocellus plan`: "x is mostly zeros" */
  /* Of a variant: true if it runs. Each worker calls it before its first part of a run (of a sum), with a
   * call that has everything except scratch and outputs. The result depends only on the fed data, so that all
   * workers get the same. */
  bool (*suits)(const oc_call *call);
} oc_kernel;

#define OC_MAX_VARIANTS 2 /* of one kernel */

/* All kernels compiled in, best first; *count rows. */
const oc_kernel *const *oc_kernels_list(int *count);
/* The kernel that determines how the work is divided: k, or the kernel that it is a variant of. */
const oc_kernel *oc_kernel_base(const oc_kernel *k);

#endif
