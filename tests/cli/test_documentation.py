# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the commands in the documents, and checks the examples of the file formats.

Runs every gst-launch line, with a fake sink for the window and a test source for the camera. Runs each shell block
under the line `<!-- run -->` unchanged. Both run in a folder with in.mp4, frames/ and the examples, and in the
environment of `meson devenv`.
"""
import json
import os
import re
import subprocess
import unittest

from support import BUILD, PATIENCE, SOURCE, Case, Gst, GstVideo, make_png, make_video, read_lines, vcl

DOCUMENTS = [SOURCE / "README.md", *sorted((SOURCE / "docs").glob("*.md"))]
ENVIRONMENT = os.environ | {
    "GST_PLUGIN_PATH": str(BUILD / "plugins"),
    "LD_LIBRARY_PATH": str(BUILD / "libvcl"),
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


# Elements in the table of docs/embedding.md that have no effect without properties, caps or a second element.
AT_WORK = {
    "videoconvert": "videoconvert ! video/x-raw,format=RGB",
    "videoscale": "videoscale ! video/x-raw,width=80,height=60",
    "videocrop": "videocrop left=8",
    "videoflip": "videoflip video-direction=180",
    "videobox": "videobox left=8",
    "aspectratiocrop": "aspectratiocrop aspect-ratio=1/1",
    "gdppay": "gdppay ! gdpdepay",
}


def what_survives(element):
    """Returns "kept", "kept, rescaled" or "lost" for (masks and ids, parameters of the ROI metas) after the element."""
    pipeline = Gst.parse_launch(
        "videotestsrc num-buffers=3 pattern=ball ! video/x-raw,format=I420,width=160,height=120,framerate=30/1"
        f" ! vcl-vis-segment ! {AT_WORK.get(element, element)} ! appsink name=sink sync=false"
    )
    pipeline.set_state(Gst.State.PLAYING)
    buffer = pipeline.get_by_name("sink").try_pull_sample(60 * Gst.SECOND).get_buffer()
    custom = buffer.get_custom_meta("VclInstancesMeta")
    region = GstVideo.buffer_get_video_region_of_interest_meta_id(buffer, 0)
    pipeline.set_state(Gst.State.NULL)
    masks = "lost" if custom is None else "kept" if custom.get_structure().get_value("width") == 160 else "kept, rescaled"
    return masks, "kept" if region and region.get_param("detection") else "lost"


class Documentation(Case):
    def setUp(self):
        super().setUp()
        make_video(self.path("in.mp4"), frames=20)
        self.path("frames").mkdir()
        for i in range(3):
            make_png(self.path(f"frames/{i:05}.png"), 64, 48)
        self.path("examples").symlink_to(SOURCE / "examples")
        self.path("out").mkdir()
        self.path("clips").mkdir()
        self.path("clips/a.mp4").symlink_to(self.path("in.mp4"))

    def run_in_folder(self, *command):
        result = subprocess.run(command, cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=PATIENCE)
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

    def test_what_survives_which_elements(self):
        Gst.Registry.get().scan_path(str(BUILD / "plugins"))
        text = (SOURCE / "docs/embedding.md").read_text()
        rows = re.findall(r"^\| (`.*?) \| (kept[^|]*|lost) \| (kept|lost) \|$", text, re.M)
        self.assertEqual(len(rows), 5)
        for names, *expected in rows:
            for element in re.findall("`(.*?)`", names):
                with self.subTest(element):
                    self.assertEqual(list(what_survives(element)), expected)

    def test_clips_are_small_credited_and_shown(self):
        clips = sorted((SOURCE / "docs/media").glob("*.mp4"))
        self.assertGreaterEqual(len(clips), 2)
        self.assertLess(sum(clip.stat().st_size for clip in clips), 6e6)
        credits, gallery = ((SOURCE / "docs" / name).read_text() for name in ("media/CREDITS.md", "gallery.md"))
        for clip in clips:
            with self.subTest(clip.name):
                self.assertLess(clip.stat().st_size, 1.5e6)
                self.assertRegex(credits, rf"(?m)^\| `{clip.name}` (\| [^|]+ ){{5}}\|$")
                self.assertIn(f"](media/{clip.name})", gallery)
                self.assert_done(vcl("segment", clip, "--json", self.path("clip.jsonl")))
                self.assertGreater(len(read_lines(self.path("clip.jsonl"))), 100)

    def test_pictures_of_the_documents_exist(self):
        pictures = [(path, link) for path in DOCUMENTS for link in re.findall(r"!\[[^]]*\]\((.*?)\)", path.read_text())]
        self.assertGreaterEqual(len(pictures), 2)
        for path, link in pictures:
            with self.subTest(f"{path.name}: {link}"):
                self.assertTrue((path.parent / link).is_file())

    def test_format_examples_are_what_is_written(self):
        make_video(self.path("in.mp4"), frames=5)
        self.assert_done(vcl("segment", self.path("in.mp4"), "--json", self.path("o.jsonl"), "--ytvis", self.path("o.json")))
        written = next(line for line in read_lines(self.path("o.jsonl")) if line["instances"])
        [(_, text)] = marked_blocks("example: json", "json")
        example = json.loads(text)
        self.assertEqual(list(example), list(written))
        self.assertEqual(list(example["instances"][0]), list(written["instances"][0]))
        self.assert_masks_are_sound(example)
        make_png(self.path("a.png"), 64, 48)
        self.assert_done(vcl("segment", self.path("a.png"), "--photos", "--json", self.path("o.jsonl")))
        [(_, text)] = marked_blocks("example: photo", "json")
        self.assertEqual(list(json.loads(text)), list(read_lines(self.path("o.jsonl"))[0]))
        self.assert_masks_are_sound(json.loads(text))
        self.assert_done(vcl("segment", self.path("in.mp4"), "--out", self.path("results")))
        [(_, text)] = marked_blocks("example: run", "json")
        example, written = json.loads(text), json.loads(self.path("results/in/run.json").read_text())
        self.assertEqual((list(example), list(example["input"])), (list(written), list(written["input"])))
        [(_, text)] = marked_blocks("example: ytvis", "json")
        self.assertEqual(list(json.loads(text)[0]), list(json.loads(self.path("o.json").read_text())[0]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
