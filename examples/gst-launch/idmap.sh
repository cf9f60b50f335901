#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# idmap.sh IN.mp4 OUT.mkv OUT_FOLDER [TRACKS]: writes a lossless video in which each pixel is the id of its track, and
# cutouts of the tracks as PNGs with transparency. TRACKS limits both to some tracks, such as 1,4.
set -eu
mkdir -p "$3"
gst-launch-1.0 -e filesrc location="$1" ! decodebin ! videoconvert ! vcl-vis-segment ! tee name=t \
  t. ! queue ! vcl-idmap ${4:+tracks="$4"} ! avenc_ffv1 ! matroskamux ! filesink location="$2" \
  t. ! queue ! vcl-idmap output=cutout ${4:+tracks="$4"} ! pngenc ! multifilesink location="$3/%05d.png"
