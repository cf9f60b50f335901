# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl eval`: our own results against themselves and against worse ones, and invalid inputs."""
import json
import os
import subprocess
import unittest

from support import Case, make_video, vcl


class Eval(Case):
    def segment(self):
        """Writes JSON lines, index images and YouTube-VIS results of a video with one track, a moving blob."""
        (self.path("gt")).mkdir()
        (self.path("results")).mkdir()
        video = make_video(self.path("ball.mp4"), frames=8)
        self.assert_done(vcl("segment", video, "--json", self.path("results/ball.jsonl"), "--masks", self.path("gt/ball"),
                             "--ytvis", self.path("ytvis.json"), "--quiet"))

    def figures(self, *arguments):
        result = vcl("eval", *arguments, "--json", "-")
        self.assert_done(result)
        return json.loads(result.stdout), result.stderr

    def test_davis(self):
        self.segment()
        document, table = self.figures("davis", "--gt", self.path("gt"), "--results", self.path("results"))
        self.assertEqual(document["figures"]["J mean"], 1)
        self.assertEqual(document["figures"]["F mean"], 1)
        ids = {"IDF1": 1, "switches": 0, "fragmentations": 0}
        self.assertEqual(document["sequences"], [{"name": "ball", "objects": 1, **ids, "J": 1, "F": 1, "J&F": 1}])
        self.assertIn("J&F", table)
        lines = self.path("results/ball.jsonl").read_text().splitlines()
        lines[0] = json.dumps(json.loads(lines[0]) | {"instances": []})
        self.path("results/ball.jsonl").write_text("\n".join(lines) + "\n")
        document, _ = self.figures("davis", "--gt", self.path("gt"), "--results", self.path("results"))
        self.assertAlmostEqual(document["figures"]["J mean"], 7 / 8)
        self.assertEqual(document["figures"]["IDP"], 1)
        self.assertAlmostEqual(document["figures"]["IDR"], 7 / 8)
        self.assertAlmostEqual(document["figures"]["IDF1"], 14 / 15)
        document, _ = self.figures("davis", "--gt", self.path("gt"), "--results", self.path("results"), "--task", "single-object")
        self.assertEqual(document["measure"], "DAVIS, single object")
        self.assertEqual(document["figures"]["J mean"], 1, "the first frame does not count")
        self.assertNotIn("IDF1", document["figures"], "one object has no ids")

    def test_ytvis(self):
        self.segment()
        tracks = json.loads(self.path("ytvis.json").read_text())
        truth = {
            "videos": [{"id": 1, "width": 160, "height": 120, "file_names": [f"ball/{i}.jpg" for i in range(8)]}],
            "categories": [{"id": 1, "name": "object"}],
            "annotations": [tracks[0] | {"id": 1}],
        }
        self.path("gt.json").write_text(json.dumps(truth))
        document, _ = self.figures("ytvis", "--gt", self.path("gt.json"), "--results", self.path("ytvis.json"))
        self.assertAlmostEqual(document["figures"]["AP"], 1)
        self.assertIsNone(document["figures"]["AP large"])
        self.assertEqual(document["videos"], [{"name": "ball", "truths": 1, "results": 1, "IDF1": 1, "switches": 0,
                                               "fragmentations": 0, "best IoU": 1}])
        # The track is split in two in the middle, and a third track with a low score has only false pixels.
        halves = [tracks[0] | {"segmentations": list(parts)} for parts in zip(*(
            (mask, None) if i < 5 else (None, mask) for i, mask in enumerate(tracks[0]["segmentations"])))]
        false = tracks[0] | {"score": 0.01, "segmentations": [{"size": [120, 160], "counts": [0, 9, 120 * 160 - 9]}] * 8}
        self.path("ytvis.json").write_text(json.dumps(halves + [false]))
        figures = self.figures("ytvis", "--gt", self.path("gt.json"), "--results", self.path("ytvis.json"))[0]["figures"]
        self.assertEqual((figures["id switches"], figures["fragmentations"], figures["IDP"]), (1, 0, 5 / 16))
        self.assertEqual(figures["IDR"], 5 / 8)
        document, _ = self.figures("ytvis", "--gt", self.path("gt.json"), "--results", self.path("ytvis.json"),
                                   "--min-score", 0.02)
        self.assertEqual(document["figures"]["IDF1"], 5 / 8)
        self.assertIn("score of 0.02 or more", document["measure"])
        self.path("ytvis.json").write_text("[]")
        document, _ = self.figures("ytvis", "--gt", self.path("gt.json"), "--results", self.path("ytvis.json"))
        self.assertEqual(document["figures"]["AP"], 0)

    def test_coco(self):
        mask = {"size": [2, 4], "counts": [0, 4, 4]}
        truth = {"images": [{"id": 5, "width": 4, "height": 2, "file_name": "a.jpg"}],
                 "annotations": [{"image_id": 5, "category_id": 1, "area": 4, "segmentation": mask}]}
        self.path("gt.json").write_text(json.dumps(truth))
        self.path("results.json").write_text(json.dumps([{"image_id": 5, "category_id": 3, "score": 0.5, "segmentation": mask}]))
        result = vcl("eval", "coco", "--gt", self.path("gt.json"), "--results", self.path("results.json"))
        self.assert_done(result)
        self.assertRegex(result.stdout, r"AP +1\.0000")
        self.assertRegex(result.stdout, r"a\.jpg +1 +1 +1\.0000")

    def test_progress_on_a_terminal(self):
        self.segment()
        terminal, stderr = os.openpty()
        self.assert_done(vcl("eval", "davis", "--gt", self.path("gt"), "--results", self.path("results"),
                             capture_output=False, stdout=subprocess.DEVNULL, stderr=stderr))
        os.close(stderr)
        self.assertIn(b"1 of 1 sequences, 100 %, 0 s left\r\x1b[K", os.read(terminal, 10000))
        os.close(terminal)

    def test_what_cannot_be_measured(self):
        self.segment()
        gt, results = self.path("gt"), self.path("results")
        self.assert_fails(vcl("eval", "davis", "--gt", self.path("none"), "--results", results), "none: is no folder")
        self.assert_fails(vcl("eval", "davis", "--gt", gt, "--results", gt / "ball"), "ball.jsonl", "sequence")
        lines = self.path("results/ball.jsonl").read_text().splitlines()
        self.path("results/ball.jsonl").write_text("\n".join(lines[1:]) + "\n")
        self.assert_fails(vcl("eval", "davis", "--gt", gt, "--results", results), "'ball'", "8 frames", "7 frames")
        self.path("results/ball.jsonl").write_text("{}\n")
        self.assert_fails(vcl("eval", "davis", "--gt", gt, "--results", results), "ball.jsonl, line 1")
        png = gt / "ball/00003.png"
        png.write_bytes(png.read_bytes()[:60])
        self.assert_fails(vcl("eval", "davis", "--gt", gt, "--results", results), "00003.png")
        self.assert_fails(vcl("eval", "ytvis", "--gt", self.path("ytvis.json"), "--results", self.path("ytvis.json")), 'no list "')
        result = vcl("eval", "davis", "--gt", gt)
        self.assertEqual(result.returncode, 2)


if __name__ == "__main__":
    unittest.main()
