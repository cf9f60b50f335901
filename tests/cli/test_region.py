# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl segment --region` and `--mask` limit the analyzed area of videos, pictures and photos."""
import json
import os
import unittest

from support import (REAL_ENGINE, SOURCE, Case, decode, launch, make_png, make_video, needs_engine, read_lines, read_png_size,
                     vcl)


def make_mask(path, width, height, left):
    """Writes a mask that is black up to column `left` and white from there on."""
    launch(f"videotestsrc num-buffers=1 pattern=white ! video/x-raw,width={width - left},height={height}"
           f" ! videobox left={-left} fill=black ! videoconvert ! video/x-raw,format=RGB ! pngenc ! filesink location={path}")
    return path


class Region(Case):
    def video(self, name="in.mp4", frames=6, width=160, height=120):
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        return make_video(self.path(name), frames=frames, width=width, height=height)

    def boxes(self, *arguments, **options):
        """Returns [boxes per frame or photo]."""
        self.assert_done(vcl("segment", *arguments, "--json", self.path("o.jsonl"), **options))
        lines = read_lines(self.path("o.jsonl"))
        for line in lines:
            self.assert_masks_are_sound(line)
        return [[instance["bbox"] for instance in line["instances"]] for line in lines]

    def assert_inside(self, boxes, x, y, width, height):
        found = [box for frame in boxes for box in frame]
        self.assertTrue(found)
        for left, top, w, h in found:
            self.assertTrue(x <= left and y <= top and left + w <= x + width and top + h <= y + height, (left, top, w, h))


