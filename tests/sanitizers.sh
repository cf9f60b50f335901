#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/sanitizers.sh address|threads|fuzz [SECONDS]: builds in build-<which>, without LibTorch, and runs the tests that
# the sanitizer has a verdict on. `fuzz SECONDS`: so long for each fuzzer instead of the short run.
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

# run_tests FOLDER TEST...
run_tests() {
  local folder=$1
  shift
  meson test -C "$folder" --no-rebuild --print-errorlogs --timeout-multiplier 10 "$@"
}

# Memory and undefined behaviour: the core, the elements with the test engine, storms. Leaks are told where
# nothing but our plugin is loaded: others leave things behind when GStreamer scans them.
address() {
  configure build-address -Db_sanitize=address,undefined
  ninja -C build-address
  export GST_REGISTRY_FORK=no  # the scanner is no program of ours: it cannot load a plugin with a sanitizer
  export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
  GST_PLUGIN_SYSTEM_PATH_1_0='' run_tests build-address vcl-unit-core vcl-unit-crf vcl-unit-checkpoint \
    vcl-unit-threads check-storms
  ASAN_OPTIONS=detect_leaks=0 run_tests build-address check-meta check-features-meta check-vis-segment-stream \
    check-vis-segment-control check-vis-segment-whole check-annotators-stream check-annotators-control \
    check-dinofeatures check-maskcut check-overlay check-export
}

# Data races in our own code: GLib's and GStreamer's is not instrumented, what happens inside them is not judged, but
# their locks are known (check/tsan_glib.cpp), and in what order GStreamer takes them is its own affair.
threads() {
  configure build-threads -Db_sanitize=thread
  ninja -C build-threads
  export TSAN_OPTIONS="ignore_noninstrumented_modules=1 halt_on_error=1 detect_deadlocks=0"
  export GST_REGISTRY_FORK=no GST_PLUGIN_SYSTEM_PATH_1_0='' CK_FORK=no
  run_tests build-threads vcl-unit-threads vcl-unit-crf check-storms
}

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
