# SPDX-License-Identifier: LGPL-2.1-or-later
"""test_smoke.py CAP: tests a cut, a video and updates of each training with capped CPU instructions (VCL_MAX_CPU).

The results fit the contents of the pictures, and are close to the results of the same machine without a cap. Exits with
77 if the CPU lacks the instructions that the cap allows, because the cap would have no effect.
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

# The instructions that each cap allows in addition to those before it, as named in /proc/cpuinfo.
CAPS = {
    "baseline": set(),
    "avx2": {"avx2", "fma", "bmi2"},
    "avx512": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
    "avx512_bf16": {"avx512_bf16"},
    "amx": {"amx_bf16"},
}
# Relative, of the loss and of the gradient norm. In float32, sums have another order. In bfloat16, every factor has
# eight bits, so a near tie of the matching may flip. That changed them by up to 2.5 % and 38 % over six seeds of
# batches of two. The norm then only shows that the gradient neither vanishes nor explodes. engine_convolutions.cpp
# compares gradients.
FLOAT_TOLERANCE = {"loss": 1e-3, "gradient_norm": 1e-2}
BF16_TOLERANCE = {"loss": 0.1, "gradient_norm": 1}
# Otherwise, a matching that rounding flips would make the networks diverge.
SMALL_STEPS = ("--lr", 1e-7)
SAME_OBJECT = 0.9  # IoU of an object's masks


def missing(cap):
    """Returns the instructions that the cap allows and the CPU lacks."""
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    flags = next((set(line.split()) for line in lines if line.startswith("flags")), set())
    names = list(CAPS)
    return sorted(set().union(*(CAPS[name] for name in names[: names.index(cap) + 1])) - flags)


def environment(cap):
    """Returns the environment for a cap (None: no cap). Waiting threads do not spin, because tests run in parallel."""
    without = {name: value for name, value in REAL_ENGINE.items() if name != "VCL_MAX_CPU"} | {"OMP_WAIT_POLICY": "passive"}
    return without if cap is None else without | {"VCL_MAX_CPU": cap}


def pixels(segmentation):
    """Returns the set of the mask's pixels, as column-major indices."""
    found, position = set(), 0
    for i, run in enumerate(decode_counts(segmentation["counts"])):
        if i % 2:
            found.update(range(position, position + run))
        position += run
    return found


def iou(a, b):
    return len(a & b) / max(1, len(a | b))


def make_disc(path, width, height):
    """Writes a large red disc on gray with noise, which the features of every model separate. Returns the pixels of the
    disc, as pixels() does."""
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
        """Runs ten updates and returns the log entry of the last."""
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
            # The losses are bit-identical if the cap allows no bfloat16 instructions.
            self.assertEqual(chosen["loss"] == plain["loss"], "bf16" not in self.cap and self.cap != "amx")


if __name__ == "__main__":
    Smoke.cap = sys.argv.pop()
    if lacking := missing(Smoke.cap):
        print(f"skipped: this processor has no {' '.join(lacking)}")
        sys.exit(77)
    unittest.main(verbosity=2)
