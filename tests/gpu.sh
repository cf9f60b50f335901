#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Tests and benchmarks on a GPU machine that has little more than LibTorch (a torch wheel with CUDA), nvcc, g++, cmake,
# meson, ninja and python3, and no network.
#   tests/gpu.sh pack        here, where ./setup.sh ran: puts what the GPU machine lacks (5 MB) into .work/gpu/, to be
#                            copied there
#   tests/gpu.sh run [OUT]   on the GPU machine: builds in build-gpu/, tests and measures. Writes build.txt, tests.txt,
#                            sanitizer.txt and gpu.md into OUT (default: out/gpu)
# $LIBTORCH names a LibTorch other than python3's. Without a CUDA device, `run` tests on the CPU, runs a short
# benchmark, reports this, and fails.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly carried=$PWD/.work/gpu

say() { printf '[gpu] %s\n' "$*" >&2; }
fail() { # CAUSE CURE
  printf '[gpu] error: %s\n[gpu] cure:  %s\n' "$1" "$2" >&2
  exit 1
}

pack() {
  local png
  rm -rf "$carried"
  mkdir -p "$carried/include" "$carried/ppm"
  cp -r /usr/include/nlohmann "$carried/include/"
  cp -r /usr/src/googletest/googletest/include/gtest "$carried/include/"
  cp -r /usr/src/googletest/googletest/src "$carried/src"
  for png in tests/golden/data/images/*.png tests/golden/data/crf/*.png tests/golden/data/video/frames/*_f?.png; do
    gst-launch-1.0 -q filesrc location="$png" ! pngdec ! videoconvert ! video/x-raw,format=RGB ! pnmenc \
      ! filesink location="$carried/ppm/$(basename "$png" .png).ppm"
  done
  say "$(du -sm "$carried" | cut -f1) MB in $carried"
}

torch_folder() {
  if [ -n "${LIBTORCH:-}" ]; then
    echo "$LIBTORCH"
  else
    python3 -c 'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])'
  fi
}

# Builds the packed GoogleTest, because the GPU machine has none.
build_gtest() {
  local source
  mkdir -p build-gpu/gtest
  for source in gtest-all gtest_main; do
    if [ -e "build-gpu/gtest/lib${source/-all/}.a" ]; then
      continue
    fi
    "${CXX:-g++}" -std=c++20 -O1 -isystem "$carried/include" -I "$carried" -c "$carried/src/$source.cc" \
      -o "build-gpu/gtest/$source.o" || return 1
    ar rcs "build-gpu/gtest/lib${source/-all/}.a" "build-gpu/gtest/$source.o" || return 1
  done
}

build() { # TORCH; returns errors explicitly because errexit has no effect in a condition
  export CPLUS_INCLUDE_PATH=$carried/include
  build_gtest || return 1
  # Warnings are not errors, because another compiler may give warnings that ours does not.
  if [ ! -e build-gpu/build.ninja ]; then
    LDFLAGS=-L$PWD/build-gpu/gtest meson setup build-gpu -Dwerror=false -Dcuda=enabled -Dlibtorch="$1" -Dplugins=disabled -Dtools=disabled \
      -Dtraining=disabled -Dopencv=disabled || return 1
  fi
  ninja -C build-gpu
}

run_tests() { # DEVICE
  VCL_TEST_DEVICE=$1 VCL_PPM_DIR=$carried/ppm meson test -C build-gpu --no-rebuild --print-errorlogs
}

run() { # OUT
  local out=$1 torch status=0 unit=0
  [ -d "$carried" ] || fail "$carried is missing" "make it with tests/gpu.sh pack where ./setup.sh ran, and carry it here"
  mkdir -p "$out"
  out=$(realpath "$out")
  torch=$(torch_folder) || fail "python3 has no torch" "install one with CUDA, or name its folder in LIBTORCH"
  say "building against $torch"
  if ! build "$torch" >"$out/build.txt" 2>&1; then
    grep -E -A 8 '(error|FAILED|ERROR):' "$out/build.txt" | head -n 40 >&2
    fail "the build failed" "see $out/build.txt"
  fi
  build-gpu/tests/unit/vcl-unit-cuda-device --gtest_filter=None >/dev/null || unit=$?
  if [ "$unit" = 77 ]; then
    run_tests cpu 2>&1 | tee "$out/tests.txt" || fail "tests of the processor failed" "see $out/tests.txt"
    build-gpu/benchmarks/gpu --device cpu --quick >"$out/gpu-quick.md" || fail "the benchmark failed" "see the line above"
    fail "no CUDA device: the processor's tests passed, nothing was measured" "run this where LibTorch sees a GPU"
  fi
  say "testing"
  run_tests cuda 2>&1 | tee "$out/tests.txt" || status=1
  if command -v compute-sanitizer >/dev/null; then
    say "looking for accesses beyond memory"
    compute-sanitizer --error-exitcode 1 build-gpu/tests/unit/vcl-unit-cuda-device --gtest_filter='CudaCrf.*:CudaDeformable.*' \
      2>&1 | tee "$out/sanitizer.txt" || status=1
  fi
  say "measuring"
  { nvidia-smi --query-gpu=name,driver_version --format=csv,noheader || true; } >"$out/gpu.md" 2>/dev/null
  build-gpu/benchmarks/gpu --device cuda | tee -a "$out/gpu.md" || status=1
  if [ $status != 0 ]; then
    fail "tests or benchmark failed" "see above and $out"
  fi
  say "results are in $out"
}

case "${1:-}" in
pack) pack ;;
run) run "${2:-out/gpu}" ;;
*)
  echo "usage: $0 pack | run [OUT]" >&2
  exit 2
  ;;
esac
