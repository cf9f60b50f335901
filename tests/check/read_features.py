# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads features from Python with no binding except PyGObject. Exits with 77 if PyGObject is missing."""
import struct
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
    structure = info.get_buffer().get_custom_meta("VclFeaturesMeta").get_structure()
    channels, columns, rows = (structure.get_value(name) for name in ("channels", "grid-width", "grid-height"))
    data = structure.get_value("data").get_data()
    values = struct.unpack(f"{channels * rows * columns}f", data)
    bright, dark = values[: rows * columns], values[rows * columns : 2 * rows * columns]
    assert max(bright) > 0 and all(abs(b + d - 1) < 1e-6 for b, d in zip(bright, dark))
    assert (structure.get_value("width"), structure.get_value("height")) == (320, 240)
    assert structure.get_value("input-width") == 4 * columns and structure.get_value("stride") == 4
    assert structure.get_value("model").endswith("#k@-1")
    frames.append((structure.get_value("frame"), structure.get_value("stale")))
    return Gst.PadProbeReturn.OK


pipeline = Gst.parse_launch(
    "videotestsrc pattern=ball num-buffers=10 ! video/x-raw,width=160,height=120 ! dinofeatures interval=2 ! "
    "videoconvert ! videoscale ! video/x-raw,format=RGB,width=320,height=240 ! fakesink name=sink")
pipeline.get_by_name("sink").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, on_buffer)
pipeline.set_state(Gst.State.PLAYING)
message = pipeline.get_bus().timed_pop_filtered(20 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
assert message and message.type == Gst.MessageType.EOS, message and message.parse_error()
pipeline.set_state(Gst.State.NULL)
assert frames == [(n, n % 2 == 1) for n in range(10)], frames
print("read the features of", len(frames), "frames")
