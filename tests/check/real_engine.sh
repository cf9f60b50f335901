#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Tests the elements with the real engine and the default model, and with invalid models.
# shellcheck disable=SC2086  # pipelines are split into words
set -eu
model=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
source="videotestsrc pattern=ball num-buffers=40 ! video/x-raw,width=321,height=241,framerate=20/1"

# Every frame comes out once and in order, for any window.
for properties in "" "window=2 stride=1" "interval=3" "model=$model device=cpu threads=1"; do
  gst-launch-1.0 -q $source ! vcl-vis-segment $properties ! vcl-overlay ! vcl-export json-location="$folder/out.jsonl" \
    ytvis-location="$folder/out.json" masks-location="$folder/masks" ! fakesink
  [ "$(wc -l <"$folder/out.jsonl")" = 40 ]
  n=0
  while read -r line; do
    case $line in "{\"frame\":$n,\"pts\":"*) n=$((n + 1)) ;; *) echo "frame $n is: $line"; exit 1 ;; esac
  done <"$folder/out.jsonl"
  [ -s "$folder/out.json" ] && [ -s "$folder/masks/00039.png" ]
done

# Two streams in one process share the model, and give the same results as each alone.
other=$(echo "$source" | sed s/pattern=ball/pattern=circular/)
segment="vcl-vis-segment threshold=0.05 ! vcl-export"
gst-launch-1.0 -q $source ! $segment json-location="$folder/alone1.jsonl" ! fakesink
gst-launch-1.0 -q $other ! $segment json-location="$folder/alone2.jsonl" ! fakesink
gst-launch-1.0 -q $source ! $segment json-location="$folder/together1.jsonl" ! fakesink \
  $other ! $segment json-location="$folder/together2.jsonl" ! fakesink
cmp "$folder/alone1.jsonl" "$folder/together1.jsonl"
cmp "$folder/alone2.jsonl" "$folder/together2.jsonl"
grep -q '"id":' "$folder/together1.jsonl"
if cmp -s "$folder/together1.jsonl" "$folder/together2.jsonl"; then echo "two sources, one result"; exit 1; fi

# Features, painted or not, and cuts of these features or of maskcut's own. The ball is one of the objects.
still="videotestsrc pattern=ball num-buffers=4 ! video/x-raw,width=321,height=241,framerate=20/1"
for elements in "maskcut" "dinofeatures interval=2 ! maskcut track=true crf=false" \
  "dinofeatures model=$model ! maskcut model=$model max-cuts=8 automatic=true ! dinofeatures visualize=pca" \
  "maskcut max-cuts=1 device=cpu threads=1 ! dinofeatures visualize=similarity input-width=128"; do
  gst-launch-1.0 -q $still ! $elements ! vcl-export json-location="$folder/cuts.jsonl" ! fakesink
  [ "$(grep -c '"id":' "$folder/cuts.jsonl")" = 4 ] || { echo "no objects: $elements"; cat "$folder/cuts.jsonl"; exit 1; }
done

# A live source reaches its end. (vis_segment_control.cpp tests that late frames are not inferred.)
timeout 600 gst-launch-1.0 -q videotestsrc is-live=true num-buffers=60 ! \
  video/x-raw,width=640,height=480,framerate=30/1 ! vcl-vis-segment ! vcl-overlay ! fakesink sync=false
timeout 600 gst-launch-1.0 -q videotestsrc is-live=true num-buffers=60 ! \
  video/x-raw,width=640,height=480,framerate=30/1 ! dinofeatures ! maskcut ! vcl-overlay ! fakesink sync=false

# A broken model causes an error that names the file.
fails_in() {
  if timeout 600 gst-launch-1.0 $source ! $1 model="$2" $3 ! fakesink >"$folder/log" 2>&1; then
    echo "model $2 $3 was accepted by $1"
    exit 1
  fi
  grep '^ERROR' "$folder/log" | grep -q "$4" || { cat "$folder/log"; exit 1; }
}
fails() {
  fails_in vcl-vis-segment "$@"
}
: >"$folder/empty.safetensors"
head -c 5000 "$model" >"$folder/truncated.safetensors"
head -c 100000 /dev/urandom >"$folder/noise.safetensors"
printf '\002\000\000\000\000\000\000\000{}' >"$folder/other.safetensors"
for name in empty truncated noise other missing; do
  for element in vcl-vis-segment dinofeatures maskcut; do
    fails_in $element "$folder/$name.safetensors" "" "$name.safetensors"
  done
done
fails_in dinofeatures "$model" "layer=3" "layer"
fails_in dinofeatures "$model" "facet=q" "facet"
fails_in maskcut "$model" "device=cuda:99" "cuda:99"
fails "$folder" "" "$folder"
fails "$model" "device=cuda:99" "cuda:99"
fails "$model" "device=abacus" "abacus"
fails "$model" "window=2 stride=3" "stride"
