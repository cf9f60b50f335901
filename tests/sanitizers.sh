#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/sanitizers.sh PART: builds in build-<sanitizer> what the part needs and runs the tests that the sanitizer has a verdict on.
#   address-core | address-engine | address-tools | address-training   memory and undefined behavior
#   threads                                                            data races
#   fuzz [SECONDS]                                                     the fuzzers, each so long instead of the short run
# LibTorch, GLib and GStreamer are not instrumented: the verdict is on our code.
set -euo pipefail
cd "$(dirname "$0")/.."

# configure FOLDER OPTION...: what the compiler supposes of instrumented code is no error.
configure() {
  local folder=$1
  shift
  if [ ! -e "$folder/build.ninja" ]; then
    meson setup "$folder" -Ddebug=true -Doptimization=1 -Dcpp_args=-g1 -Dwerror=false "$@"
  fi
}

# run_tests FOLDER TEST...: builds what these tests need.
run_tests() {
  local folder=$1
  shift
  meson test -C "$folder" --print-errorlogs --num-processes "$(nproc)" --timeout-multiplier 2 "$@"
}

address() { # TEST...
  configure build-address -Db_sanitize=address,undefined
  export GST_REGISTRY_FORK=no  # the scanner is no program of ours: it cannot load a plugin with a sanitizer
  export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
  export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}allocator_may_return_null=1  # tests ask for too much memory
  run_tests build-address "$@"
}

# For tests whose programs are not ours: they load our plugin, and the sanitizer must have come before.
address_in_others() { # TEST...
  local preload
  preload="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libstdc++.so.6)"
  ASAN_OPTIONS=detect_leaks=0 address --wrapper "env LD_PRELOAD='$preload'" "$@"
}

# Leaks are told where nothing but our plugin is loaded: others leave things behind when GStreamer scans them.
address-core() {
  GST_PLUGIN_SYSTEM_PATH_1_0='' address vcl-unit-core vcl-unit-crf vcl-unit-pixels vcl-unit-checkpoint vcl-unit-threads \
    vcl-golden-core vcl-golden-crf check-storms check-c-api check-c-api-cancel
  ASAN_OPTIONS=detect_leaks=0 address check-meta check-features-meta check-vis-segment-stream \
    check-vis-segment-control check-vis-segment-whole check-annotators-stream check-annotators-control \
    check-dinofeatures check-maskcut check-overlay check-export check-export-lines check-foreign-memory \
    check-sei check-idmap-pixels check-idmap-stream
}

address-engine() {
  address unit-engine-dino unit-engine-video vcl-unit-stream golden-engine-dino golden-pipeline check-torch-host
  address_in_others check-real-engine
}

address-tools() {
  address_in_others cli-segment cli-failures cli-images cli-models cli-model-names cli-documentation cli-examples \
    cli-eval cli-davis-quality cli-image-quality
}

address-training() {
  address vcl-unit-training unit-training-runs unit-pretrain vcl-unit-distributed unit-training-inputs vcl-unit-clips \
    vcl-unit-saliency vcl-unit-annotate vcl-golden-training golden-losses cli-pseudo-label cli-synthesize
}

# GLib's and GStreamer's locks are known (check/tsan_glib.cpp), and in what order GStreamer takes them is its own affair.
# Without the engine: the threads of LibTorch's OpenMP wait for each other where this sanitizer does not see it.
threads() {
  configure build-threads -Db_sanitize=thread
  export TSAN_OPTIONS="ignore_noninstrumented_modules=1 halt_on_error=1 detect_deadlocks=0"
  export GST_REGISTRY_FORK=no GST_PLUGIN_SYSTEM_PATH_1_0='' CK_FORK=no
  run_tests build-threads vcl-unit-threads vcl-unit-crf check-storms check-c-api check-c-api-cancel
}

readonly fuzzers=(checkpoint coco file-end frame-json index-png journal movie-index packed-frame pickle rle sei tar)

fuzz() {
  CC=clang CXX=clang++ configure build-fuzz -Dengine=disabled -Dtools=disabled -Dtraining=disabled -Dopencv=disabled \
    -Dplugins=disabled -Dfuzzers=true -Db_sanitize=address,undefined -Db_lundef=false
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
  address-core | address-engine | address-tools | address-training | threads | fuzz) "$@" ;;
  *)
    printf 'usage: %s address-core|address-engine|address-tools|address-training|threads|fuzz [SECONDS]\n' "$0" >&2
    exit 2
    ;;
esac
