#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws the masks of a video with OpenCV, one PNG per frame: draw.py URI FOLDER

Needs PyGObject and OpenCV (python3-gi, gir1.2-gst-plugins-base-1.0, python3-opencv). No binding of ours is needed,
because the elements attach a GstCustomMeta whose GstStructure any language can read. If the plugin is not installed,
GST_PLUGIN_PATH names its folder.
"""
import pathlib
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstVideo", "1.0")
from gi.repository import Gst, GstApp, GstVideo  # noqa: E402,F401  (GstApp gives appsink its methods)

Gst.init(None)
# Import C++ modules (cv2, torch) after GStreamer. If they come first, the process uses another exception-handling
# library than the one GStreamer brings, and an error in an element ends the process.
import cv2  # noqa: E402
import numpy  # noqa: E402


def picture(sample):
    """Returns a writable copy of the frame as an array [height, width, 4] of B, G, R and an unused byte."""
    info, buffer = GstVideo.VideoInfo.new_from_caps(sample.get_caps()), sample.get_buffer()
    meta = GstVideo.buffer_get_video_meta(buffer)  # present if the row layout differs from the one the caps imply
    offset, stride = (meta.offset[0], meta.stride[0]) if meta else (info.offset[0], info.stride[0])
    data = buffer.extract_dup(0, buffer.get_size())
    return numpy.ndarray((info.height, info.width, 4), numpy.uint8, data, offset, (stride, 4, 1)).copy()


def masks(buffer):
    """Yields (track id, left, top, mask) per instance. The mask is [height, width] of 0 and 255, cropped to its box."""
    meta = buffer.get_custom_meta("VclInstancesMeta")
    structure = meta.get_structure() if meta else None  # keep a reference: the instances are parts of it
    for i in range(structure.get_value("instances") if structure else 0):
        instance = structure.get_value(f"instance-{i}")
        mask = instance.get_value("mask")
        pixels = numpy.frombuffer(mask.extract_dup(0, mask.get_size()), numpy.uint8)
        shape = instance.get_value("height"), instance.get_value("width")
        yield instance.get_value("id"), instance.get_value("x"), instance.get_value("y"), pixels.reshape(shape)


def color_of(track):
    """Returns a color for a track. The hues of neighboring ids are far apart."""
    return cv2.cvtColor(numpy.uint8([[[track * 67 % 180, 255, 255]]]), cv2.COLOR_HSV2BGR)[0, 0].astype(float)


def draw(frame, track, x, y, mask):
    """Blends the color of the track half into the pixels of the mask, and draws its outline and its id."""
    color, part = color_of(track), frame[y : y + mask.shape[0], x : x + mask.shape[1], :3]
    part[mask > 0] = (part[mask > 0] + color) / 2
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    full_size = [outline + (x, y) for outline in outlines]
    cv2.drawContours(frame, full_size, -1, color, 1)
    cv2.putText(frame, str(track), (x, max(y - 3, 10)), cv2.FONT_HERSHEY_SIMPLEX, 0.4, color, 1)


def samples(pipeline, sink):
    """Plays the pipeline to the end and yields its frames. An error ends the program."""
    bus = pipeline.get_bus()
    pipeline.set_state(Gst.State.PLAYING)
    message = None
    while message is None:
        if (sample := sink.try_pull_sample(100 * Gst.MSECOND)) is not None:
            yield sample
        else:  # end of stream, an error, or no frame yet
            message = bus.pop_filtered(Gst.MessageType.EOS | Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    if message.type == Gst.MessageType.ERROR:
        sys.exit(message.parse_error()[0].message)


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: draw.py URI FOLDER")
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(exist_ok=True)
    pipeline = Gst.parse_launch(
        "uridecodebin name=source caps=video/x-raw(ANY) expose-all-streams=false ! videoconvert ! video/x-raw,format=BGRx"
        " ! vcl-vis-segment ! appsink name=sink sync=false max-buffers=4"
    )
    pipeline.get_by_name("source").set_property("uri", sys.argv[1])
    for number, sample in enumerate(samples(pipeline, pipeline.get_by_name("sink"))):
        frame = picture(sample)
        for instance in masks(sample.get_buffer()):
            draw(frame, *instance)
        path = folder / f"{number:05}.png"
        if not cv2.imwrite(str(path), frame[:, :, :3]):
            sys.exit(f"{path} cannot be written")


if __name__ == "__main__":
    main()
