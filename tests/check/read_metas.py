# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads masks and track ids from Python with no binding except PyGObject. Exits with 77 if PyGObject is missing."""
import sys

try:
    import gi

    gi.require_version("Gst", "1.0")
    from gi.repository import Gst
except (ImportError, ValueError) as error:
    print("skipped:", error)
    sys.exit(77)

Gst.init(None)
frames = []


def on_buffer(_pad, info):
    meta = info.get_buffer().get_custom_meta("VclInstancesMeta")
    structure = meta.get_structure()
    for i in range(structure.get_value("instances")):
        instance = structure.get_value(f"instance-{i}")
        mask = instance.get_value("mask")
        pixels = mask.extract_dup(0, mask.get_size())
        assert len(pixels) == instance.get_value("width") * instance.get_value("height")
        assert sum(p == 255 for p in pixels) == instance.get_value("area")
        frames.append((structure.get_value("frame"), instance.get_value("id"), instance.get_value("score")))
    return Gst.PadProbeReturn.OK


pipeline = Gst.parse_launch(
    "videotestsrc pattern=ball num-buffers=10 ! video/x-raw,width=160,height=120 ! vcl-vis-segment ! "
    "videoconvert ! videoscale ! video/x-raw,format=RGB,width=320,height=240 ! fakesink name=sink")
pipeline.get_by_name("sink").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, on_buffer)
pipeline.set_state(Gst.State.PLAYING)
message = pipeline.get_bus().timed_pop_filtered(20 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
assert message and message.type == Gst.MessageType.EOS, message and message.parse_error()
pipeline.set_state(Gst.State.NULL)
assert [f[0] for f in frames] == list(range(10)), frames
assert {f[1] for f in frames} == {1} and all(0 < f[2] <= 1 for f in frames), frames
print("read", len(frames), "masks")
