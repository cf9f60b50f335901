#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# tidy.sh recent|all: clang-tidy on the C++ files that the last ten commits changed, newest first and for five minutes at
# most, or on all files. What was not reached is named.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v clang-tidy >/dev/null; then
  echo "skipped: clang-tidy is not installed: apt-get install clang-tidy"
  exit 0
fi
case ${1:-} in
  recent)
    limit=300
    list() { git log -10 --format= --name-only 2>/dev/null || true; }
    ;;
  all)
    limit=86400
    list() { git ls-files; }
    ;;
  *)
    echo "usage: $0 recent|all" >&2
    exit 2
    ;;
esac

# Only files that the build compiles: clang-tidy needs their command.
compiled=$(grep -oP '"file": "\.\./\K[^"]+' build/compile_commands.json | sort -u)
mapfile -t sources < <(list | grep '\.cpp$' | awk '!seen[$0]++' | grep -Fx "$compiled" || true)
checked=0 status=0
for source in "${sources[@]}"; do
  if ((SECONDS > limit)); then
    printf 'not checked, the time is over: %s\n' "${sources[@]:checked}"
    break
  fi
  # The headers that the build compiles beforehand are gcc's; clang reads them as they are.
  clang-tidy -p build --quiet --warnings-as-errors='*' --extra-arg=-Wno-error --extra-arg=-Wno-unknown-warning-option \
    --extra-arg="-I$PWD/libvcl/engine/pch" "$source" 2>/dev/null || status=1
  checked=$((checked + 1))
done
echo "clang-tidy: $checked of ${#sources[@]} files"
exit $status
