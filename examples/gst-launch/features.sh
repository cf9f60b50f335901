#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# features.sh IN.mp4 OUT.mp4 [MODEL]: shows what a network sees in a video, with the strongest principal components of
# its features as colors.
set -eu
gst-launch-1.0 -e filesrc location="$1" ! decodebin ! videoconvert \
  ! dinofeatures ${3:+model="$3"} visualize=pca ! videoconvert \
  ! x264enc speed-preset=veryfast ! mp4mux ! filesink location="$2"
