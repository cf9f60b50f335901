# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests the table of benchmarks/davis_quality on a sequence with known figures."""
import json
import subprocess
import unittest

from support import BUILD, Case, make_png

PROGRAM = BUILD / "benchmarks/davis_quality"


def instance(track, score, x, y, w, h, width=20, height=10):
    """Returns a box as an instance of a JSON line, with its mask as uncompressed run lengths."""
    runs = [x * height + y]
    for column in range(w):
        runs += [h, height - h] if column < w - 1 else [h, width * height - (x + w - 1) * height - y - h]
    return {"id": track, "score": score, "bbox": [x, y, w, h], "area": w * h,
            "segmentation": {"size": [height, width], "counts": runs}}


class Table(Case):
    def test_known_figures(self):
        # The truth in all four frames is the rectangle of make_png: x 5..15, y 2..7 of 20x10, 10 x 5 = 50 pixels.
        masks = self.path("davis/boat/masks")
        masks.mkdir(parents=True)
        for i in range(4):
            make_png(masks / f"{i:05}.png", 20, 10)
        exact, half, apart = (5, 2, 10, 5), (5, 2, 5, 5), (0, 8, 5, 2)
        frames = [
            [instance(1, 0.9, *apart), instance(2, 0.5, *exact)],
            [instance(1, 0.9, *apart), instance(2, 0.5, *exact)],
            [instance(1, 0.9, *apart), instance(3, 0.4, *half)],
            [],
        ]
        results = self.path("results")
        results.mkdir()
        with open(results / "boat.jsonl", "w") as file:
            for i, instances in enumerate(frames):
                print(json.dumps({"frame": i, "pts": None, "width": 20, "height": 10, "stale": False,
                                  "instances": instances}), file=file)
        run = subprocess.run([PROGRAM, self.path("davis"), f"toy={results}"], capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stderr)
        row = next(line.split() for line in run.stdout.splitlines() if line.startswith("boat"))
        # best: track 2 with IoU 1, 1, 0, 0; first: track 1; union: 50/60, 50/60, 25/60, 0;
        # center box: x 4..16, y 2..8, 72 pixels, IoU 50/72; one switch, from track 2 to 3.
        self.assertEqual(row[1:], ["0.500", "0.000", f"{(2 * 50 / 60 + 25 / 60) / 4:.3f}", f"{50 / 72:.3f}", "3.0", "1.0"])

    def test_results_of_another_length_are_refused(self):
        masks = self.path("davis/boat/masks")
        masks.mkdir(parents=True)
        make_png(masks / "00000.png", 20, 10)
        self.path("boat.jsonl").touch()
        run = subprocess.run([PROGRAM, self.path("davis"), f"toy={self.folder}"], capture_output=True, text=True)
        self.assertEqual(run.returncode, 1)
        self.assertIn("boat.jsonl", run.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
