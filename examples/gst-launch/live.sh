#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# live.sh [SOURCE [SINK]]: a live source, painted as it runs. When inference is slower than the source, masks grow stale,
# but the picture never falls behind: the leaky queue drops frames that wait.
# With a camera: live.sh v4l2src autovideosink
set -eu
source=${1:-videotestsrc is-live=true pattern=ball num-buffers=90}
sink=${2:-fakesink sync=true}
# The two are several words each.
# shellcheck disable=SC2086
gst-launch-1.0 $source ! videoconvert ! queue leaky=downstream max-size-buffers=1 ! vcl-vis-segment \
  ! vcl-overlay ! queue ! videoconvert ! $sink
