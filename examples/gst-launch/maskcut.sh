#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# maskcut.sh IN.mp4 OUT.mp4 [MODEL]: cuts the objects of single frames, tracks them from frame to frame and paints them.
# Only the features need training (use a DINO model as MODEL). They are computed once, in every other frame, from an
# input of 320x320 pixels.
set -eu
gst-launch-1.0 -e filesrc location="$1" ! decodebin ! videoconvert \
  ! dinofeatures ${3:+model="$3"} input-width=320 interval=2 ! maskcut track=true ! vcl-overlay ! videoconvert \
  ! x264enc speed-preset=veryfast ! mp4mux ! filesink location="$2"
