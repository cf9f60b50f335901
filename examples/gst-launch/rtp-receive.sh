#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# rtp-receive.sh PORT OUT.jsonl [SINK]: finds the objects of the video that arrives at PORT, writes them as JSON lines
# and shows the painted video in SINK, such as autovideosink. Ctrl-C ends it. If inference is slower than the sender,
# frames pass with the latest masks.
# For a camera, replace udpsrc and rtpjitterbuffer by "rtspsrc location=rtsp://... latency=200".
set -eu
caps=application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=96
sink=${3:-fakesink sync=true}
# The sink can hold several words.
# shellcheck disable=SC2086
exec gst-launch-1.0 -e udpsrc address=127.0.0.1 port="$1" caps="$caps" ! rtpjitterbuffer latency=200 ! rtph264depay \
  ! decodebin ! videoconvert ! queue ! vcl-vis-segment \
  ! vcl-export json-location="$2" ! vcl-overlay ! queue ! videoconvert ! $sink
