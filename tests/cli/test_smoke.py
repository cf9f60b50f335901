# SPDX-License-Identifier: LGPL-2.1-or-later
"""test_smoke.py CAP: a cut, a video and updates of each training with the processor's instructions capped (VCL_MAX_CPU).

What comes out fits what is in the pictures, and is near what the same machine makes of them without a cap. Status 77: the
processor lacks what this cap allows, so that it caps nothing.
"""
import json
import math
import pathlib
import random
import subprocess
import sys
import unittest
import zlib

from support import DEFAULT_MODEL, REAL_ENGINE, VCL_TRAIN, Case, decode_counts, make_video, read_lines, vcl, write_png
from test_distributed import make_pack

# What each cap allows beyond those before it, as /proc/cpuinfo has it.
CAPS = {
    "baseline": set(),
    "avx2": {"avx2", "fma", "bmi2"},
    "avx512": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
    "avx512_bf16": {"avx512_bf16"},
    "amx": {"amx_bf16"},
}
# Of the loss and of the gradient's norm. In float32 sums come in another order. In bfloat16 every factor has eight bits:
# a near tie of the matching may flip, which cost up to 2.5 % and 38 % with six seeds of batches of two. The norm then says
# only that the gradient neither vanishes nor explodes; engine_convolutions.cpp compares gradients.
FLOAT_TOLERANCE = {"loss": 1e-3, "gradient_norm": 1e-2}
BF16_TOLERANCE = {"loss": 0.1, "gradient_norm": 1}
# Else a matching that rounding flips sends the networks different ways.
SMALL_STEPS = ("--lr", 1e-7)
SAME_OBJECT = 0.9  # IoU of an object's masks


def missing(cap):
    """What the processor lacks of what the cap allows."""
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    flags = next((set(line.split()) for line in lines if line.startswith("flags")), set())
    names = list(CAPS)
    return sorted(set().union(*(CAPS[name] for name in names[: names.index(cap) + 1])) - flags)


def environment(cap):
    """None: without a cap. Threads that wait do not spin: tests run side by side."""
    without = {name: value for name, value in REAL_ENGINE.items() if name != "VCL_MAX_CPU"} | {"OMP_WAIT_POLICY": "passive"}
    return without if cap is None else without | {"VCL_MAX_CPU": cap}


def pixels(segmentation):
    """The set of a mask's pixels, numbered down the columns."""
    found, position = set(), 0
    for i, run in enumerate(decode_counts(segmentation["counts"])):
        if i % 2:
            found.update(range(position, position + run))
        position += run
    return found


def iou(a, b):
    return len(a & b) / max(1, len(a | b))


def make_disc(path, width, height):
    """A large red disc on gray, with noise: what every model's features tell apart. Returns its pixels, as pixels() does."""
    dice, rows, disc = random.Random(1), [], set()
    for y in range(height):
        row = bytearray(b"\0")
        for x in range(width):
            inside = math.hypot(x - width / 2, y - height / 2) < 20
            if inside:
                disc.add(x * height + y)
            row += bytes(light + noise % 30 for light, noise in zip((220, 60, 40) if inside else (60, 60, 60), dice.randbytes(3)))
        rows.append(bytes(row))
    write_png(path, width, height, zlib.compress(b"".join(rows), 1))
    return disc


class Smoke(Case):
    cap = None

    def last_update(self, folder, cap, *arguments):
        """What the log says of the tenth update."""
        command = [VCL_TRAIN, *arguments, "--device", "cpu", "--threads", 2, "--steps", 10, "--out", self.path(folder)]
        self.assert_done(subprocess.run(list(map(str, command)), capture_output=True, text=True, env=environment(cap)))
        return [line for line in read_lines(self.path(folder) / "log.jsonl") if "loss" in line][-1]

    def assert_near(self, update, reference, tolerance):
        for name, part in tolerance.items():
            self.assertGreater(update[name], 0)
            ratio = update[name] / reference[name]
            self.assertLess(max(ratio, 1 / ratio) - 1, part, f"{name}: {update} {reference}")

    def test_cut(self):
        disc = make_disc(self.path("photo.png"), 96, 72)
        best = []
        for cap in self.cap, None:
            result = vcl("maskcut", self.path("photo.png"), "--device", "cpu", "--json", self.path("cuts.json"),
                         env=environment(cap))
            self.assert_done(result)
            cuts = [pixels(cut["segmentation"]) for cut in json.loads(self.path("cuts.json").read_text())["annotations"]]
            best.append(max(cuts, key=lambda cut: iou(cut, disc)))
            self.assertGreater(iou(best[-1], disc), 0.7)
        self.assertGreater(iou(*best), SAME_OBJECT)

    def test_video(self):
        make_video(self.path("in.mp4"), frames=20)
        videos = []
        for cap in self.cap, None:
            result = vcl("segment", self.path("in.mp4"), "--device", "cpu", "--json", self.path("o.jsonl"), env=environment(cap))
            self.assert_done(result)
            videos.append(read_lines(self.path("o.jsonl")))
            self.assertEqual(len(videos[-1]), 20)
        for frame, reference in zip(*videos):
            self.assert_masks_are_sound(frame)
            # The ball is 40 pixels wide.
            ball, same_ball = (max(f["instances"], key=lambda i: i["score"]) for f in (frame, reference))
            self.assertTrue(900 < ball["area"] < 1700, ball)
            self.assertEqual(ball["id"], same_ball["id"])
            self.assertGreater(iou(pixels(ball["segmentation"]), pixels(same_ball["segmentation"])), SAME_OBJECT)

    def test_training(self):
        make_pack(self.folder)
        images = ("--images", self.path("photos.safetensors"))
        small = ("--batch", 4, "--global", 64, "--local", 32, "--locals", 2, "--prototypes", 64)
        self.assert_near(*(self.last_update(f"pretrain-{cap}", cap, "pretrain", *images, *small)
                           for cap in (self.cap, None)), FLOAT_TOLERANCE)
        for stage in "image", "video":
            def fit(cap, precision):
                return self.last_update(f"{stage}-{cap}-{precision}", cap, "fit", "--stage", stage, "--batch", 2, *images,
                                        "--labels", self.path("labels.safetensors"), "--init", DEFAULT_MODEL,
                                        "--precision", precision, *SMALL_STEPS)
            plain, chosen, reference = fit(self.cap, "fp32"), fit(self.cap, "auto"), fit(None, "fp32")
            self.assert_near(plain, reference, FLOAT_TOLERANCE)
            self.assert_near(chosen, reference, BF16_TOLERANCE)
            # The same to the bit where the cap leaves no instructions for bfloat16.
            self.assertEqual(chosen["loss"] == plain["loss"], "bf16" not in self.cap and self.cap != "amx")


if __name__ == "__main__":
    Smoke.cap = sys.argv.pop()
    if lacking := missing(Smoke.cap):
        print(f"skipped: this processor has no {' '.join(lacking)}")
        sys.exit(77)
    unittest.main(verbosity=2)
