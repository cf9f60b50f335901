# SPDX-License-Identifier: LGPL-2.1-or-later
"""A table of small files, one row per kind, and what must be true of each run over them. VCL_ZOO=full: all rows."""
import itertools
import os
import shutil
import statistics
import unittest

from support import Case, read_lines, read_png_size, vcl
from zoo import ANIMALS, HEIGHT, WIDTH, probe, truth_of

TICK = 0.0021  # containers round to milliseconds


@unittest.skipUnless(shutil.which("ffmpeg"), "the package ffmpeg is not installed (install it)")
class MediaZoo(Case):
    def run_over(self, path):
        for old in self.folder.glob("o.*"):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        result = vcl("segment", path, "--json", self.path("o.jsonl"), "--overlay", self.path("o.mkv"), "--masks",
                     self.path("o.masks"))
        return result, read_lines(self.path("o.jsonl")) if self.path("o.jsonl").exists() else []

    def check(self, animal):
        path = animal.make(self.folder)
        result, lines = self.run_over(path)
        self.assertEqual([line["frame"] for line in lines], list(range(len(lines))))
        if animal.then in ("empty", "head"):
            self.assert_fails(result, path)
            self.assertEqual(lines, [])
            return
        times = [line["pts"] / 1e9 for line in lines]
        self.assertTrue(all(a < b for a, b in itertools.pairwise(times)), times)
        self.check_results(lines, times)
        wanted, size, sounds = truth_of(path)
        if animal.then in ("damaged", "zeroed"):  # what is lost for good is told
            self.assertGreater(len(lines), 40)
            self.assertEqual(result.returncode, int("vcl: " in result.stderr))
            if len(lines) < 0.8 * len(wanted):
                self.assert_fails(result, "damaged")
            return
        if animal.then == "cut":
            self.assert_fails(result, "cut off", f"only the {len(lines)} frames")
            self.assertGreater(len(lines), 0)
            self.assertLessEqual(abs(len(lines) - len(wanted)), 3)
        else:
            self.assert_done(result)
            # ffmpeg leaves out frames that begin within the last interval of an edit.
            self.assertLessEqual(len(lines) - len(wanted), animal.then == "trimmed")
            self.assertGreaterEqual(len(lines), len(wanted))
            self.assertEqual(self.sounds_of_overlay(), int(sounds))
        self.check_size(animal, lines, size)
        if animal.timed and animal.then != "cut":
            self.check_times(times, wanted)

    def check_size(self, animal, lines, size):
        if animal.then in ("turned-90", "turned-270", "mirrored-90", "mirrored-270"):
            size = HEIGHT, WIDTH
        self.assertEqual({(line["width"], line["height"]) for line in lines}, {size})

    def check_times(self, times, wanted):
        """Within about half an interval."""
        interval = statistics.median(b - a for a, b in itertools.pairwise(wanted)) if len(wanted) > 1 else 1
        for i, (time, right) in enumerate(zip(times, wanted)):
            self.assertLessEqual(abs(time - right), max(0.6 * interval, TICK), (i, times, wanted))

    def check_results(self, lines, times):
        """The painted video and the masks have what the lines have."""
        shown = probe(self.path("o.mkv"), "v", "frame=pts_time,width,height")["frames"]
        self.assertEqual(len(shown), len(lines))
        size = lines[0]["width"] // 2 * 2, lines[0]["height"] // 2 * 2
        self.assertEqual({(frame["width"], frame["height"]) for frame in shown}, {size})
        moved = [float(frame["pts_time"]) - time for frame, time in zip(shown, times)]
        for i in range(1, len(moved)):
            self.assertLessEqual(abs(moved[i] - moved[-1]), TICK, i)
        # Demuxers of Matroska say of the first frame alone that it begins the stream, though sound does.
        self.assertLessEqual(abs(moved[0] - moved[-1]), 0.1)
        masks = sorted(self.path("o.masks").iterdir())
        self.assertEqual([mask.name for mask in masks], [f"{i:05}.png" for i in range(len(lines))])
        self.assertEqual({read_png_size(mask) for mask in masks}, {(lines[0]["width"], lines[0]["height"])})

    def sounds_of_overlay(self):
        return len(probe(self.path("o.mkv"), "a", "stream=codec_type")["streams"])

    def test_zoo(self):
        for animal in ANIMALS:
            if animal.short or os.environ.get("VCL_ZOO") == "full":
                with self.subTest(animal.name()):
                    self.check(animal)


if __name__ == "__main__":
    unittest.main(verbosity=2)
