#!/bin/bash
# Everything that is checked before a change goes in, cheapest first, stopping at the first failure. `make test` and
# .ci/run call it. FUZZ_SECONDS: how long each fuzz target runs (10).
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=$(nproc)
fuzz_seconds=${FUZZ_SECONDS:-10}
started=$SECONDS

stage() { # stage TITLE COMMAND...: says how long it took, and how long on one core it would have
  local title=$1
  shift
  printf '\n==== %s\n' "$title"
  TIMEFORMAT="==== $title: %0R s (%0U + %0S s of processor time)"
  if ! time "$@"; then
    printf '\n==== FAILED: %s\n' "$title" >&2
    exit 1
  fi
}
build() { # build PRESET TARGET...
  local preset=$1 options=(-DOCELLUS_TESTS=ON)
  shift
  case $preset in
    release) options+=(-DCMAKE_COMPILE_WARNING_AS_ERROR=ON) ;;
    fuzz) options+=(-DOCELLUS_PORTABLE=ON) ;; # no target runs a kernel
    # as where there are no other kernels, and little optimized: the release build has the same sources
    minimal) options+=(-DOCELLUS_PORTABLE=ON -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_C_FLAGS_DEBUG=-O1 -DNDEBUG -Wno-maybe-uninitialized") ;;
  esac
  cmake --preset "$preset" "${options[@]}" >"build/$preset.log" 2>&1 || { cat "build/$preset.log"; return 1; }
  cmake --build "build/$preset" -j "$jobs" --target "$@" -- --quiet
}
check() { # check PRESET CTEST-OPTION...
  local preset=$1
  shift
  ctest --test-dir "build/$preset" -j $((jobs + 1)) --output-on-failure --no-tests=error "$@" </dev/null | tail -n +2
}
# What a stage runs does not stop at a failure by itself, since `stage` asks for its result: hence && and ||.
setup() { # the rest is fetched while the release build runs
  tools/setup.sh build test || return
  { tools/setup.sh optional && tools/python.sh; } >build/setup.log 2>&1 &
  rest=$!
  trap wait EXIT
}

# A browser that starts slowly on a busy machine is no defect: its tests may try again.
release() {
  local set_up=0
  build release all || return
  wait "$rest" || set_up=$?
  cat build/setup.log
  [ "$set_up" = 0 ] && check release -LE page && check release -L page --repeat until-pass:3
}
# The corpora of the fuzz targets are replayed by libFuzzer with the same sanitizers, below.
asan() { # without detect_stack_use_after_return: gcc 12 misaligns 64-byte vectors with it (gcc bug 110027)
  build asan tests_unit tests_kernels tests_gradients tests_fault || return
  ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:handle_segv=2:handle_abort=2 \
    UBSAN_OPTIONS=print_stacktrace=1 check asan -L 'unit|kernels|gradients|fault' -LE once
}
tsan() { build tsan tests_threads && TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1 check tsan -L threads; }
minimal() { build minimal ocellus_program tests_unit && check minimal -L unit -LE once; }
fuzz() {
  build fuzz tests_fuzz || return
  local program name
  for program in build/fuzz/fuzz_*; do
    [ -x "$program" ] || continue
    name=${program##*/fuzz_}
    mkdir -p "build/fuzz/found/$name"
    printf '%s\0' "$name"
  done | xargs -0 -r -P "$jobs" -I NAME tools/fuzz-one.sh NAME "$fuzz_seconds"
}

mkdir -p build
stage "What is needed" setup
stage "Format" tools/format.sh --check
stage "Structure" python3 tools/check-structure.py
stage "Release build, all tests" release
stage "Address and undefined-behavior sanitizers" asan
stage "Thread sanitizer" tsan
stage "Minimal build, portable kernels" minimal
stage "Clang build, not optimized" build clang all
stage "Fuzz targets, $fuzz_seconds s each" fuzz
printf '\nAll passed in %d s.\n' $((SECONDS - started))
