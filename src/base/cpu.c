/* cpu.c: finds the instruction-set level that this CPU and operating system support (they must save the wide
 * registers too, which __builtin_cpu_supports checks), capped by OCELLUS_CPU. */
#include "base/log.h"
#include "ocellus/session.h"
#include <string.h>

static const char *const names[] = {"auto", "portable", "avx2", "avx512"};

const char *oc_isa_name(oc_isa isa) {
  return isa >= OC_ISA_AUTO && isa <= OC_ISA_AVX512 ? names[isa] : "unknown";
}

static oc_isa of_cpu(void) {
#if OC_X86
  __builtin_cpu_init();
  if (!(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
        __builtin_cpu_supports("bmi2")))
    return OC_ISA_PORTABLE;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    return OC_ISA_AVX512;
  return OC_ISA_AVX2;
#else
  return OC_ISA_PORTABLE;
#endif
}

oc_isa oc_isa_best(void) {
  const oc_isa have = of_cpu();
  const char *cap = oc_env_cpu();
  for (int i = OC_ISA_PORTABLE; cap && i < (int)have; i++)
    if (strcmp(cap, names[i]) == 0) return (oc_isa)i;
  return have;
}
