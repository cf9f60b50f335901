#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# maskcut.sh IN.mp4 OUT.mp4 [MODEL]: the objects of single frames, cut out without any training but the features' (give
# DINO's as MODEL), joined from frame to frame and painted. Features are made once, 320x320 pixels of input every other
# frame.
set -eu
gst-launch-1.0 -e filesrc location="$1" ! decodebin ! videoconvert \
  ! dinofeatures ${3:+model="$3"} input-width=320 interval=2 ! maskcut track=true ! vcl-overlay ! videoconvert \
  ! x264enc speed-preset=veryfast ! mp4mux ! filesink location="$2"
