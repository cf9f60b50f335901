#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs rounds of self-training: the network's confident masks become labels on which it is trained further. A new start
# resumes an interrupted run.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
train=${VCL_TRAIN:-$root/build/training/vcl-train}

usage() {
  cat <<EOF
usage: $0 --model MODEL --images PACK --labels LABELS [options] OUT
  --model M       video network to start from (vcl-train fit, or the default model)
  --images PACK   photos (vcl-train pack); further packs with their labels: repeat --images and --labels
  --labels FILE   present instance labels of the pack
  --rounds N      [2]
  --minutes M     of training a round, a third of them on single photos [90]
  --score S       masks with this score or more become labels, lowered by 0.05 each round [0.7]
  --threads N     of the arithmetic [1]
  --trial         a few batches a round, to see that all steps work
The result is OUT/model.safetensors. The program is \$VCL_TRAIN [$train].
EOF
}

fail() {
  echo "$0: $1" >&2
  exit 2
}

images=() labels=() places=() model='' rounds=2 minutes=90 score=0.7 threads=1 trial=''
while (($# > 0)); do
  case $1 in
    --model | --images | --labels | --rounds | --minutes | --score | --threads)
      (($# > 1)) || fail "$1 needs a value"
      case $1 in
        --model) model=$2 ;;
        --images) images+=("$2") ;;
        --labels) labels+=("$2") ;;
        --rounds) rounds=$2 ;;
        --minutes) minutes=$2 ;;
        --score) score=$2 ;;
        --threads) threads=$2 ;;
      esac
      shift ;;
    --trial) trial=yes ;;
    -h | --help) usage; exit 0 ;;
    -*) fail "there is no option $1; --help lists them" ;;
    *) places+=("$1") ;;
  esac
  shift
done
[[ -n $model ]] || fail "name the network to start from: --model"
((${#images[@]} > 0)) || fail "name photos: --images"
((${#images[@]} == ${#labels[@]})) || fail "as many --labels as --images are needed"
((${#places[@]} == 1)) || fail "name one folder to write"
[[ $rounds =~ ^[1-9][0-9]*$ ]] || fail "--rounds $rounds is no positive number"
[[ $minutes =~ ^[0-9]*\.?[0-9]+$ && $minutes =~ [1-9] ]] || fail "--minutes $minutes is no positive number"
[[ $score =~ ^(0|1|[01]?\.[0-9]+)$ ]] || fail "--score $score is no number from 0 to 1"
out=${places[0]}
mkdir -p "$out"

calculate() { awk "BEGIN { print ($1) }"; }
minutes_planned=$(calculate "$minutes * $rounds")
# shellcheck source-path=SCRIPTDIR source=steps.sh
. "$(dirname "$0")/steps.sh"
common=(--threads "$threads")

for ((round = 1; round <= rounds; ++round)); do
  least=$(calculate "$score > 0.05 * ($round - 1) ? $score - 0.05 * ($round - 1) : 0")
  for i in "${!images[@]}"; do
    next=$out/labels-$round-$i.safetensors
    step "labels-$round-$i" "$train" refine --model "$model" --images "${images[i]}" --labels "${labels[i]}" \
      --score "$least" --out "$next" --sheet "${next%.safetensors}.png" "${common[@]}"
    labels[i]=$next
  done
  training "image-$round" image "$(calculate "$minutes / 3")" --init "$model" --images "${images[@]}" \
    --labels "${labels[@]}" "${common[@]}"
  training "video-$round" video "$(calculate "$minutes * 2 / 3")" --init "$out/image-$round/model.safetensors" \
    --images "${images[@]}" --labels "${labels[@]}" "${common[@]}"
  model=$out/video-$round/model.safetensors
done
cp "$model" "$out/model.safetensors.part"
mv "$out/model.safetensors.part" "$out/model.safetensors"
echo "$out/model.safetensors, on held-out photos with their new labels: $(held_out_quality "video-$rounds")"
