# SPDX-License-Identifier: LGPL-2.1-or-later
"""Helpers of the command-line tests: they run vcl, make small videos and images, and read results."""
import array
import collections
import io
import json
import math
import os
import pathlib
import pickle
import struct
import subprocess
import sys
import tempfile
import time
import types
import unittest
import unittest.mock
import zipfile
import zlib
from random import Random

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstVideo", "1.0")
from gi.repository import Gst, GstApp, GstVideo  # noqa: E402,F401  (GstApp gives appsink its methods)

Gst.init(None)

SOURCE = pathlib.Path(os.environ["VCL_SOURCE_ROOT"])
BUILD = pathlib.Path(os.environ["VCL_BUILD_ROOT"])
VCL = str(BUILD / "tools/vcl")
VCL_TRAIN = os.environ.get("VCL_TRAIN")  # None in a build without vcl-train
DEFAULT_MODEL = SOURCE / "models/vcl-tiny.safetensors"
REAL_ENGINE = {k: v for k, v in os.environ.items() if k != "VCL_ENGINE_MODULE"}
needs_engine = unittest.skipUnless("VCL_ENGINE" in os.environ, "this build has no engine (-Dengine=disabled)")
PATIENCE = 900  # timeout in seconds, long enough for a busy machine


def wait_until(condition, process):
    """Waits until the condition holds or the process ends. Returns whether the condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if process.poll() is not None:
            return condition()
        if time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"what was waited for did not come within {PATIENCE} s")
        time.sleep(0.002)
    return True


def vcl(*arguments, timeout=PATIENCE, **options):
    """Runs the command to its end. Streams are text by default."""
    options = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL} | options
    return subprocess.run([VCL, *map(str, arguments)], timeout=timeout, **options)


def launch(description):
    subprocess.run(["gst-launch-1.0", "-q", *description.split()], check=True, timeout=PATIENCE, capture_output=True)


def make_video(path, frames=30, width=160, height=120, fps="30/1", pattern="ball", extra=""):
    """Writes an H.264 video of a moving ball, a bright blob for the test engine. MP4 has its index in front."""
    muxer = {".mp4": "mp4mux faststart=true", ".mkv": "matroskamux", ".avi": "avimux"}[pathlib.Path(path).suffix]
    launch(
        f"videotestsrc num-buffers={frames} pattern={pattern} ! {extra}"
        f" video/x-raw,width={width},height={height},framerate={fps},format=I420"
        f" ! x264enc speed-preset=ultrafast key-int-max=10 ! h264parse ! {muxer} ! filesink location={path}"
    )
    return path


def make_png(path, width, height, square=True):
    """Writes a black RGB image with a white rectangle in the middle (half the width, half the height)."""
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


def read_png_size(path):
    return struct.unpack(">II", pathlib.Path(path).read_bytes()[16:24])


def read_safetensors(path):
    """Returns (metadata, {name: (dtype, shape, flat list of values)})."""
    content = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    codes = {"F32": "f", "F64": "d", "U8": "B", "I64": "q"}
    tensors = {}
    for name, entry in header.items():
        first, end = entry["data_offsets"]
        data = memoryview(content)[8 + length + first : 8 + length + end]
        tensors[name] = (entry["dtype"], entry["shape"], list(data.cast(codes[entry["dtype"]])))
    return metadata, tensors


def write_safetensors(path, tensors, metadata=None):
    """Writes tensors: {name: (shape, float32 values)}."""
    header, data = {"__metadata__": metadata or {}}, b""
    for name, (shape, values) in tensors.items():
        block = array.array("f", values).tobytes()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(block)]}
        data += block
    text = json.dumps(header).encode()
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def small_vit(channels=64, depth=2, patch=8, positions=4, hidden=128):
    """Returns random tensors of a vision transformer by their official names: {name: (shape, values)}."""
    random = Random(1)
    tensors = {}

    def add(name, *shape):
        count = math.prod(shape)
        around = 1.0 if "norm" in name and name.endswith("weight") else 0.0
        tensors[name] = (list(shape), [around + random.gauss(0, 0.1) for _ in range(count)])

    def pair(name, *shape):
        add(name + ".weight", *shape)
        add(name + ".bias", shape[0])

    add("cls_token", 1, 1, channels)
    add("pos_embed", 1, 1 + positions, channels)
    pair("patch_embed.proj", channels, 3, patch, patch)
    for i in range(depth):
        pair(f"blocks.{i}.norm1", channels)
        pair(f"blocks.{i}.attn.qkv", 3 * channels, channels)
        pair(f"blocks.{i}.attn.proj", channels, channels)
        pair(f"blocks.{i}.norm2", channels)
        pair(f"blocks.{i}.mlp.fc1", hidden, channels)
        pair(f"blocks.{i}.mlp.fc2", channels, hidden)
    pair("norm", channels)
    return tensors


def write_pth(path, tensors, wrap=lambda state: state):
    """Writes a checkpoint as torch.save does, but without torch: stand-ins have the names that the pickle refers to."""
    modules = {"torch": types.ModuleType("torch"), "torch._utils": types.ModuleType("torch._utils")}
    storage = type("FloatStorage", (), {"__module__": "torch"})

    def rebuild(*_):
        raise AssertionError("only written, never called")

    rebuild.__module__, rebuild.__name__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v2", "_rebuild_tensor_v2"
    modules["torch"].FloatStorage, modules["torch._utils"]._rebuild_tensor_v2 = storage, rebuild

    class Stored:
        def __init__(self, key, count):
            self.key, self.count = key, count

    class Tensor:
        def __init__(self, key, shape, values):
            self.stored, self.shape = Stored(key, len(values)), tuple(shape)

        def __reduce__(self):
            strides = tuple(math.prod(self.shape[i + 1 :]) for i in range(len(self.shape)))
            return rebuild, (self.stored, 0, self.shape, strides, False, collections.OrderedDict())

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            return ("storage", storage, value.key, "cpu", value.count) if isinstance(value, Stored) else None

    state = collections.OrderedDict(
        (name, Tensor(str(i), shape, values)) for i, (name, (shape, values)) in enumerate(tensors.items())
    )
    text = io.BytesIO()
    with unittest.mock.patch.dict(sys.modules, modules):
        Pickler(text, protocol=2).dump(wrap(state))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", text.getvalue())
        archive.writestr("archive/version", "3\n")
        for i, (_, values) in enumerate(tensors.values()):
            archive.writestr(f"archive/data/{i}", array.array("f", values).tobytes())
    return path


def decode(path):
    """Returns (pts in ns, width, height) of every frame of a video file."""
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
    """Decodes COCO's compressed run lengths into a list of runs."""
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
    """A test case with a temporary folder per test."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def path(self, name):
        return self.folder / name

    def assert_done(self, result):
        self.assertEqual(result.returncode, 0, result.stderr)

    def assert_fails(self, result, *words, status=1):
        """Asserts the exit status, and exactly one error line, which contains all words."""
        self.assertEqual(result.returncode, status, result.stderr)
        complaint = [line for line in result.stderr.splitlines() if line.startswith("vcl: ")]
        self.assertEqual(len(complaint), 1, result.stderr)
        for word in words:
            self.assertIn(str(word), complaint[0])

    def assert_masks_are_sound(self, frame):
        """Asserts that ids are unique in the frame, runs fill the frame, and areas and boxes fit the masks."""
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
