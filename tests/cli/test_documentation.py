# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs what the documents tell people to run, and checks the examples of the file formats.

Every gst-launch line is run, with a fake sink for the window and a test source for the camera; a shell block under the
line `<!-- run -->` is run as it stands. Both in a folder with in.mp4, frames/ and the examples, and with the PATH and
GST_PLUGIN_PATH of `meson devenv`.
"""
import json
import os
import re
import subprocess
import unittest

from support import BUILD, SOURCE, Case, make_png, make_video, read_lines, vcl

DOCUMENTS = [SOURCE / "README.md", *sorted((SOURCE / "docs").glob("*.md"))]
ENVIRONMENT = os.environ | {
    "GST_PLUGIN_PATH": str(BUILD / "plugins"),
    "PATH": f"{BUILD / 'tools'}:{BUILD / 'training'}:{os.environ['PATH']}",
}


def marked_blocks(marker, language):
    pattern = re.compile(rf"<!-- {marker} -->\n+```{language}\n(.*?)```", re.S)
    return [(path.name, block) for path in DOCUMENTS for block in pattern.findall(path.read_text())]


def launch_lines():
    for path in DOCUMENTS:
        for block in re.findall(r"```sh\n(.*?)```", path.read_text(), re.S):
            for line in block.replace("\\\n", " ").splitlines():
                if line.startswith("gst-launch-1.0 "):
                    yield path.name, line


class Documentation(Case):
    def setUp(self):
        super().setUp()
        make_video(self.path("in.mp4"), frames=20)
        self.path("frames").mkdir()
        for i in range(3):
            make_png(self.path(f"frames/{i:05}.png"), 64, 48)
        self.path("examples").symlink_to(SOURCE / "examples")
        self.path("out").mkdir()

    def run_in_folder(self, *command):
        result = subprocess.run(command, cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, 0, f"{command}\n{result.stdout}\n{result.stderr}")
        return result

    def test_shell_blocks(self):
        blocks = marked_blocks("run", "sh")
        self.assertGreaterEqual(len(blocks), 1)
        for document, block in blocks:
            with self.subTest(f"{document}: {block.splitlines()[0]}"):
                self.run_in_folder("bash", "-euc", block)

    def test_launch_lines(self):
        lines = list(launch_lines())
        self.assertGreaterEqual(len(lines), 5)
        for document, line in lines:
            line = line.replace("autovideosink", "fakesink").replace("v4l2src", "videotestsrc is-live=true num-buffers=30")
            with self.subTest(f"{document}: {line}"):
                self.run_in_folder("bash", "-euc", line)

    def test_format_examples_are_what_is_written(self):
        make_video(self.path("in.mp4"), frames=5)
        self.assert_done(vcl("segment", self.path("in.mp4"), "--json", self.path("o.jsonl"), "--ytvis", self.path("o.json")))
        written = next(line for line in read_lines(self.path("o.jsonl")) if line["instances"])
        [(_, text)] = marked_blocks("example: json", "json")
        example = json.loads(text)
        self.assertEqual(list(example), list(written))
        self.assertEqual(list(example["instances"][0]), list(written["instances"][0]))
        self.assert_masks_are_sound(example)
        [(_, text)] = marked_blocks("example: ytvis", "json")
        self.assertEqual(list(json.loads(text)[0]), list(json.loads(self.path("o.json").read_text())[0]))

    def test_launch_scripts(self):
        self.run_in_folder("examples/gst-launch/overlay.sh", "in.mp4", "o.mp4")
        self.assertGreater(self.path("o.mp4").stat().st_size, 1000)
        self.run_in_folder("examples/gst-launch/export.sh", "in.mp4", "o.jsonl", "o.json", "masks")
        self.assertEqual(len(read_lines(self.path("o.jsonl"))), 20)
        self.run_in_folder("examples/gst-launch/live.sh")
        for script in ("features", "maskcut"):
            self.run_in_folder(f"examples/gst-launch/{script}.sh", "in.mp4", f"{script}.mp4")
            self.assertGreater(self.path(f"{script}.mp4").stat().st_size, 1000)
        for tracks in ((), ("1",)):
            self.run_in_folder("examples/gst-launch/idmap.sh", "in.mp4", "ids.mkv", "cut", *tracks)
            self.assertGreater(self.path("ids.mkv").stat().st_size, 1000)
            self.assertEqual(len(list(self.path("cut").iterdir())), 20)
        self.run_in_folder("examples/gst-launch/maskcut.sh", "in.mp4", "o.mp4", "blob:sleep-ms=1")

    def test_programs_agree_with_the_command(self):
        self.assert_done(vcl("segment", self.path("in.mp4"), "--json", self.path("o.jsonl")))
        lines = read_lines(self.path("o.jsonl"))
        uri = self.path("in.mp4").as_uri()

        printed = self.run_in_folder(str(BUILD / "examples/tracks"), uri).stdout
        frames = {int(track): int(count) for track, count in re.findall(r"track (\d+): .*?, (\d+) frames", printed)}
        ids = [instance["id"] for line in lines for instance in line["instances"]]
        self.assertEqual(frames, {track: ids.count(track) for track in ids})

        printed = self.run_in_folder("/usr/bin/python3", "examples/python/tracks.py", uri).stdout.splitlines()
        self.assertEqual(len(printed), len(lines))
        for text, line in zip(printed, lines):
            seen = [(int(i), int(area), int(x), int(y))
                    for i, area, x, y in re.findall(r"(\d+) \([\d.]+, (\d+) pixels at (\d+),(\d+)\)", text)]
            self.assertEqual(seen, [(i["id"], i["area"], *i["bbox"][:2]) for i in line["instances"]])


if __name__ == "__main__":
    unittest.main(verbosity=2)
