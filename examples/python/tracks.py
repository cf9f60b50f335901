#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints the tracks of every frame of a video: tracks.py URI

Needs PyGObject (python3-gi, gir1.2-gst-plugins-base-1.0). No binding of ours is needed, because the elements attach a
GstCustomMeta whose GstStructure any language can read. If the plugin is not installed, GST_PLUGIN_PATH names its
folder.
"""
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
from gi.repository import Gst, GstApp  # noqa: E402,F401  (GstApp gives appsink its methods)


def instances(buffer):
    """Yields the instances of a frame: GstStructures with id, score, x, y, width, height, area, rle, mask.

    They are parts of the meta's structure and valid only as long as it is, so do not keep them.
    """
    meta = buffer.get_custom_meta("VclInstancesMeta")
    if meta is not None:
        structure = meta.get_structure()
        for i in range(structure.get_value("instances")):
            yield structure.get_value(f"instance-{i}")


def mask_pixels(instance):
    """Returns the number of set pixels in the mask (GRAY8, cropped to the box, packed rows), which equals its area."""
    mask = instance.get_value("mask")
    return sum(byte != 0 for byte in mask.extract_dup(0, mask.get_size()))


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
    if len(sys.argv) != 2:
        sys.exit("usage: tracks.py URI")
    Gst.init(None)
    pipeline = Gst.parse_launch(
        "uridecodebin name=source caps=video/x-raw(ANY) expose-all-streams=false"
        " ! videoconvert ! vcl-vis-segment ! appsink name=sink sync=false"
    )
    pipeline.get_by_name("source").set_property("uri", sys.argv[1])
    for sample in samples(pipeline, pipeline.get_by_name("sink")):
        buffer = sample.get_buffer()
        tracks = [
            f"{i.get_value('id')} ({i.get_value('score'):.2f}, {mask_pixels(i)} pixels"
            f" at {i.get_value('x')},{i.get_value('y')})"
            for i in instances(buffer)
        ]
        time = sample.get_segment().to_stream_time(Gst.Format.TIME, buffer.pts)  # time in the video, as players show it
        print(f"{time / Gst.SECOND:.2f} s: {', '.join(tracks)}")


if __name__ == "__main__":
    main()
