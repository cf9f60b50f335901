#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# blur.sh IN.mp4 OUT.mp4 [TRACKS]: blurs tracks of a video (such as 1,4; default: all). The blurred picture, with the
# tracks as its alpha, lies over the sharp one. ../cpp/blur_tracks.cpp is a complete program that hides them for good.
set -eu
gst-launch-1.0 -e compositor name=scene ! videoconvert ! x264enc speed-preset=veryfast ! mp4mux \
  ! filesink location="$2" \
  filesrc location="$1" ! decodebin ! videoconvert ! video/x-raw,format=I420 ! vcl-vis-segment ! tee name=t \
  t. ! queue ! scene.sink_0 \
  t. ! queue ! videoconvert ! gaussianblur sigma=20 ! videoconvert ! video/x-raw,format=I420 ! alphacombine name=blurred \
  t. ! queue ! vcl-idmap output=matte ${3:+tracks="$3"} ! blurred.alpha \
  blurred. ! queue ! scene.sink_1
