#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# export.sh IN.mp4 OUT.jsonl OUT.json MASK_FOLDER: writes JSON lines, YouTube-VIS results and index PNGs.
set -eu
gst-launch-1.0 filesrc location="$1" ! decodebin ! videoconvert ! vcl-vis-segment \
  ! vcl-export json-location="$2" ytvis-location="$3" masks-location="$4" ! fakesink sync=false
