#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The elements with the real engine and the default model, and with models that are none. Status 77: not built.
set -eu
model=$1
[ -f "$model" ] || { echo "skipped: $model is not there"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
source="videotestsrc pattern=ball num-buffers=40 ! video/x-raw,width=321,height=241,framerate=20/1"

# Every frame comes out once and in order, whatever the window.
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

# A live source of 2 s is not fallen behind without bound.
start=$(date +%s)
timeout 60 gst-launch-1.0 -q videotestsrc is-live=true num-buffers=60 ! \
  video/x-raw,width=640,height=480,framerate=30/1 ! vcl-vis-segment ! vcl-overlay ! fakesink sync=false
[ $(($(date +%s) - start)) -le 20 ]

# Broken models: an error that names the file, within seconds.
fails() {
  if timeout 60 gst-launch-1.0 $source ! vcl-vis-segment model="$1" $2 ! fakesink >"$folder/log" 2>&1; then
    echo "model $1 $2 was accepted"
    exit 1
  fi
  grep '^ERROR' "$folder/log" | grep -q "$3" || { cat "$folder/log"; exit 1; }
}
: >"$folder/empty.safetensors"
head -c 5000 "$model" >"$folder/truncated.safetensors"
head -c 100000 /dev/urandom >"$folder/noise.safetensors"
printf '\002\000\000\000\000\000\000\000{}' >"$folder/other.safetensors"
for name in empty truncated noise other missing; do
  fails "$folder/$name.safetensors" "" "$name.safetensors"
done
fails "$folder" "" "$folder"
fails "$model" "device=cuda:99" "cuda:99"
fails "$model" "device=abacus" "abacus"
fails "$model" "window=2 stride=3" "stride"
