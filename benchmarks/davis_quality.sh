#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# benchmarks/davis_quality.sh [DAVIS [OUT [vcl segment options...]]]
# Runs `vcl segment` on every DAVIS/<sequence>/frames (24 frames per second), then prints the table of davis_quality.
# VCL_RESULT_SETS="name=folder ..." adds result sets. VCL_BUILD names the build folder (default: build).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${VCL_BUILD:-$root/build}
davis=${1:-$root/../shared/data/davis16}
out=${2:-$root/out/davis}
shift $(($# < 2 ? $# : 2))

mkdir -p "$out"
for sequence in "$davis"/*/; do
  name=$(basename "$sequence")
  echo "$name" >&2
  "$build/tools/vcl" segment "$sequence/frames" --json "$out/$name.jsonl" --contact-sheet "$out/$name.png" "$@"
done
read -ra sets <<<"${VCL_RESULT_SETS:-}"
"$build/benchmarks/davis_quality" "$davis" "model=$out" "${sets[@]}"
