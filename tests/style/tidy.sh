#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# tidy.sh recent|all: clang-tidy on the C++ files that the last ten commits changed, newest first and for five minutes at
# most, or on all files. Names what it did not reach. The analyzer, which takes half of the time, is for all files only.
set -euo pipefail
cd "$(dirname "$0")/../.."

skip() { # WHY
  echo "skipped: $1"
  exit 77
}

has_history() {
  [ "$(git rev-parse --is-shallow-repository 2>/dev/null)" = false ]
}

case ${1:-} in
  recent)
    limit=300
    extra=(--checks=-clang-analyzer-*)
    list() {
      git diff --name-only HEAD
      git log -10 --format= --name-only
    }
    has_history || skip "there is no history of commits (a shallow clone, or no clone): git fetch --unshallow"
    ;;
  all)
    limit=86400
    extra=()
    list() { git ls-files; }
    ;;
  *)
    echo "usage: $0 recent|all" >&2
    exit 2
    ;;
esac
command -v clang-tidy >/dev/null || skip "clang-tidy is not installed: apt-get install clang-tidy"

# Only files that the build compiles: clang-tidy needs their command.
readonly build=${MESON_BUILD_ROOT:-build}
compiled=$(grep -oP '"file": "\.\./\K[^"]+' "$build/compile_commands.json" | sort -u)
mapfile -t sources < <(list | grep '\.cpp$' | awk '!seen[$0]++' | grep -Fx "$compiled" || true)
checked=0 status=0
for source in "${sources[@]}"; do
  result=0
  # The headers that the build compiles beforehand are gcc's; clang reads them as they are.
  timeout "$((limit > SECONDS ? limit - SECONDS : 1))" clang-tidy -p "$build" "${extra[@]}" --quiet --warnings-as-errors='*' \
    --extra-arg=-Wno-error --extra-arg=-Wno-unknown-warning-option --extra-arg="-I$PWD/libvcl/engine/pch" "$source" \
    2>/dev/null || result=$?
  if [ "$result" = 124 ]; then
    printf 'not checked, the time is over: %s\n' "${sources[@]:checked}"
    break
  fi
  [ "$result" = 0 ] || status=1
  checked=$((checked + 1))
done
echo "clang-tidy: $checked of ${#sources[@]} files"
if [ "$checked" = 0 ] && [ ${#sources[@]} -gt 0 ]; then
  skip "this processor took too long for the first file"
fi
exit $status