class Looks(Region):
    def test_a_region_of_a_video(self):
        video = self.video(frames=30)
        whole = self.boxes(video)
        x, y, w, h = whole[0][0]
        region = (x + w // 2, y + 1, 160 - x - w // 2, 120 - y - 1)
        text = ",".join(map(str, region))
        for more in ([], ["--whole"], ["--frames", "2:9"], ["--every", "3"]):
            with self.subTest(more):
                boxes = self.boxes(video, "--region", text, *more)
                self.assert_inside(boxes, *region)
                self.assertEqual(boxes[0][0][0], region[0])
        self.assertEqual(len(boxes), 30)
        self.assertEqual(read_lines(self.path("o.jsonl"))[0]["width"], 160)
        everywhere = self.boxes(video, "--region", "0,0,160,120")
        self.assertEqual(everywhere, whole)

    def test_a_mask_of_a_video(self):
        video = self.video(frames=20)
        x, _, w, _ = self.boxes(video)[0][0]
        left = (x + 4) // 4 * 4
        self.assertGreater(w, 8)
        for scale in (1, 4):  # full frame size, and a quarter
            mask = make_mask(self.path("m.png"), 160 // scale, 120 // scale, left // scale)
            for more in ([], ["--whole"], ["--region", f"{x},0,{160 - x},120"]):
                with self.subTest((scale, more)):
                    boxes = self.boxes(video, "--mask", mask, *more)
                    self.assert_inside(boxes, left, 0, 160 - left, 120)
                    self.assertEqual(boxes[0][0][0], left)

    def test_every_result_is_of_the_whole_frame(self):
        video = self.video()
        mask = make_mask(self.path("m.png"), 16, 12, 0)
        self.assert_done(vcl("segment", video, "--region", "0,0,120,100", "--mask", mask, "--masks", self.path("masks"), "--ytvis",
                             self.path("y.json"), "--overlay", self.path("o.mp4")))
        self.assertEqual([read_png_size(png) for png in sorted(self.path("masks").iterdir())], 6 * [(160, 120)])
        self.assertEqual([frame[1:] for frame in decode(self.path("o.mp4"))], 6 * [(160, 120)])
        for track in json.loads(self.path("y.json").read_text()):
            self.assertEqual({tuple(mask["size"]) for mask in track["segmentations"] if mask}, {(120, 160)})

    def test_pictures_and_photos(self):
        for name, size in (("a.png", (64, 48)), ("b.png", (128, 96))):
            self.path("in").mkdir(exist_ok=True)
            make_png(self.path("in") / name, *size)  # its white square spans a quarter to three quarters
        mask = make_mask(self.path("m.png"), 64, 48, 32)
        for more in ([], ["--photos"]):
            with self.subTest(more):
                self.assertEqual(self.boxes(self.path("in"), *more, "--mask", mask), [[[32, 12, 16, 24]], [[64, 24, 32, 48]]])
                self.assertEqual(self.boxes(self.path("in"), *more, "--region", "20,14,40,30"),
                                 [[[20, 14, 28, 22]], [[32, 24, 28, 20]]])

    @needs_engine
    def test_the_real_engine(self):
        video, region = SOURCE / "docs/media/dancer.mp4", (131, 51, 301, 445)
        boxes = self.boxes(video, "--region", ",".join(map(str, region)), "--frames", ":12", env=REAL_ENGINE)
        self.assert_inside(boxes, *region)
        self.assertEqual(len(boxes), 12)


class Refused(Region):
    def test_regions(self):
        video = self.video()
        for text in ("1,2,3", "0,0,0,10", "-1,0,10,10", "a,b,c,d", "0,0,10,10,10"):
            self.assert_fails(vcl("segment", video, f"--region={text}", "--json", self.path("o.jsonl")), text)
            self.assertFalse(self.path("o.jsonl").exists())
        for text in ("0,0,161,120", "0,1,160,120", "160,0,1,1"):
            self.assert_fails(vcl("segment", video, "--region", text, "--json", self.path("o.jsonl")), text, "160x120")

    def test_masks(self):
        video = self.video()
        self.path("text.png").write_text("no picture")
        make_png(self.path("black.png"), 64, 48, square=False)
        make_mask(self.path("right.png"), 160, 120, 80)
        for mask, word in (("gone.png", "check the name"), ("text.png", "not an image"), ("black.png", "hides everything"),
                           (".", "no mask file")):
            self.assert_fails(vcl("segment", video, "--mask", mask, "--json", "o.jsonl", cwd=self.folder), mask, word)
            self.assertFalse(self.path("o.jsonl").exists())
        self.assert_fails(vcl("segment", video, "--mask", "right.png", "--region", "0,0,80,120", cwd=self.folder), "hides all")

    def test_a_mask_is_an_input(self):
        video = self.video()
        mask = make_mask(self.path("m.png"), 160, 120, 40)
        before = mask.read_bytes()
        for arguments in (["--json", mask], ["--contact-sheet", mask]):
            self.assert_fails(vcl("segment", video, "--mask", mask, *arguments), "m.png", "input")
        self.path("in").mkdir()
        make_png(self.path("in/m.png"), 64, 48)
        self.assert_fails(vcl("segment", self.path("in"), "--photos", "--mask", mask, "--masks", self.folder), "m.png")
        self.assertEqual(mask.read_bytes(), before)

    def test_one_of_several_inputs(self):
        """If a region lies outside one input, only that input fails."""
        self.video("a.mp4", width=64, height=48), self.video("b.mp4"), self.video("c.mp4", width=96, height=64)
        result = vcl("segment", "a.mp4", "b.mp4", "c.mp4", "--region", "0,0,80,60", "--out", "out", "--results", "json",
                     cwd=self.folder)
        self.assertEqual(result.returncode, 1)
        self.assertIn("3 inputs: 2 done, 1 failed, 0 skipped", result.stderr)
        self.assertIn("'a.mp4': the region 0,0,80,60 does not lie in frames of 64x48", result.stderr)
        for name, size in (("a.png", (64, 48)), ("b.png", (160, 120))):
            make_png(self.path(name), *size)
        result = vcl("segment", "a.png", "b.png", "--region", "0,0,80,60", "--json", "o.jsonl", cwd=self.folder)
        self.assertEqual(result.returncode, 1)
        self.assertIn("1 of 2 images failed", result.stderr)
        self.assertIn("'a.png': the region", result.stderr)
        self.assertEqual([line["file"] for line in read_lines(self.path("o.jsonl"))], ["b.png"])


class SkipExisting(Region):
    def test_other_regions_and_masks_are_other_results(self):
        self.video("a.mp4")
        mask = make_mask(self.path("m.png"), 160, 120, 40)

        def skips(*arguments):
            result = vcl("segment", "a.mp4", "--out", "out", "--results", "json", "--skip-existing", *arguments, cwd=self.folder)
            self.assert_done(result)
            return "1 skipped" in result.stderr

        self.assertFalse(skips())
        self.assertTrue(skips())
        for arguments in (["--region", "0,0,80,120"], ["--region", "1,0,80,120"], ["--mask", "m.png"],
                          ["--mask", "m.png", "--region", "80,0,80,120"]):
            self.assertFalse(skips(*arguments))
            self.assertTrue(skips(*arguments))
        make_mask(mask, 160, 120, 60)
        os.utime(mask, ns=(1, 1))
        self.assertFalse(skips(*arguments))
        self.assertTrue(skips(*arguments))


if __name__ == "__main__":
    unittest.main(verbosity=2)
