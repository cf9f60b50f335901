#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs launch lines under GStreamer's leaks tracer. Any object that stays alive fails the test.
# shellcheck disable=SC2086  # pipelines are split into words
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
run() {
  GST_TRACERS=leaks GST_DEBUG=GST_TRACER:7 GST_DEBUG_NO_COLOR=1 GST_DEBUG_FILE="$folder/trace" \
    gst-launch-1.0 -q $1 >"$folder/output" 2>&1 || [ "${2:-}" = fails ] || { cat "$folder/output"; exit 1; }
  if grep 'object-alive, type-name=(string)[^%]' "$folder/trace"; then
    echo "leaks in: $1"
    exit 1
  fi
  grep -q object-alive "$folder/trace" || { echo "the leaks tracer did not run"; exit 1; }
}
source="videotestsrc pattern=ball num-buffers=20 ! video/x-raw,width=160,height=120"
# gst-launch misses an error before its main loop runs. A live source starts after that.
live="videotestsrc is-live=true pattern=ball num-buffers=20 ! video/x-raw,width=160,height=120"
run "$source ! vcl-vis-segment window=5 ! vcl-overlay trails=true ! vcl-export json-location=$folder/o.jsonl \
  ytvis-location=$folder/o.json masks-location=$folder/masks ! fakesink"
run "$source ! vcl-vis-segment ! videoconvert ! videoscale ! video/x-raw,format=RGB,width=99,height=77 ! vcl-overlay ! \
  fakesink"
run "$live ! vcl-vis-segment model=blob:fail-at=7 ! fakesink" fails
run "$source ! vcl-vis-segment model=blob:open-error=not-found ! fakesink" fails
run "$live ! vcl-vis-segment ! vcl-export json-location=/dev/full ! fakesink" fails
run "$source ! vcl-vis-segment mode=whole interval=3 ! fakesink"
run "videotestsrc num-buffers=36 ! video/x-raw,format=BGRx,width=1920,height=1080 ! vcl-vis-segment mode=whole \
  interval=100 ! fakesink"  # 299 MB, part of which goes to a file
run "$live ! vcl-vis-segment mode=whole ! vcl-export json-location=/dev/full ! fakesink" fails
run "$source ! dinofeatures visualize=pca interval=3 ! queue ! maskcut track=true ! vcl-overlay ! fakesink"
run "$source ! dinofeatures ! videoscale ! video/x-raw,width=99,height=77 ! tee name=t ! queue ! maskcut crf=false ! \
  fakesink t. ! queue ! dinofeatures visualize=similarity ! fakesink"
run "$live ! dinofeatures model=blob:fail-at=7 ! maskcut ! fakesink" fails
run "$live ! maskcut model=blob:nan=1 ! fakesink" fails
run "$source ! dinofeatures ! maskcut model=blob:open-error=not-found ! fakesink" fails
run "$source ! vcl-vis-segment ! tee name=t ! queue ! vcl-idmap ! videoconvert ! fakesink t. ! queue ! \
  vcl-idmap output=cutout tracks=1,2 ! fakesink t. ! queue ! alphacombine name=a ! fakesink t. ! queue ! \
  vcl-idmap output=matte ! a.alpha"
run "$source ! vcl-vis-segment ! vcl-sei-write ! videoconvert ! x264enc ! vcl-sei-write max-bytes=64 ! h264parse ! \
  vcl-sei-read ! avdec_h264 ! vcl-sei-read ! fakesink"
run "$source ! vcl-idmap tracks=none ! fakesink" fails
