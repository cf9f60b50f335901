# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl-train synthesize`: clips for inspection, and a YouTube-VIS data set that is complete after any interruption."""
import json
import random
import resource
import shutil
import signal
import struct
import subprocess
import unittest

from support import PATIENCE, VCL_TRAIN, Case, decode, decode_counts, read_png_size, vcl, wait_until

EVERYTHING = ["--without-paste", "0.2", "--curve", "1", "--camera", "0.5", "--reorder", "0.5", "--enter-leave", "0.8",
              "--appearance", "1", "--feather", "2"]


def write_bytes(path, tensors):
    """Writes tensors: {name: (type, shape, bytes)}."""
    header, data = {}, b""
    for name, (kind, shape, values) in tensors.items():
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


class Synthesize(Case):
    def setUp(self):
        super().setUp()
        dice, images, labels = random.Random(1), {}, {}
        for k in range(30):
            width, height = dice.randrange(60, 90), dice.randrange(50, 70)
            x0, y0 = dice.randrange(10, 30), dice.randrange(10, 20)
            ids = bytes(x0 <= x < x0 + 25 and y0 <= y < y0 + 22 for y in range(height) for x in range(width))
            colour = [dice.randrange(120, 256) for _ in range(3)]
            rgb = bytearray(c for y in range(height) for x in range(width) for c in (x, y, x + y))
            for i, inside in enumerate(ids):
                if inside:
                    rgb[3 * i:3 * i + 3] = bytes(colour)
            images[f"image/p{k}"] = ("U8", [height, width, 3], bytes(rgb))
            labels[f"ids/p{k}"] = ("U8", [height, width], ids)
            labels[f"weight/p{k}"] = ("F32", [], struct.pack("<f", 1))
        write_bytes(self.path("photos.safetensors"), images)
        write_bytes(self.path("labels.safetensors"), labels)

    def command(self, *arguments, labels="labels.safetensors"):
        return list(map(str, [VCL_TRAIN, "synthesize", "--images", self.path("photos.safetensors"), "--labels",
                              self.path(labels), "--canvas", "2048", *arguments]))

    def synthesize(self, *arguments, limit=None, **options):
        def starve():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        return subprocess.run(self.command(*arguments, **options), capture_output=True, text=True, timeout=PATIENCE,
                              preexec_fn=starve if limit else None)

    def assert_refused(self, result, *words, status=1):
        self.assertEqual(result.returncode, status, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)

    def files(self, folder):
        root = self.path(folder)
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    def test_sheet_and_video_show_the_first_clips(self):
        self.assert_done(self.synthesize("--count", 30, "--frames", 3, "--out", self.path("look")))
        self.assertEqual(read_png_size(self.path("look/clips.png")), (6 * 240, 24 * 198))
        frames = decode(self.path("look/clips.mp4"))
        self.assertEqual({frame[1:] for frame in frames}, {(480, 198)})
        self.assertEqual(len(frames), 24 * 3 * 3)
        self.assertEqual({path.name for path in self.path("look").iterdir()}, {"clips.png", "clips.mp4"})

    def test_moving_scenes_show_their_motion(self):
        self.assert_done(self.synthesize("--count", 3, "--moving", 1, "--out", self.path("look")))
        self.assertEqual(read_png_size(self.path("look/clips.png")), (6 * 240, 6 * 198))

    def test_truth_as_results_is_perfect(self):
        for mode in (EVERYTHING, ["--moving", "1"], ["--mode", "corrected"]):
            self.assert_done(self.synthesize("--count", 40, "--frames", 4, "--ytvis", self.path(mode[1]), *mode))
            truth = json.loads(self.path(mode[1] + "/instances.json").read_text())
            self.assertEqual([video["id"] for video in truth["videos"]], list(range(1, 41)))
            self.assertEqual([entry["id"] for entry in truth["annotations"]],
                             list(range(1, len(truth["annotations"]) + 1)))
            self.assertEqual([category["name"] for category in truth["categories"]], ["object"])
            results = [{"video_id": a["video_id"], "category_id": 1, "score": 1, "segmentations": a["segmentations"]}
                       for a in truth["annotations"]]
            self.path("results.json").write_text(json.dumps(results))
            evaluated = vcl("eval", "ytvis", "--gt", self.path(mode[1] + "/instances.json"), "--results",
                            self.path("results.json"), "--json", "-")
            self.assert_done(evaluated)
            self.assertAlmostEqual(json.loads(evaluated.stdout)["figures"]["AP"], 1)
            self.assert_annotations_are_sound(truth)
            if mode is EVERYTHING:
                seen = [[mask is not None for mask in a["segmentations"]] for a in truth["annotations"]]
                self.assertTrue(any(not all(frames) for frames in seen), "objects leave")
                self.assertTrue(any(frames[0] and frames[-1] and not all(frames) for frames in seen), "and come back")
            for video in truth["videos"][:3]:
                for name in video["file_names"]:
                    shown = decode(self.path(f"{mode[1]}/JPEGImages/{name}"))
                    self.assertEqual([frame[1:] for frame in shown], [(video["width"], video["height"])])

    def assert_annotations_are_sound(self, truth):
        videos = {video["id"]: video for video in truth["videos"]}
        for entry in truth["annotations"]:
            video = videos[entry["video_id"]]
            self.assertEqual(len(entry["segmentations"]), len(video["file_names"]))
            self.assertTrue(any(entry["segmentations"]), "an object is seen somewhere")
            for mask, box, area in zip(entry["segmentations"], entry["bboxes"], entry["areas"], strict=True):
                self.assertEqual(mask is None, box is None)
                self.assertEqual(mask is None, area is None)
                if mask is not None:
                    self.assertEqual(mask["size"], [video["height"], video["width"]])
                    self.assertEqual(sum(decode_counts(mask["counts"])[1::2]), area)

    def kill_early(self, *arguments):
        process = subprocess.Popen(self.command(*arguments), stderr=subprocess.DEVNULL)
        journal = self.path("parts/instances.json.journal")
        wait_until(lambda: journal.exists() and journal.stat().st_size > 4000, process)
        process.kill()
        process.wait()

    def test_killed_runs_go_on_and_workers_do_not_matter(self):
        arguments = ["--count", 100, "--frames", 3, *EVERYTHING]
        self.assert_done(self.synthesize(*arguments, "--ytvis", self.path("whole")))
        for _ in range(5):  # on a busy machine the run may end before it is killed
            self.kill_early(*arguments, "--ytvis", self.path("parts"), "--workers", 2)
            if not self.path("parts/instances.json").exists():
                break
            shutil.rmtree(self.path("parts"))
        self.assertTrue(self.path("parts/instances.json.journal").exists())
        self.assert_refused(self.synthesize(*arguments, "--seed", 9, "--ytvis", self.path("parts")), "other settings",
                            "seed")
        self.assert_done(self.synthesize(*arguments, "--ytvis", self.path("parts"), "--workers", 3))
        self.assertEqual(self.files("parts"), self.files("whole"))
        before = self.files("whole")
        self.assert_refused(self.synthesize(*arguments, "--ytvis", self.path("whole")), "already holds a data set")
        self.path("whole/instances.json").unlink()
        self.assert_refused(self.synthesize(*arguments, "--ytvis", self.path("whole")), "JPEGImages")
        del before["instances.json"]
        self.assertEqual(self.files("whole"), before, "what was there is as it was")

    def test_what_cannot_be_written(self):
        self.path("file").write_text("")
        self.assert_refused(self.synthesize("--count", 3, "--out", self.path("file/out")), "clips.png")
        self.assert_refused(self.synthesize("--count", 3, "--ytvis", self.path("file/set")), "file/set")
        look = ["--count", 3, "--out", self.path("look")]
        self.assert_refused(self.synthesize(*look, limit=3000), "clips.png", "free space")
        self.assertFalse(self.path("look/clips.png").exists())
        self.assert_done(self.synthesize(*look))
        before = self.files("look")
        self.assert_refused(self.synthesize(*look, "--seed", 2, limit=3000), "clips.png", "free space")
        self.assertEqual(self.files("look")["clips.png"], before["clips.png"])

    def test_a_full_disk_loses_nothing(self):
        arguments = ["--count", 60, "--ytvis"]
        self.assert_done(self.synthesize(*arguments, self.path("whole")))
        largest = max(len(content) for name, content in self.files("whole").items() if name.endswith(".jpg"))
        document = self.path("whole/instances.json").stat().st_size
        for limit in (largest // 2, document // 2, document - 100):  # an image, the journal, the result
            self.assert_refused(self.synthesize(*arguments, self.path("set"), limit=limit), "set/", "disk")
            self.assertFalse(self.path("set/instances.json").exists())
        self.assert_done(self.synthesize(*arguments, self.path("set")))
        self.assertEqual(self.files("set"), self.files("whole"))

    def test_absurd_options(self):
        look = ["--count", 2, "--out", self.path("look")]
        for option, value in (("--smooth", "nan"), ("--camera", "1.01"), ("--enter-leave", "-0.1"), ("--feather", "9"), ("--moving", "-1"), ("--blanked", "2"),
                              ("--feather", "0.5"), ("--curve", "1e300"), ("--appearance", "inf"), ("--reorder", "x"),
                              ("--without-object", "1"), ("--frames", "0"), ("--workers", "0")):
            self.assert_refused(self.synthesize(*look, option, value), option, status=2)
        self.assert_refused(self.synthesize(*look, "--mode", "corrected", "--camera", "0.5"), "natural")
        self.assert_refused(self.synthesize(*look, "--mode", "reference", "--frames", "1"), "two frames")
        self.assert_refused(self.synthesize(*look, labels="photos.safetensors"), "photos.safetensors", "label")
        self.assert_refused(self.synthesize("--count", 2), "--out or --ytvis", status=2)
        self.assertFalse(self.path("look").exists())


if __name__ == "__main__":
    unittest.main()
