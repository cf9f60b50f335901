#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# docs/media/update.sh: segments the clips of this folder with the built vcl and makes their pictures, CREDITS.md and
# docs/gallery.md again. Their texts are in this script. Look at each picture, then describe here what is right and wrong.
# shellcheck disable=SC2016 # the backticks are Markdown
set -euo pipefail
cd "$(dirname "$0")"

readonly vcl=../../build/tools/vcl
readonly gallery=../gallery.md
if [ ! -x "$vcl" ]; then
  echo "$0: error: build/tools/vcl is missing; run ./setup.sh first" >&2
  exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# tracks JSON_LINES: how many tracks there are, and how long the longest is.
tracks() {
  { grep -o '"id":[0-9]*' "$1" || true; } | sort | uniq -c | awk -v frames="$(wc -l <"$1")" '
    $1 > longest { longest = $1 }
    END { printf "%d %s in %d frames, the longest in %d", NR, NR == 1 ? "track" : "tracks", frames, longest }'
}

# clip NAME WHAT AUTHOR LICENSE SOURCE CHANGES SEEN: one row of the credits and one section of the gallery.
clip() {
  local name=$1 what=$2 author=$3 license=$4 source=$5 changes=$6 seen=$7
  "$vcl" segment "$name.mp4" --quiet --json "$work/$name.jsonl" --contact-sheet "$work/$name.png"
  gst-launch-1.0 -q filesrc location="$work/$name.png" ! pngdec ! videoconvert ! videoscale \
    ! video/x-raw,width=960,pixel-aspect-ratio=1/1 ! jpegenc snapshot=true quality=75 ! filesink location="$name.jpg"
  echo "| \`$name.mp4\` | $what | $author | $license | $source | $changes |" >>CREDITS.md
  cat >>"$gallery" <<EOF

## $what
![$what, with masks and track ids painted](media/$name.jpg)

$seen

[\`$name.mp4\`](media/$name.mp4): $(tracks "$work/$name.jsonl").
Author: $author.
License: $license ([credits](media/CREDITS.md)).
EOF
}

cat >CREDITS.md <<'EOF'
# Credits of the clips
These are real videos. Each is under the license in its row, not under the project's. The pictures (`NAME.jpg` and
`NAME-*.jpg`) are made from the videos and have the same licenses. All videos were changed in November 2026: the sound
was removed, the video was encoded again as H.264, and the last column lists other changes. `musicalgestures` ships its
clips as examples under the license of the package and names no other license for them.
The text of the GPL is in [GPL-3.0.txt](GPL-3.0.txt). [update.sh](update.sh) makes this page.

| file | shows | author | license | source | changed |
|---|---|---|---|---|---|
EOF
cat >"$gallery" <<'EOF'
# Gallery
This page shows what the default model gets right and wrong on real clips that it was not trained on. Each picture has
twelve frames, evenly spread over the clip. All options have their defaults. `docs/media/update.sh` makes this page.
EOF

readonly gpl='[GPL-3.0-or-later](https://www.gnu.org/licenses/gpl-3.0.html)'
readonly gestures='example of the Python package `musicalgestures` 1.32.0'

clip dancer 'A dancer before a blue wall' 'fourMs Lab, University of Oslo' "$gpl" \
  "\`dancer.avi\`, $gestures" 'seconds 13 to 19 of 63' \
  'The clip of `./demo.sh`: a dancer who bends, turns and stretches the arms. One mask covers the body, and it has one
track for most of the clip. Failures: other tracks take over for a moment at the beginning and at the end. Legs that
stand still are missed there. The mask includes the wall below a stretched arm, and stretched forearms are missed.'

clip pianist 'A pianist' 'fourMs Lab, University of Oslo' "$gpl" \
  "\`pianist.avi\`, $gestures" 'seconds 28 to 34 of 98, black borders cut off' \
  'Indoors: black clothes before a black curtain. Only the head and the hands move. They are found while they move.
Failures: the boxes at the left are found too, partly as one object with a hand. The ids change, head and hands are
missed when they rest, and the body is never found.'

clip table 'A table' 'D. A. Klein, University of Bonn (BoBoT data set)' \
  '[CC BY-SA 3.0 DE](https://creativecommons.org/licenses/by-sa/3.0/de/)' \
  '`examples/video_frames` of [dlib](http://dlib.net) 19.24, made gray and cropped there' '151 pictures joined to a video of 25 frames per second' \
  'A dark gray video of 320x240 in which only the camera moves. The table and the things on it are found as one object,
with one id.
Failures: only a book is found in the first second. Later the things on the table are not separated from it.'

clip towers 'Towers at night' 'not recorded' '[CC0 1.0](https://creativecommons.org/publicdomain/zero/1.0/)' \
  '`cityCC0.mpg`, example of [Kivy](https://github.com/kivy/kivy/pull/4920) 2.1.0, from Pexels video 894' 'one line of pixels cut off' \
  'A hard clip: a slow camera, a cut, and nothing that moves. Failure: with the
default threshold of 0.6 only a part of a tower is found, for a second.'
ls -l ./*.jpg CREDITS.md "$gallery"
