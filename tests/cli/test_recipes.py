# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the recipes with a few batches on generated photos: all steps work together, and no finished step runs again."""
import json
import os
import random
import subprocess
import unittest
import zlib

from support import PATIENCE, REAL_ENGINE, SOURCE, VCL_TRAIN, Case, read_safetensors, vcl, write_png

RECIPES = SOURCE / "training/recipes"


def make_photo(path, seed, width=96, height=72):
    """Writes a photo of a bright disc on a dark texture. Returns the disc's center and radius."""
    dice = random.Random(seed)
    x0, y0, radius = dice.uniform(0.35, 0.65) * width, dice.uniform(0.35, 0.65) * height, dice.uniform(12, 18)
    rows = []
    for y in range(height):
        row = bytearray(b"\0")
        for x in range(width):
            light = 180 if (x - x0) ** 2 + (y - y0) ** 2 < radius**2 else 40
            row += bytes(light + noise % 30 for noise in dice.randbytes(3))
        rows.append(bytes(row))
    write_png(path, width, height, zlib.compress(b"".join(rows), 1))
    return x0, y0, radius


# Stands in for vcl-train: writes the verb's outputs, and a line of its arguments to $COMMANDS. A training whose folder
# ends with $STOP looks stopped.
STAND_IN = """#!/bin/sh
echo "$@" >>"$COMMANDS"
verb=$1
while [ "$1" != --out ]; do shift; done
if [ "$verb" != fit ]; then touch "$2"; exit; fi
mkdir -p "$2"
touch "$2/model.safetensors"
case $2 in *"${STOP:-nothing}") end=false ;; *) end=true ;; esac
printf '%s' '{"__metadata__":{"vcl":"{\\"finished\\":' "$end" ',"}}' >"$2/checkpoint.safetensors"
echo '{"top_iou":0.5}' >"$2/log.jsonl"
"""


