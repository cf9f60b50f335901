#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts the tracks that cross a line or are in a zone

    count.py URI line X1,Y1,X2,Y2
    count.py URI zone X,Y,WIDTH,HEIGHT

All numbers are pixels of the video. A track is where the middle of its box is. A line counts the track ids that step
over it between two frames in which they are seen, once for each direction: to the left or to the right as seen from its
first point to its second. A zone counts the track ids that are in it, and prints for how many frames.

A count is one of track ids. If the id of an object switches at the line, its crossing is not counted. If it switches in
the zone, the object counts twice, and its frames are divided between both ids.

Needs PyGObject (python3-gi, gir1.2-gst-plugins-base-1.0). If the plugin is not installed, GST_PLUGIN_PATH names its
folder.
"""
import collections
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
from gi.repository import Gst, GstApp  # noqa: E402,F401  (GstApp gives appsink its methods)


def is_right(line, point):
    """Returns whether the point is to the right of the line through (x1, y1) and (x2, y2). y grows downwards."""
    (x1, y1, x2, y2), (x, y) = line, point
    return (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) > 0


class Line:
    def __init__(self, x1, y1, x2, y2):
        self.line, self.left, self.right, self.places = (x1, y1, x2, y2), set(), set(), {}

    def note(self, track, place):
        before = self.places.get(track, place)
        self.places[track] = place
        path, (x1, y1, x2, y2) = (*before, *place), self.line
        changes_side = is_right(self.line, before) != is_right(self.line, place)
        if changes_side and is_right(path, (x1, y1)) != is_right(path, (x2, y2)):  # not beside the ends of the line
            (self.right if is_right(self.line, place) else self.left).add(track)

    def describe(self):
        return f"to the left: {len(self.left)}\nto the right: {len(self.right)}"


class Zone:
    def __init__(self, x, y, width, height):
        self.x, self.y, self.width, self.height, self.frames = x, y, width, height, collections.Counter()

    def note(self, track, place):
        x, y = place
        if self.x <= x < self.x + self.width and self.y <= y < self.y + self.height:
            self.frames[track] += 1

    def describe(self):
        lines = [f"in the zone: {len(self.frames)}"]
        return "\n".join(lines + [f"track {track}: {frames} frames" for track, frames in sorted(self.frames.items())])


def places(buffer):
    """Yields (track id, (x, y)) of each instance: the middle of its box."""
    meta = buffer.get_custom_meta("VclInstancesMeta")
    structure = meta.get_structure() if meta else None  # keep a reference: the instances are parts of it
    for i in range(structure.get_value("instances") if structure else 0):
        instance = structure.get_value(f"instance-{i}")
        x, y, width, height = (instance.get_value(name) for name in ("x", "y", "width", "height"))
        yield instance.get_value("id"), (x + width / 2, y + height / 2)


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
    try:
        _, uri, kind, text = sys.argv
        counter = {"line": Line, "zone": Zone}[kind](*map(float, text.split(",")))
    except (ValueError, KeyError, TypeError):
        sys.exit("usage: count.py URI line X1,Y1,X2,Y2 | count.py URI zone X,Y,WIDTH,HEIGHT")
    Gst.init(None)
    pipeline = Gst.parse_launch(
        "uridecodebin name=source caps=video/x-raw(ANY) expose-all-streams=false"
        " ! videoconvert ! vcl-vis-segment ! appsink name=sink sync=false max-buffers=4"
    )
    pipeline.get_by_name("source").set_property("uri", uri)
    for sample in samples(pipeline, pipeline.get_by_name("sink")):
        for track, place in places(sample.get_buffer()):
            counter.note(track, place)
    print(counter.describe())


if __name__ == "__main__":
    main()
