#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# rtp-send.sh IN.mp4 PORT: plays a video as a network camera would, as H.264 over RTP to PORT of this machine.
set -eu
gst-launch-1.0 filesrc location="$1" ! decodebin ! videoconvert ! x264enc tune=zerolatency speed-preset=veryfast \
  key-int-max=30 ! rtph264pay config-interval=1 ! udpsink host=127.0.0.1 port="$2"