def run(recipe, *arguments, **environment):
    return subprocess.run(["bash", RECIPES / recipe, *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE,
                          env=os.environ | environment)


class Recipes(Case):
    def steps_of(self, result):
        return [line.split()[1].rstrip(":") for line in result.stderr.splitlines() if line.startswith("== ")]

    def test_the_default_model_and_a_round_of_self_training(self):
        for folder, count in ("photos", 40), ("more", 4):
            self.path(folder).mkdir()
            for i in range(count):
                make_photo(self.path(folder) / f"{i:02}.png", i + 100 * count)
        out, next_out = self.path("out"), self.path("next")
        recipe = ("vcl-tiny.sh", "--trial", "--more", self.path("more"), self.path("photos"), out)
        result = run(*recipe)
        self.assert_done(result)
        self.assertEqual(self.steps_of(result),
                         ["pack", "soft", "dense", "objects", "image", "video", "pack-more", "soft-more", "dense-2",
                          "objects-2-photos", "objects-2-more", "image-2", "video-2", "objects-3-photos", "objects-3-more", "motion",
                          "fine", "fine-video", "fine-2", "fine-video-2", "fine-3", "fine-video-3", "average"])
        self.assertIn('"top_iou":', result.stdout)
        model = out / "vcl-tiny.safetensors"
        configuration = json.loads(read_safetensors(model)[0]["vcl"])
        self.assertEqual(configuration["architecture"], "video_mask2former")
        self.assertEqual(configuration["motion"], {"neighbours": [-1, 1]})
        self.assert_done(vcl("segment", self.path("more"), "--model", model, "--json", self.path("o.jsonl"), env=REAL_ENGINE))

        (out / "steps/fine-video-3").unlink()  # as after a kill: this step resumes from its checkpoint
        before = model.read_bytes()
        result = run(*recipe)
        self.assert_done(result)
        self.assertEqual(self.steps_of(result), ["fine-video-3"])
        self.assertEqual(model.read_bytes(), before)
        result = run("vcl-tiny.sh", "--trial", self.path("more"), out)
        self.assertEqual(result.returncode, 1)
        self.assertIn("name another folder", result.stderr)

        result = run("self-train.sh", "--trial", "--rounds", 1, "--score", 0.5, "--model", model, "--images",
                     out / "photos.safetensors", "--labels", out / "objects-2-photos.safetensors", next_out)
        self.assert_done(result)
        self.assertEqual(self.steps_of(result), ["labels-1-0", "image-1", "video-1"])
        self.assertIn("score 0.5", read_safetensors(next_out / "labels-1-0.safetensors")[0]["method"])
        self.assertIn("video_mask2former", read_safetensors(next_out / "model.safetensors")[0]["vcl"])

    def test_rounds_follow_each_other_and_go_on_after_a_stop(self):
        self.path("vcl-train").write_text(STAND_IN)
        self.path("vcl-train").chmod(0o755)
        environment = {"VCL_TRAIN": str(self.path("vcl-train")), "COMMANDS": str(self.path("commands"))}
        out = self.path("out")
        rounds = ("self-train.sh", "--rounds", 2, "--minutes", 30, "--model", "m", "--images", "a", "--labels", "la",
                  "--images", "b", "--labels", "lb", out)
        result = run(*rounds, STOP="image-2", **environment)
        self.assertEqual(result.returncode, 130, result.stderr)
        self.assertIn("stopped in image-2", result.stderr)
        self.assertFalse((out / "model.safetensors").exists())
        result = run(*rounds, **environment)
        self.assert_done(result)
        self.assertEqual(self.steps_of(result), ["image-2", "video-2"])
        self.assertIn("10 of the 30 minutes", result.stderr)
        self.assertIn('{"top_iou":0.5}', result.stdout)
        common = "--threads 1"
        self.assertEqual(self.path("commands").read_text().replace(f"{out}/", "").splitlines(), [
            f"refine --model m --images a --labels la --score 0.7 --out labels-1-0.safetensors --sheet labels-1-0.png {common}",
            f"refine --model m --images b --labels lb --score 0.7 --out labels-1-1.safetensors --sheet labels-1-1.png {common}",
            f"fit --stage image --init m --images a b --labels labels-1-0.safetensors labels-1-1.safetensors {common}"
            " --out image-1 --minutes 10",
            "fit --stage video --init image-1/model.safetensors --images a b --labels labels-1-0.safetensors"
            f" labels-1-1.safetensors {common} --out video-1 --minutes 20",
            "refine --model video-1/model.safetensors --images a --labels labels-1-0.safetensors --score 0.65"
            f" --out labels-2-0.safetensors --sheet labels-2-0.png {common}",
            "refine --model video-1/model.safetensors --images b --labels labels-1-1.safetensors --score 0.65"
            f" --out labels-2-1.safetensors --sheet labels-2-1.png {common}",
            *["fit --stage image --init video-1/model.safetensors --images a b --labels labels-2-0.safetensors"
              f" labels-2-1.safetensors {common} --out image-2 --minutes 10"] * 2,
            "fit --stage video --init image-2/model.safetensors --images a b --labels labels-2-0.safetensors"
            f" labels-2-1.safetensors {common} --out video-2 --minutes 20",
        ])
        self.assertEqual(self.steps_of(run(*rounds, **environment)), [])

    def test_wrong_use(self):
        for arguments, word in [((), "photos"), (("--scale", "x", "a", "b"), "--scale"), (("--frog", "a", "b"), "--frog"),
                                (("missing", self.path("out")), "missing"), (("--more",), "--more")]:
            result = run("vcl-tiny.sh", *arguments)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn(word, result.stderr)
        for arguments, word in [((), "--model"), (("--model", "m", "--images", "a", "out"), "--labels"),
                                (("--model", "m", "--images", "a", "--labels", "b", "--score", "2", "o"), "--score")]:
            result = run("self-train.sh", *arguments)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn(word, result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
