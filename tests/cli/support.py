# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the command-line tests share: running vcl, making small videos and images, reading results back."""
import json
import os
import pathlib
import struct
import subprocess
import tempfile
import unittest
import zlib

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstVideo", "1.0")
from gi.repository import Gst, GstApp, GstVideo  # noqa: E402,F401  (GstApp gives appsink its methods)

Gst.init(None)

SOURCE = pathlib.Path(os.environ["VCL_SOURCE_ROOT"])
BUILD = pathlib.Path(os.environ["VCL_BUILD_ROOT"])
VCL = str(BUILD / "tools/vcl")
ENGINE_IS_BUILT = (BUILD / "libvcl/engine/libvcl-engine.so").exists()
DEFAULT_MODELS = sorted((SOURCE / "models").glob("*.safetensors"))
REAL_ENGINE = {k: v for k, v in os.environ.items() if k != "VCL_ENGINE_MODULE"}


def vcl(*arguments, timeout=120, **options):
    """Runs the command to its end; text streams unless told otherwise."""
    options = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL} | options
    return subprocess.run([VCL, *map(str, arguments)], timeout=timeout, **options)


def launch(description):
    subprocess.run(["gst-launch-1.0", "-q", *description.split()], check=True, timeout=120, capture_output=True)


def make_video(path, frames=30, width=160, height=120, fps="30/1", pattern="ball", extra=""):
    """An H.264 video of a moving ball (the test engine finds bright blobs); MP4 with its index in front, or by extension."""
    muxer = {".mp4": "mp4mux faststart=true", ".mkv": "matroskamux", ".avi": "avimux"}[pathlib.Path(path).suffix]
    launch(
        f"videotestsrc num-buffers={frames} pattern={pattern} ! {extra}"
        f" video/x-raw,width={width},height={height},framerate={fps},format=I420"
        f" ! x264enc speed-preset=ultrafast key-int-max=10 ! h264parse ! {muxer} ! filesink location={path}"
    )
    return path


def make_png(path, width, height, square=True):
    """A black RGB image with a white square in the middle."""
    rows = []
    for y in range(height):
        inside_y = height // 4 <= y < 3 * height // 4
        line = bytearray(3 * width)
        if square and inside_y:
            line[3 * (width // 4) : 3 * (3 * width // 4)] = b"\xff" * (3 * (3 * width // 4 - width // 4))
        rows.append(b"\0" + bytes(line))
    write_png(path, width, height, zlib.compress(b"".join(rows)))


def write_png(path, width, height, data):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pathlib.Path(path).write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def decode(path):
    """(pts in ns, width, height) of every frame of a video file."""
    pipeline = Gst.parse_launch(
        "filesrc name=file ! decodebin ! videoconvert ! video/x-raw,format=RGB ! appsink name=sink sync=false"
    )
    pipeline.get_by_name("file").set_property("location", str(path))
    sink = pipeline.get_by_name("sink")
    pipeline.set_state(Gst.State.PLAYING)
    frames = []
    while (sample := sink.try_pull_sample(20 * Gst.SECOND)) is not None:
        shape = sample.get_caps().get_structure(0)
        frames.append((sample.get_buffer().pts, shape.get_value("width"), shape.get_value("height")))
    error = pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    if error:
        raise AssertionError(f"{path}: {error.parse_error()}")
    return frames


def read_lines(path):
    return [json.loads(line) for line in pathlib.Path(path).read_text().splitlines()]


def decode_counts(counts):
    """COCO's compressed run lengths as a list of runs."""
    runs, position = [], 0
    while position < len(counts):
        value, shift, more = 0, 0, True
        while more:
            code = ord(counts[position]) - 48
            position += 1
            value |= (code & 0x1F) << shift
            shift += 5
            more = bool(code & 0x20)
            if not more and code & 0x10:
                value |= -1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
    return runs


class Case(unittest.TestCase):
    """Every test has a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def path(self, name):
        return self.folder / name

    def assert_done(self, result):
        self.assertEqual(result.returncode, 0, result.stderr)

    def assert_fails(self, result, *words, status=1):
        """Non-zero, and exactly one line that holds each of the words."""
        self.assertEqual(result.returncode, status, result.stderr)
        complaint = [line for line in result.stderr.splitlines() if line.startswith("vcl: ")]
        self.assertEqual(len(complaint), 1, result.stderr)
        for word in words:
            self.assertIn(str(word), complaint[0])

    def assert_masks_are_sound(self, frame):
        """Ids once a frame, runs that fill the frame, area and box as stated."""
        ids = [instance["id"] for instance in frame["instances"]]
        self.assertEqual(len(ids), len(set(ids)))
        for instance in frame["instances"]:
            height, width = instance["segmentation"]["size"]
            runs = decode_counts(instance["segmentation"]["counts"])
            self.assertEqual((width, height), (frame["width"], frame["height"]))
            self.assertEqual(sum(runs), width * height)
            self.assertEqual(sum(runs[1::2]), instance["area"])
            x, y, w, h = instance["bbox"]
            self.assertTrue(0 <= x and 0 <= y and x + w <= width and y + h <= height)
            self.assertLessEqual(instance["area"], w * h)
