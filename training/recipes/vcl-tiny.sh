#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Trains the default model, vcl-tiny, from photos: two rounds on appearance, then with motion, then with finer masks. It
# takes 513 minutes of training on one core, and about an hour of labeling for 17,000 photos. A new start resumes an
# interrupted run.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
train=${VCL_TRAIN:-$root/build/training/vcl-train}

usage() {
  cat <<EOF
usage: $0 [options] PHOTOS... OUT
PHOTOS: folders, .tar archives, lists (.txt) or image files with one clear subject each. The model is
OUT/vcl-tiny.safetensors; each step leaves its pictures and logs in OUT.
  --more PHOTOS   further photos that join in the second round; may be repeated
  --scale S       so many times the minutes of training of the recipe [1]
  --threads N     of the arithmetic and of labelling [1]
  --trial         a short run with small batches, to see that all steps work; the model is not good
The program is \$VCL_TRAIN [$train].
EOF
}

fail() {
  echo "$0: $1" >&2
  exit 2
}

more=() places=() scale=1 threads=1 trial=''
while (($# > 0)); do
  case $1 in
    --more | --scale | --threads)
      (($# > 1)) || fail "$1 needs a value"
      case $1 in
        --more) more+=("$2") ;;
        --scale) scale=$2 ;;
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
((${#places[@]} >= 2)) || fail "name photos and the folder to write; --help tells more"
[[ $scale =~ ^[0-9]*\.?[0-9]+$ && $scale =~ [1-9] ]] || fail "--scale $scale is no positive number"
[[ $threads =~ ^[1-9][0-9]*$ ]] || fail "--threads $threads is no positive number"
out=${places[-1]}
unset 'places[-1]'
for place in "${places[@]}" "${more[@]}"; do
  [[ -e $place ]] || fail "$place does not exist"
done
mkdir -p "$out"

minutes() { awk -v m="$1" -v s="$scale" 'BEGIN { print m * s }'; }
# shellcheck source-path=SCRIPTDIR source=steps.sh
. "$(dirname "$0")/steps.sh"
minutes_planned=$(minutes 512.5)
common=(--threads "$threads")

photos=$out/photos.safetensors
step pack "$train" pack "${places[@]}" --out "$photos"
step soft "$train" pseudo-label --source saliency --images "$photos" --out "$out/soft.safetensors" \
  --sheet "$out/soft.png" "${common[@]}"

# Round 1.
training dense dense "$(minutes 11)" --images "$photos" --labels "$out/soft.safetensors" --canvas 9216 \
  "${common[@]}"
step objects "$train" pseudo-label --source model --model "$out/dense/model.safetensors" --images "$photos" \
  --labels "$out/soft.safetensors" --out "$out/objects.safetensors" --sheet "$out/objects.png" "${common[@]}"
training image image "$(minutes 28)" --init "$out/dense/model.safetensors" --images "$photos" \
  --labels "$out/objects.safetensors" "${common[@]}"
training video video "$(minutes 23.5)" --init "$out/image/model.safetensors" --images "$photos" \
  --labels "$out/objects.safetensors" "${common[@]}"

# Round 2: more photos, with labels from a dense network that was trained on all of them.
packs=(photos) images=("$photos") soft=("$out/soft.safetensors")
if ((${#more[@]} > 0)); then
  packs+=(more) images+=("$out/more.safetensors") soft+=("$out/soft-more.safetensors")
  step pack-more "$train" pack "${more[@]}" --out "$out/more.safetensors"
  step soft-more "$train" pseudo-label --source saliency --images "$out/more.safetensors" \
    --out "$out/soft-more.safetensors" --sheet "$out/soft-more.png" "${common[@]}"
fi
training dense-2 dense "$(minutes 10)" --init "$out/dense/model.safetensors" --lr 1e-3 \
  --images "${images[@]}" --labels "${soft[@]}" --canvas 9216 "${common[@]}"
objects=()
for i in "${!packs[@]}"; do
  objects+=("$out/objects-2-${packs[i]}.safetensors")
  step "objects-2-${packs[i]}" "$train" pseudo-label --source model --model "$out/dense-2/model.safetensors" \
    --images "${images[i]}" --labels "${soft[i]}" --out "${objects[i]}" --sheet "$out/objects-2-${packs[i]}.png" \
    "${common[@]}"
done
training image-2 image "$(minutes 25)" --init "$out/video/model.safetensors" --images "${images[@]}" \
  --labels "${objects[@]}" "${common[@]}"
training video-2 video "$(minutes 62)" --init "$out/image-2/model.safetensors" --images "${images[@]}" \
  --labels "${objects[@]}" "${common[@]}"

# With motion: scenes filmed by a moving camera. The objects that the network found are part of the scene, or move in
# front of it.
cut_outs=()
for i in "${!packs[@]}"; do
  cut_outs+=("$out/objects-3-${packs[i]}.safetensors")
  step "objects-3-${packs[i]}" "$train" refine --model "$out/video-2/model.safetensors" --images "${images[i]}" \
    --score 0.5 --out "${cut_outs[i]}" --sheet "$out/objects-3-${packs[i]}.png" "${common[@]}"
done
training motion video "$(minutes 75)" --init "$out/video-2/model.safetensors" --images "${images[@]}" \
  --labels "${cut_outs[@]}" --motion --moving 0.7 --drop-loss "${common[@]}"

# Finer masks: first single frames at a high learning rate, which teach what moves, then clips.
training fine image "$(minutes 36)" --init "$out/motion/model.safetensors" --images "${images[@]}" \
  --labels "${cut_outs[@]}" --fine-masks --moving 0.8 --moves-weight 4 --drop-loss --lr 1.5e-3 --batch 24 "${common[@]}"
training fine-video video "$(minutes 58)" --init "$out/fine/model.safetensors" --images "${images[@]}" \
  --labels "${cut_outs[@]}" --moving 0.7 --drop-loss "${common[@]}"

# The same again, because the network still improves on what moves.
training fine-2 image "$(minutes 42)" --init "$out/fine-video/model.safetensors" --images "${images[@]}" \
  --labels "${cut_outs[@]}" --moving 0.75 --moves-weight 4 --drop-loss --lr 1.5e-3 --batch 24 "${common[@]}"
training fine-video-2 video "$(minutes 56)" --init "$out/fine-2/model.safetensors" --images "${images[@]}" \
  --labels "${cut_outs[@]}" --moving 0.65 --drop-loss --name vcl-tiny "${common[@]}"

# A larger input, and more clips in which nothing moves. The average with the previous model is better than either.
training fine-3 image "$(minutes 28)" --init "$out/fine-video-2/model.safetensors" --images "${images[@]}" \
  --labels "${cut_outs[@]}" --canvas 28672 --moving 0.65 --moves-weight 4 --drop-loss --lr 1.5e-3 --batch 24 "${common[@]}"
training fine-video-3 video "$(minutes 58)" --init "$out/fine-3/model.safetensors" --images "${images[@]}" \
  --labels "${cut_outs[@]}" --moving 0.55 --drop-loss --name vcl-tiny "${common[@]}"
step average "$train" average "$out/fine-video-2/model.safetensors" "$out/fine-video-3/model.safetensors" \
  --out "$out/vcl-tiny.safetensors"
echo "$out/vcl-tiny.safetensors; its second half on held-out photos: $(held_out_quality fine-video-3)"
