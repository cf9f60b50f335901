#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# overlay.sh IN.mp4 OUT.mp4: paints masks and track ids on a video file.
set -eu
gst-launch-1.0 -e filesrc location="$1" ! decodebin ! videoconvert ! vcl-vis-segment ! vcl-overlay ! videoconvert \
  ! x264enc speed-preset=veryfast ! mp4mux ! filesink location="$2"
