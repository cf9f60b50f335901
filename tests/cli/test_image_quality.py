# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests the table of benchmarks/image_quality on photos with known figures."""
import json
import os
import shutil
import subprocess
import unittest

from support import BUILD, SOURCE, Case, make_png

PROGRAM = BUILD / "benchmarks/image_quality"
SCRIPT = SOURCE / "benchmarks/image_quality.sh"


class Table(Case):
    def write_data(self):
        """Writes two photos of make_png's rectangle (x 5..15, y 2..7 of 20x10), exact stored masks, and an instance."""
        objects, images = self.path("tokencut-ecssd"), self.path("instances/images")
        objects.mkdir()
        images.mkdir(parents=True)
        for name in ("0001", "0002"):
            for suffix in (".jpg", "_gt.png", "_tokencut.png"):  # the content is PNG, whatever the suffix
                make_png(objects / (name + suffix), 20, 10)
        shutil.copy(objects / "0001.jpg", images / "a.jpg")
        box = [4 * 10 + 2]  # the center box, x 4..16, y 2..8
        for column in range(12):
            box += [6, 4 if column < 11 else 200 - (15 * 10 + 8)]
        truth = {"images": [{"id": 3, "width": 20, "height": 10, "file_name": "images/a.jpg"}],
                 "annotations": [{"image_id": 3, "category_id": 1, "area": 72, "iscrowd": 0,
                                  "segmentation": {"size": [10, 20], "counts": box}}]}
        self.path("instances/instances.json").write_text(json.dumps(truth))

    def table(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True)

    def test_known_figures(self):
        self.write_data()
        run = self.table("--cuts-only", "--size", "64", self.folder)
        self.assertEqual(run.returncode, 0, run.stderr)
        rows = {line[:44].strip(): line[44:].split() for line in run.stdout.splitlines()}
        # The object has 50 of the center box's 72 pixels. The instance is the center box itself.
        self.assertEqual(rows["centre box"], [f"{50 / 72:.3f}"] * 2 + ["1.0000"] * 5)
        self.assertEqual(rows["stored TokenCut masks (DINO ViT-S/16)"], ["1.000"] * 2)
        self.assertEqual(len(rows["default model, cuts"]), 7)
        half = self.table("--cuts-only", "--size", "64", "--half", "1", self.folder)
        self.assertIn("1 photos of one object, 1 with 1 instances", half.stdout)

    def test_failures(self):
        for arguments, code, text in (([], 2, "DATA"), (["--half", "3", self.folder], 2, "half"),
                                      ([self.path("none")], 1, "none")):
            run = self.table(*arguments)
            self.assertEqual(run.returncode, code, run.stderr)
            self.assertIn(text, run.stderr)
        self.write_data()
        self.path("tokencut-ecssd/0002_gt.png").write_text("no picture")
        run = self.table(self.folder)
        self.assertEqual(run.returncode, 1)
        self.assertIn("0002_gt.png", run.stderr)

    def test_script_names_the_missing_folder(self):
        run = subprocess.run([SCRIPT, self.folder], capture_output=True, text=True,
                             env={**os.environ, "VCL_BUILD": str(BUILD)})
        self.assertEqual(run.returncode, 1)
        self.assertIn("tokencut-ecssd", run.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
