#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# live.sh [SOURCE [SINK]]: a live source, painted as it runs. If inference is slower than the source,
# frames pass with the latest masks, and the picture never falls behind.
# With a camera: live.sh v4l2src autovideosink
set -eu
source=${1:-videotestsrc is-live=true pattern=ball num-buffers=90}
sink=${2:-fakesink sync=true}
# The two are several words each.
# shellcheck disable=SC2086
gst-launch-1.0 $source ! videoconvert ! queue ! vcl-vis-segment \
  ! vcl-overlay ! queue ! videoconvert ! $sink
