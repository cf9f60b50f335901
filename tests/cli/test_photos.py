# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl segment` on photos: each is an independent picture, not a frame of a video."""
import os
import shutil
import signal
import struct
import subprocess
import unittest

from support import (PATIENCE, REAL_ENGINE, SOURCE, VCL, Case, launch, make_png, make_video, needs_engine, read_lines,
                     read_png_size, vcl, wait_until)


def make_jpeg(path, width, height, turned=None, pattern="white"):
    """Writes a JPEG. `turned` is the orientation in its EXIF data."""
    path.parent.mkdir(exist_ok=True)
    launch(f"videotestsrc num-buffers=1 pattern={pattern} ! video/x-raw,width={width},height={height} ! jpegenc"
           f" ! filesink location={path}")
    if turned is None:
        return path
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, turned, 0)  # tag Orientation, one value of type SHORT
    exif = b"Exif\0\0MM\0\x2a" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
    content = path.read_bytes()
    path.write_bytes(content[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + content[2:])
    return path


class Photos(Case):
    def photo(self, name, width=64, height=48, square=True):
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        make_png(self.path(name), width, height, square)
        return self.path(name)

    def photos(self, folder="in", sizes=((64, 48), (30, 70), (64, 48))):
        for i, size in enumerate(sizes):
            self.photo(f"{folder}/{i}.png", *size)
        return self.path(folder)

    def segment(self, *arguments, **options):
        return vcl("segment", *arguments, "--json", self.path("o.jsonl"), **options)

    def lines(self):
        return read_lines(self.path("o.jsonl"))

    def names(self, folder):
        return sorted(path.name for path in self.path(folder).iterdir())

    def assert_found(self, sizes):
        """Asserts one JSON line per photo, each with one object whose id is 1."""
        lines = self.lines()
        self.assertEqual([(line["width"], line["height"]) for line in lines], list(sizes))
        for line in lines:
            self.assert_masks_are_sound(line)
            self.assertEqual((line["frame"], line["pts"], line["stale"]), (0, None, False))
            self.assertEqual([instance["id"] for instance in line["instances"]], [1])


class Results(Photos):
    sizes = ((64, 48), (30, 70), (64, 48))

    def test_everything_that_is_written(self):
        folder = self.photos()
        result = self.segment(folder, "--photos", "--masks", self.path("m"), "--overlay", self.path("p"),
                              "--contact-sheet", self.path("sheet.png"))
        self.assert_done(result)
        self.assertIn("3 images, 3 masks", result.stderr)
        self.assert_found(self.sizes)
        self.assertEqual([line["file"] for line in self.lines()], [str(folder / f"{i}.png") for i in range(3)])
        for i, size in enumerate(self.sizes):
            self.assertEqual(read_png_size(self.path(f"m/{i}.png")), size)
            self.assertEqual(read_png_size(self.path(f"p/{i}.png")), size)
            self.assertNotEqual(self.path(f"p/{i}.png").read_bytes(), (folder / f"{i}.png").read_bytes())
        self.assertEqual(read_png_size(self.path("sheet.png"))[0], 3 * 324 + 4)

    def test_several_files_need_no_option(self):
        self.photos()
        names = ["in/2.png", "in/0.png"]
        self.assert_done(self.segment(*names, cwd=self.path(".")))
        self.assertEqual([line["file"] for line in self.lines()], names)
        self.assert_found([self.sizes[2], self.sizes[0]])

    def test_folders_patterns_and_files_together(self):
        self.photos("a")
        self.photos("b")
        self.photo("c.png")
        self.assert_done(self.segment("c.png", "a", "b/*.png", "--photos", cwd=self.path(".")))
        self.assertEqual([line["file"] for line in self.lines()],
                         ["c.png", *(f"a/{i}.png" for i in range(3)), *(f"b/{i}.png" for i in range(3))])

    def test_one_file_is_a_photo_with_the_option_alone(self):
        photo = self.photo("a.png")
        self.assert_done(self.segment(photo))
        self.assertNotIn("file", self.lines()[0])
        self.assert_done(self.segment(photo, "--photos"))
        self.assertEqual(self.lines()[0]["file"], str(photo))

    def test_exif_rotation(self):
        photo = make_jpeg(self.path("a.jpg"), 64, 32, turned=6)
        self.assert_done(self.segment(photo, "--photos", "--masks", self.path("m"), "--overlay", self.path("p")))
        self.assert_found([(32, 64)])
        self.assertEqual(read_png_size(self.path("m/a.png")), (32, 64))
        self.assertEqual(self.names("p"), ["a.jpg"])
        self.assertEqual(self.path("p/a.jpg").read_bytes()[:2], b"\xff\xd8")
        self.assertNotIn(b"Exif", self.path("p/a.jpg").read_bytes(), "turned once is enough")
        self.assert_done(self.segment(self.path("p/a.jpg"), "--photos"))
        self.assertEqual((self.lines()[0]["width"], self.lines()[0]["height"]), (32, 64))

    def test_a_photo_in_which_nothing_is_found_has_a_line(self):
        self.assert_done(self.segment(self.photo("a.png", square=False), self.photo("b.png")))
        self.assertEqual([len(line["instances"]) for line in self.lines()], [0, 1])

    def test_filters(self):
        self.assert_done(self.segment(self.photo("a.png", 20, 20), self.photo("b.png", 64, 64), "--min-area", 500))
        self.assertEqual([len(line["instances"]) for line in self.lines()], [0, 1])

    def test_lines_into_a_pipe(self):
        result = vcl("segment", self.photos(), "--photos", "--json", "-", "--quiet")
        self.assert_done(result)
        self.assertEqual((result.stdout.count("\n"), result.stderr), (3, ""))

    def test_names_of_any_bytes(self):
        name = os.fsencode(self.path("caf")) + b'\xe9 "1".png'
        shutil.copy(self.photo("a.png"), name)
        result = subprocess.run([VCL, "segment", name, self.path("a.png"), "--masks", self.path("m"), "--json",
                                 self.path("o.jsonl")], capture_output=True, timeout=PATIENCE)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue(self.lines()[0]["file"].endswith('caf\ufffd "1".png'))
        self.assertIn(b'caf\xe9 "1".png', os.listdir(os.fsencode(self.path("m"))))

    @needs_engine
    def test_a_photo_is_what_it_is_alone(self):
        clip = SOURCE / "docs/media/dancer.mp4"
        launch(f"filesrc location={clip} ! decodebin ! videoconvert ! videorate ! video/x-raw,framerate=1/1 ! jpegenc"
               f" ! multifilesink location={self.path('%05d.jpg')}")
        photos = [self.path("00000.jpg"), self.photo("small.png", 200, 150), self.path("00001.jpg")]
        self.assert_done(self.segment(*photos, env=REAL_ENGINE))
        together = self.lines()
        for line in together:
            self.assert_masks_are_sound(line)
            self.assertEqual([i["id"] for i in line["instances"]], list(range(1, len(line["instances"]) + 1)))
        self.assert_done(self.segment(photos[2], env=REAL_ENGINE))  # as a video of one frame
        masks_of = lambda line: [instance["segmentation"] for instance in line["instances"]]
        self.assertTrue(together[2]["instances"], "nothing to compare")
        self.assertEqual(masks_of(together[2]), masks_of(self.lines()[0]))


class Failures(Photos):
    def break_photo(self, name):
        self.path(name).write_bytes(b"\x89PNG\r\n\x1a\n no more")
        return self.path(name)

    def test_a_broken_photo_in_the_middle(self):
        folder = self.photos()
        broken = self.break_photo("in/1.png")
        for options in ([], ["--on-error", "skip"]):
            result = self.segment(folder, "--photos", "--masks", self.path("m"), *options)
            self.assert_fails(result, "1 of 3 images failed")
            self.assertIn(f"failed: '{broken}'", result.stderr)
            self.assertEqual([line["file"] for line in self.lines()], [str(folder / "0.png"), str(folder / "2.png")])
            self.assertEqual(self.names("m"), ["0.png", "2.png"])

    def test_stop_at_the_first_that_fails(self):
        folder = self.photos()
        broken = self.break_photo("in/1.png")
        result = self.segment(folder, "--photos", "--on-error", "stop", "--contact-sheet", self.path("s.png"))
        self.assert_fails(result, "stopped", "1 of 3 images")
        self.assertIn(f"failed: '{broken}'", result.stderr)
        self.assertEqual([line["file"] for line in self.lines()], [str(folder / "0.png")])
        self.assertEqual(read_png_size(self.path("s.png"))[0], 324 + 4)

    def test_empty_files_and_files_that_may_not_be_read_are_counted_too(self):
        self.photos()
        self.path("in/0.png").write_bytes(b"")
        self.assert_fails(self.segment(*sorted(self.path("in").iterdir())), "1 of 3 images failed")

    def test_the_only_photo(self):
        self.assert_fails(self.segment(self.break_photo("a.png"), "--photos"), "a.png", "remove or repair")

    def test_an_engine_that_fails(self):
        result = vcl("segment", self.photo("a.png"), self.photo("b.png"), "--model", "blob:open-error=not-found", "--json",
                     self.path("o.jsonl"))
        self.assert_fails(result, "not-found")
        self.assertFalse(self.path("o.jsonl").exists(), "no output is begun")

    def test_no_photos(self):
        self.path("in").mkdir()
        self.assert_fails(self.segment(self.path("in"), "--photos"), "no images")
        self.assert_fails(self.segment(self.path("none.png"), "--photos"), "none.png", "check the name")
        self.assert_fails(self.segment(self.photo("a.png"), self.path("none.png")), "none.png", "check the name")
        self.assertFalse(self.path("o.jsonl").exists())

    def test_what_is_no_photo(self):
        video, photo = make_video(self.path("in.mp4"), frames=3), self.photo("in/a.png")
        self.assert_fails(self.segment(video, "--photos"), "in.mp4", "is no picture")
        self.assert_fails(self.segment(photo, video), "in.mp4", "is no picture")
        self.assert_fails(self.segment(photo, self.path("in")), "is a folder", "--photos")

    def test_a_photo_that_is_named_twice(self):
        photo = self.photo("in/a.png")
        self.assert_fails(self.segment(photo, self.photo("b.png"), self.path("in/../in/a.png")), "named twice")
        self.assert_fails(self.segment(photo, self.path("in"), "--photos"), "named twice")
        self.assertFalse(self.path("o.jsonl").exists())

    def test_two_photos_of_one_name(self):
        photos = [self.photo("a/1.png"), self.photo("b/1.png")]
        self.assert_done(self.segment(*photos))
        for option in ("--masks", "--overlay"):
            with self.subTest(option):
                self.assert_fails(self.segment(*photos, option, self.path("out")), *photos, "would both be")
                self.assertFalse(self.path("out").exists())
        both = [photos[0], make_jpeg(self.path("a/1.jpg"), 64, 48)]
        self.assert_fails(self.segment(*both, "--masks", self.path("out")), *both, "would both be")
        self.assert_done(self.segment(*both, "--overlay", self.path("out")))
        self.assertEqual(self.names("out"), ["1.jpg", "1.png"])

    def test_no_output_is_an_input(self):
        folder = self.photos()
        first = folder / "0.png"
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        for option, place, word in (("--json", first, "is the input"), ("--contact-sheet", first, "is the input"),
                                    ("--masks", folder, "is the input"), ("--overlay", folder, "is the input")):
            with self.subTest(option):
                self.assert_fails(vcl("segment", folder, "--photos", option, place), word)
        photo = make_jpeg(self.path("jpeg/a.jpg"), 64, 48)
        self.assert_fails(vcl("segment", photo, "--photos", "--masks", self.path("jpeg")), "folder of the input pictures")
        self.path("m").mkdir()
        os.link(first, self.path("m/1.png"))
        self.assert_fails(vcl("segment", folder, "--photos", "--masks", self.path("m")), "is the input")
        self.assert_fails(self.segment(folder, "--photos", "--masks", self.path("x"), "--overlay", self.path("x")),
                          "two outputs are")
        self.assert_fails(vcl("segment", folder, "--photos", "--masks", self.path("x"), "--contact-sheet",
                              self.path("x/1.png")), "x/1.png", "would both be")
        self.assertEqual({path.name: path.read_bytes() for path in folder.iterdir()}, before)

    def test_options_that_have_no_meaning(self):
        documented = (SOURCE / "docs/media.md").read_text().split("\nPhotos are no video.")[1].split("\n#")[0]
        photos = [self.photo("a.png"), self.photo("b.png")]
        for options in (["--ytvis", self.path("o.json")], ["--whole"], ["--window", 3], ["--stride", 1], ["--every", 2],
                        ["--max-age", 3], ["--motion", "off"], ["--fps", 5], ["--start", 1], ["--duration", 1],
                        ["--frames", "0:1"], ["--codec", "h264"], ["--quality", 50]):
            with self.subTest(options[0]):
                self.assert_fails(self.segment(*photos, *options), options[0], "leave it out")
                self.assertIn(f"`{options[0]}`", documented)
        for option, name in (("--overlay", "o.mp4"), ("--overlay", "o.JPG"), ("--masks", "m/%05d")):
            with self.subTest(name):
                self.assert_fails(self.segment(*photos, option, self.path(name)), option, "name a folder")
        self.assertEqual(self.segment(*photos, "--on-error", "retry").returncode, 2)

    def test_a_full_disk(self):
        result = vcl("segment", self.photo("a.png"), self.photo("b.png"), "--json", "/dev/full")
        self.assert_fails(result, "/dev/full", "space")

    def test_interrupt_keeps_what_is_done(self):
        folder = self.photos(sizes=200 * [(32, 24)])
        process = subprocess.Popen([VCL, "segment", folder, "--photos", "--model", "blob:sleep-ms=50", "--json",
                                    self.path("o.jsonl"), "--masks", self.path("m")], stderr=subprocess.PIPE, text=True)
        wait_until(self.path("m/2.png").exists, process)
        process.send_signal(signal.SIGINT)
        stderr = process.communicate(timeout=PATIENCE)[1]
        self.assertEqual(process.returncode, 1, stderr)
        count = len(self.lines())
        self.assertIn(f"interrupted after {count} of 200 images", stderr)
        self.assertTrue(2 < count < 200)
        self.assertEqual(len(self.names("m")), count)


if __name__ == "__main__":
    unittest.main(verbosity=2)
