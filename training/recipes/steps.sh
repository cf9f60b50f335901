# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by the recipes. Runs steps once each in the folder `out`. The recipe sets `out`, `train` (the program
# vcl-train) and `minutes_planned` (the total of all training steps).
# shellcheck disable=SC2154

export LC_ALL=C.UTF-8  # awk must use a decimal point, as vcl-train does
minutes_done=0

# step NAME COMMAND...: runs the command unless the step is done. A step that was killed is run again, and the verbs of
# vcl-train resume.
step() {
  local name=$1
  shift
  run_step "$name" 0 "" "$@"
}

# training NAME STAGE MINUTES ARGUMENTS...: runs `vcl-train fit --stage STAGE --out $out/NAME` for MINUTES. If `trial`
# is set, it runs only the few batches after which the next step finds something in photos of one plain subject each.
training() {
  local name=$1 stage=$2 minutes=$3 budget=(--minutes "$3")
  shift 3
  if [[ -n ${trial:-} ]]; then
    budget=(--steps 4 --batch 2)
    [[ $stage != dense ]] || budget=(--steps 60 --batch 4)
  fi
  run_step "$name" "$minutes" "$out/$name" "$train" fit --stage "$stage" "$@" --out "$out/$name" "${budget[@]}"
}

run_step() {
  local name=$1 minutes=$2 folder=$3 mark=$out/steps/$1
  shift 3
  local command="${*@Q}"
  mkdir -p "$out/steps"
  if [[ ! -f $mark ]]; then
    awk -v name="$name" -v minutes="$minutes" -v planned="$minutes_planned" -v past="$minutes_done" 'BEGIN {
      printf "== %s: %.4g of the %.4g minutes of training that are left\n", name, minutes, planned - past }' >&2
    "$@"
    # vcl-train also exits with 0 if it was asked to stop.
    if [[ -n $folder ]] && ! head -c 65536 "$folder/checkpoint.safetensors" | grep -qaF 'finished\":true'; then
      echo "$0: stopped in $name; the same command goes on" >&2
      exit 130
    fi
    printf '%s' "$command" >"$mark.part"
    mv "$mark.part" "$mark"
  elif [[ $(<"$mark") != "$command" ]]; then
    printf '%s: %s holds %s of another command; name another folder\nthen: %s\nnow:  %s\n' \
      "$0" "$out" "$name" "$(<"$mark")" "$command" >&2
    exit 1
  fi
  minutes_done=$(awk -v a="$minutes_done" -v b="$minutes" 'BEGIN { print a + b }')
}

# held_out_quality NAME: prints the last figures on held-out photos in the log of a training step.
held_out_quality() {
  grep '"top_iou"' "$out/$1/log.jsonl" | tail -n 1
}
