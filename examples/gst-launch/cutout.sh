#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# cutout.sh IN.mp4 BACKGROUND OUT.mp4 [TRACKS]: cuts tracks (such as 1,4; default: all) out of a video and places them
# in front of a picture of the video's size.
set -eu
gst-launch-1.0 -e compositor name=scene sink_0::repeat-after-eos=true ! videoconvert ! x264enc speed-preset=veryfast \
  ! mp4mux ! filesink location="$3" \
  filesrc location="$2" ! decodebin ! videoconvert ! scene.sink_0 \
  filesrc location="$1" ! decodebin ! videoconvert ! vcl-vis-segment ! vcl-idmap output=cutout ${4:+tracks="$4"} \
  ! queue ! scene.sink_1
