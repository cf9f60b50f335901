#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# ./setup.sh [TARGET...]: installs missing Debian packages and LibTorch, and builds everything or the targets in build/.
# It is safe to run again, and takes seconds if nothing changed. demo.sh and test.sh call it.
set -euo pipefail
cd "$(dirname "$0")"
export LC_ALL=C.UTF-8  # the script searches the output of programs for English words

readonly torch_version=2.13.0
readonly log=.work/setup.log
readonly packages=(
  g++ meson ninja-build pkg-config ccache python3 python3-venv ca-certificates
  libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
  gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
  gstreamer1.0-plugins-ugly gstreamer1.0-libav
  libpng-dev libopencv-dev libgtest-dev nlohmann-json3-dev libcli11-dev libfmt-dev libgloo-dev libcurl4-openssl-dev
  python3-gi gir1.2-gstreamer-1.0 gir1.2-gst-plugins-base-1.0
)
# Installed only when everything is built: packages for the fuzzers, the example that draws with OpenCV, the browser
# tests of reports, the videos of the media zoo, cameras, the networks between training processes, and the style checks.
readonly test_packages=(
  clang libclang-rt-dev python3-opencv chromium iproute2 ffmpeg clang-format clang-tidy shellcheck codespell
  gir1.2-gst-rtsp-server-1.0
)

say() { printf '[setup] %s\n' "$*" >&2; }

# fail CAUSE CURE: prints the end of the log, then one line each for the cause and the cure, and exits.
fail() {
  if [ -s "$log" ]; then
    tail -n 15 "$log" >&2
  fi
  printf '[setup] error: %s\n[setup] cure:  %s\n' "$1" "$2" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >>"$log" 2>&1
}

need_disk() {
  local free_mb
  free_mb=$(df -Pm . | awk 'NR == 2 { print $4 }')
  if [ "$free_mb" -lt 6144 ]; then
    fail "only $free_mb MB are free in $PWD; packages, LibTorch and the build need 6 GB" "free some space and run this again"
  fi
}

missing_packages() { # packages
  local package
  for package in "$@"; do
    if [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
      echo "$package"
    fi
  done
}

install_packages() { # packages
  local missing
  mapfile -t missing < <(missing_packages "$@")
  if [ ${#missing[@]} = 0 ]; then
    return
  fi
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    fail "${#missing[@]} packages are missing and there is no sudo" \
      "as root: apt-get install --no-install-recommends ${missing[*]}"
  fi
  need_disk
  say "installing ${#missing[@]} Debian packages (about a minute)"
  if ! as_root apt-get update >>"$log" 2>&1; then
    fail "apt-get update failed" "check the network and /etc/apt/sources.list, or install by hand: ${missing[*]}"
  fi
  if ! apt_install "${missing[@]}"; then
    fail "apt-get could not install: ${missing[*]}" "see the lines above; the packages are those of Debian 12 or later"
  fi
}

check_compiler() {
  local major
  major=$("${CXX:-g++}" -dumpversion | cut -d. -f1)
  if [ "$major" -lt 12 ]; then
    fail "${CXX:-g++} is version $major, C++20 needs gcc 12 or later" "apt-get install g++-12, then run: CXX=g++-12 $0"
  fi
}

torch_in_venv() { compgen -G '.venv/lib/python3*/site-packages/torch/lib/libtorch_cpu.so' >/dev/null; }

torch_from_debian() {
  dpkg --compare-versions "$(dpkg-query -W -f='${Version}' libtorch-dev 2>/dev/null)" ge 2.6
}

pip_install() { .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@" >>"$log" 2>&1; }

# The wheel's Python dependencies are needed only for a CUDA build, which links to them.
install_torch_wheel() {
  say "installing LibTorch $torch_version from the torch wheel into .venv (about a minute)"
  pip_install --no-deps "torch==$torch_version+cpu" || pip_install --no-deps "torch==$torch_version" || return 1
  if ldd .venv/lib/python3*/site-packages/torch/lib/libtorch_cpu.so | grep -q 'not found'; then
    say "this wheel is a CUDA build: installing the CUDA libraries it links to (several GB)"
    pip_install "torch==$torch_version"
  fi
}

install_torch() {
  if [ ! -x .venv/bin/python ]; then
    if ! python3 -m venv .venv >>"$log" 2>&1; then
      fail "python3 -m venv failed" "install python3-venv for the python3 that is first in PATH ($(command -v python3))"
    fi
  fi
  if torch_in_venv || torch_from_debian; then
    return
  fi
  need_disk
  if install_torch_wheel; then
    return
  fi
  say "no usable wheel; trying Debian's libtorch-dev (Debian 13 and later)"
  apt_install 'libtorch-dev=2.*' || true
  if ! torch_from_debian; then
    fail "LibTorch could not be installed: neither torch==$torch_version by pip nor libtorch-dev by apt" \
      "check the network and pip's index settings, or point the build at another LibTorch: meson setup build -Dlibtorch=DIR"
  fi
}

build() { # targets
  if [ ! -e build/build.ninja ]; then
    say "configuring build/"
    if ! meson setup build >>"$log" 2>&1; then
      fail "meson setup failed" "see build/meson-logs/meson-log.txt; if build/ is from another place or version, remove it"
    fi
  fi
  say "building (minutes the first time, seconds when nothing changed)"
  if [ -t 1 ]; then
    ninja -C build -j "$(nproc)" "$@" || fail "the build failed" "see the compiler's message above"
  elif ! ninja -C build -j "$(nproc)" "$@" >>"$log" 2>&1; then
    grep -E -B 1 -A 8 '(error|FAILED):' "$log" | head -n 40 >&2
    fail "the build failed" "see the compiler's message above and all of it in $log"
  fi
}

mkdir -p .work
: >"$log"
if ! command -v apt-get >/dev/null; then
  fail "this is not a Debian system" "install the equivalents of: ${packages[*]}; LibTorch >= 2.6; then: meson setup build && ninja -C build"
fi
install_packages "${packages[@]}"
if [ $# = 0 ]; then
  install_packages "${test_packages[@]}"
fi
check_compiler
install_torch
build "$@"
say "done"
