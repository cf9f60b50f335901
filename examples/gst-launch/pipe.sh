#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# pipe.sh IN.mp4: pipes JSON lines into another program while the video runs. The program here prints the frame number
# and the id, left, top, width and height of each object.
set -euo pipefail
gst-launch-1.0 -q filesrc location="$1" ! decodebin ! videoconvert ! vcl-vis-segment \
  ! vcl-export json-location=- ! fakesink sync=false |
  python3 -c '
import json, sys
for line in sys.stdin:
    frame = json.loads(line)
    print(frame["frame"], *([i["id"], *i["bbox"]] for i in frame["instances"]))
'
