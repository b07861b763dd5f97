#!/usr/bin/env bash
# A variable of the environment with a value that is not known is refused, with those that are.
. "$(dirname "$0")/_lib.sh"
for value in AVX2 foo avx512f ' avx2' native; do
  OCELLUS_CPU=$value refused 64 "OCELLUS_CPU: unknown instruction-set level '$value': expected portable, avx2 or avx512" version
done
for value in portable avx2 avx512 ''; do
  OCELLUS_CPU=$value run version
  has_code 0 "OCELLUS_CPU=$value"
done
OCELLUS_CPU=portable run version
out_has 'portable' "a known level is used"
for value in data plan,foo PLAN all,kernel; do
  OCELLUS_TRACE=$value refused 64 'OCELLUS_TRACE: unknown topic .*: expected plan, run or all' plan tiny
done
OCELLUS_TRACE=plan,run run plan tiny
has_code 0 "OCELLUS_TRACE=plan,run"
for value in foo winograd,foo Winograd; do
  OCELLUS_REFUSE=$value refused 64 "OCELLUS_REFUSE: '(foo|Winograd)' matches no kernel; .* winograd " plan tiny
done
OCELLUS_REFUSE=winograd,,gemm run plan tiny
has_code 0 "OCELLUS_REFUSE=winograd,,gemm"
say "every command asks"
for command in 'train digits' 'test m digits' 'predict m digits' 'show tiny' 'trace m digits' 'plan tiny' bench 'conv 1,2 --w 1' 'pool 1,2' 'explain xo' demo; do
  OCELLUS_CPU=foo refused 64 "OCELLUS_CPU: unknown instruction-set level .foo.: expected portable, avx2 or avx512" $command
done
finish
