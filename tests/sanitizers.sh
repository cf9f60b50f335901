#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/sanitizers.sh address|threads|fuzz [SECONDS]: builds in build/<which>-sanitizer without LibTorch and runs, of the
# tests, those that the sanitizer has a verdict on. `fuzz SECONDS`: so long for each fuzzer instead of the short run.
set -euo pipefail
cd "$(dirname "$0")/.."

# configure FOLDER OPTION...
configure() {
  local folder=$1
  shift
  if [ ! -e "$folder/build.ninja" ]; then
    meson setup "$folder" -Dengine=disabled -Dtools=disabled -Dtraining=disabled -Dopencv=disabled \
      -Dbuildtype=debugoptimized -Doptimization=1 "$@"
  fi
}

# Memory and undefined behaviour: the core, the elements with the test engine, storms and soak.
address() {
  configure build-address -Db_sanitize=address,undefined
  ninja -C build-address
  # The plugin is no program: what loads it must have the sanitizer, which GStreamer's scanner has not.
  GST_REGISTRY_FORK=no ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
    LSAN_OPTIONS="suppressions=$PWD/tests/leaks.supp" \
    meson test -C build-address --no-rebuild --print-errorlogs --timeout-multiplier 10 "${tests[@]}"
}

# Data races. GLib and GStreamer are not instrumented: accesses inside them are not judged, their locks are known
# (check/tsan_glib.cpp); references that are counted by their atomics are not.
threads() {
  configure build-threads -Db_sanitize=thread
  ninja -C build-threads
  GST_REGISTRY_FORK=no CK_FORK=no TSAN_OPTIONS="ignore_noninstrumented_modules=1 halt_on_error=1" \
    meson test -C build-threads --no-rebuild --print-errorlogs --timeout-multiplier 10 \
    vcl-unit-threads vcl-unit-crf check-storms
}

readonly tests=(vcl-unit-core vcl-unit-crf vcl-unit-checkpoint vcl-unit-threads check-storms check-soak check-meta
  check-features-meta check-vis-segment-stream check-vis-segment-control check-vis-segment-whole check-annotators-stream
  check-annotators-control check-dinofeatures check-maskcut check-overlay check-export)

readonly fuzzers=(checkpoint coco frame-json pickle rle tar)

fuzz() {
  CC=clang CXX=clang++ configure build-fuzz -Dplugins=disabled -Dfuzzers=true -Dwerror=false \
    -Db_sanitize=address,undefined -Db_lundef=false
  ninja -C build-fuzz "${fuzzers[@]/#/tests/fuzz/fuzz-}"
  if [ $# = 0 ]; then
    meson test -C build-fuzz --no-rebuild --print-errorlogs --suite fuzz
    return
  fi
  for name in "${fuzzers[@]}"; do
    meson test -C build-fuzz --no-rebuild --print-errorlogs --timeout-multiplier 0 "fuzz-$name" \
      --test-args "-runs=-1 -max_total_time=$1"
  done
  printf 'What was found is in build-fuzz/tests/fuzz/found; to keep what covers more:\n'
  printf '  build-fuzz/tests/fuzz/fuzz-%s -merge=1 tests/fuzz/corpus/%s build-fuzz/tests/fuzz/found/%s\n' \
    "${fuzzers[0]}" "${fuzzers[0]}" "${fuzzers[0]}"
}

case ${1:-} in
  address | threads | fuzz) "$@" ;;
  *)
    printf 'usage: %s address|threads|fuzz [SECONDS]\n' "$0" >&2
    exit 2
    ;;
esac
