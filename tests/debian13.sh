#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/debian13.sh [SUITE...]: builds and tests this tree on Debian 13, with gcc 14, GStreamer 1.26 with GstAnalytics,
# and the LibTorch of the distribution. Suites: unit golden check cli (default: all). Needs root, debootstrap and 8 GB.
#   DEBIAN13_ROOT   folder for that system and the build (default: /var/tmp/gst-vcl-debian13). It is kept, so that the
#                   next run builds only what changed
#   DEBIAN_MIRROR   mirror of the packages (default: the mirror of this machine's own apt)
# The script only reads the tree.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly root=${DEBIAN13_ROOT:-/var/tmp/gst-vcl-debian13}
readonly more_packages=(libgstreamer-plugins-bad1.0-dev libtorch-dev)

say() { printf '[debian13] %s\n' "$*" >&2; }
fail() { # CAUSE CURE
  printf '[debian13] error: %s\n[debian13] cure:  %s\n' "$1" "$2" >&2
  exit 1
}

# Sets mirror to DEBIAN_MIRROR or to the one from which this machine's apt gets Debian's packages. apt-get reads its
# sources in any format.
find_mirror() {
  # shellcheck disable=SC2016  # apt-get replaces $(REPO_URI)
  mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Origin: Debian' \
    'Label: Debian' 'Component: main' | sed -n 1p)}
  [ -n "$mirror" ] || fail "this machine's apt knows no mirror of Debian" "apt-get update, or name one in DEBIAN_MIRROR"
}

# apt reads proxies from its own settings. debootstrap and other programs read them from the environment.
find_proxies() {
  eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
  export http_proxy https_proxy
}

inside() {
  chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} ${no_proxy:+no_proxy="$no_proxy"} "$@"
}

make_root() {
  if [ -e "$root/made" ]; then
    return
  fi
  if [ -n "$(ls -A "$root" 2>/dev/null)" ]; then
    fail "$root holds something else, or half of what it should" "remove it, or name another folder in DEBIAN13_ROOT"
  fi
  say "making Debian 13 in $root (minutes)"
  mkdir -p "$root"
  if ! debootstrap --variant=minbase --include=ca-certificates trixie "$root" "$mirror" >"$root.log" 2>&1; then
    tail -n 5 "$root.log" >&2
    fail "debootstrap failed, see $root.log" "name a mirror that can be reached in DEBIAN_MIRROR"
  fi
  mkdir -p "$root/src" "$root/build"
  touch "$root/made"
}

install_packages() {
  local packages
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  apt-config dump Acquire >"$root/etc/apt/apt.conf.d/90of-this-machine"
  echo "deb $mirror trixie main" >"$root/etc/apt/sources.list"
  mapfile -t packages < <(sed -n '/packages=($/,/^)/p' setup.sh | sed '/[()]$/d' | tr -s ' ' '\n' | sed '/^$/d')
  packages+=("${more_packages[@]}")
  say "installing ${#packages[@]} packages (minutes the first time)"
  if ! { inside apt-get update && inside apt-get install -y --no-install-recommends "${packages[@]}"; } \
    >"$root.log" 2>&1; then
    tail -n 5 "$root.log" >&2
    fail "apt-get failed, see $root.log" "check the network and the mirror, $mirror"
  fi
}

# This process has its own mount namespace, so the mounts end with it.
mount_all() {
  mount --bind "$PWD" "$root/src"
  mount -o remount,bind,ro "$root/src"
  if [ -d ../shared ]; then
    mkdir -p "$root/shared" # missing if an earlier version of this script made the root
    mount --bind ../shared "$root/shared"
    mount -o remount,bind,ro "$root/shared"
  fi
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount --rbind /sys "$root/sys"
}

if [ -z "${DEBIAN13_MOUNTS:-}" ]; then
  [ "$(id -u)" = 0 ] || fail "only root can enter another root folder" "sudo $0"
  command -v debootstrap >/dev/null || fail "debootstrap is missing" "apt-get install debootstrap"
  exec env DEBIAN13_MOUNTS=own unshare --mount --propagation private "$PWD/tests/debian13.sh" "$@"
fi
[ $# -gt 0 ] || set -- unit golden check cli
find_proxies
find_mirror
make_root
mount_all
install_packages
if [ ! -e "$root/build/build.ninja" ]; then
  inside meson setup -Dlibtorch=system -Danalytics=enabled /build /src
fi
inside ninja -C /build -j "$(nproc)"
inside meson test -C /build --no-rebuild --print-errorlogs --num-processes "$(nproc)" "${@/#/--suite=}"
