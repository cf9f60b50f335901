#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# benchmarks/image_quality.sh [DATA [options and models of image_quality...]]
# Measures masks of single photos: best and first IoU on DATA/tokencut-ecssd, and COCO's class-agnostic mask AP and AR
# on DATA/instances. VCL_BUILD names the build folder (default: build).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${VCL_BUILD:-$root/build}
data=${1:-$root/../shared/data}
shift $(($# > 0))
for pack in tokencut-ecssd instances; do
  [[ -d $data/$pack ]] || { echo "$0: there is no folder $data/$pack: name the folder that holds it" >&2; exit 1; }
done
"$build/benchmarks/image_quality" "$data" "$@"
