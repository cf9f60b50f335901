#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# ./demo.sh [VIDEO]: sets up, builds, and finds, masks and tracks the objects of a video. The results are in out/.
set -euo pipefail

if [ $# -gt 1 ]; then
  echo "usage: $0 [VIDEO]" >&2
  exit 2
fi
root=$(realpath "$(dirname "$0")")
video=$(realpath "${1:-$root/docs/media/dancer.mp4}")
if [ ! -e "$video" ]; then
  echo "[demo] error: $video does not exist; name a video file or a folder of images: $0 VIDEO" >&2
  exit 1
fi
cd "$root"
./setup.sh tools/vcl plugins/libgstvcl.so libvcl/engine/libvcl-engine.so training/vcl-train # without the tests
mkdir -p out
build/tools/vcl segment "$video" --overlay out/overlay.mp4 --json out/results.jsonl --ytvis out/results-ytvis.json \
  --contact-sheet out/contact-sheet.png
echo "[demo] results:" >&2
ls -l out/overlay.mp4 out/results.jsonl out/results-ytvis.json out/contact-sheet.png >&2
