#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Remakes demo.png, the picture of the README, from what ./demo.sh left in out/: the first eight frames of the sheet.
set -eu
cd "$(dirname "$0")"
gst-launch-1.0 -q filesrc location=../../out/contact-sheet.png ! pngdec ! videoconvert ! videocrop bottom=265 \
  ! videoscale ! video/x-raw,format=RGB,width=640,pixel-aspect-ratio=1/1 \
  ! pngenc snapshot=true compression-level=9 ! filesink location=demo.png
ls -l demo.png
