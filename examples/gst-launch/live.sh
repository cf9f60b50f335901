#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# live.sh [SOURCE [SINK]]: paints the objects of a live source. If inference is slower than the source, frames pass with
# the latest masks, so the picture never falls behind.
# With a camera: live.sh v4l2src autovideosink
set -eu
source=${1:-videotestsrc is-live=true pattern=ball num-buffers=90}
sink=${2:-fakesink sync=true}
# Both variables can hold several words.
# shellcheck disable=SC2086
gst-launch-1.0 $source ! videoconvert ! queue ! vcl-vis-segment \
  ! vcl-overlay ! queue ! videoconvert ! $sink
