# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl segment --codec` and `--quality`: the codec of the painted video in each container."""
import json
import os
import pathlib
import unittest

from support import Case, Gst, decode, launch, make_png, make_video, read_lines, vcl

ENCODERS = {"h264": "x264enc", "h265": "x265enc", "vp8": "vp8enc", "vp9": "vp9enc", "av1": "av1enc", "mjpeg": "jpegenc"}
CAPS = {"h264": "video/x-h264", "h265": "video/x-h265", "vp8": "video/x-vp8", "vp9": "video/x-vp9", "av1": "video/x-av1",
        "mjpeg": "image/jpeg"}
TAKES = {"mp4": ("h264", "h265", "vp9", "av1"), "m4v": ("h264", "h265", "vp9", "av1"), "mov": ("h264", "h265"),
         "mkv": tuple(ENCODERS), "webm": ("vp8", "vp9", "av1"), "avi": ("h264", "mjpeg")}


def codec_of(path):
    """Returns the caps name (media type) of the only track of a file."""
    pipeline = Gst.parse_launch("filesrc name=file ! parsebin name=tracks ! fakesink name=sink")
    pipeline.get_by_name("file").set_property("location", str(path))
    pipeline.set_state(Gst.State.PAUSED)
    pipeline.get_state(20 * Gst.SECOND)
    name = pipeline.get_by_name("sink").get_static_pad("sink").get_current_caps().get_structure(0).get_name()
    pipeline.set_state(Gst.State.NULL)
    return name


class Codecs(Case):
    def setUp(self):
        super().setUp()
        for codec, encoder in ENCODERS.items():
            if not Gst.ElementFactory.find(encoder):
                self.skipTest(f"no encoder for {codec}")

    def paint(self, video, name, *arguments):
        painted = self.path(name)
        painted.unlink(missing_ok=True)
        self.assert_done(vcl("segment", video, "--overlay", painted, *arguments))
        return painted

    def test_each_codec_in_each_container(self):
        video = make_video(self.path("in.mp4"), frames=9, fps="15/1", width=98, height=66)
        times = [pts for pts, _, _ in decode(video)]
        for ending, codecs in TAKES.items():
            for codec in ENCODERS:
                name = f"{codec}.{ending}"
                with self.subTest(name):
                    if codec not in codecs:
                        result = vcl("segment", video, "--overlay", self.path(name), "--json", self.path("o.jsonl"), "--codec", codec)
                        self.assert_fails(result, name, *codecs, *(f".{other}" for other in TAKES if other != "m4v" and codec in TAKES[other]))
                        self.assertFalse(self.path(name).exists() or self.path("o.jsonl").exists())
                        continue
                    painted = self.paint(video, name, "--codec", codec.upper())
                    self.assertEqual(codec_of(painted), CAPS[codec])
                    frames = decode(painted)
                    self.assertEqual([frame[1:] for frame in frames], 9 * [(98, 66)])
                    for pts, expected in zip((pts - frames[0][0] for pts, _, _ in frames), (pts - times[0] for pts in times)):
                        self.assertLess(abs(pts - expected), 2 * Gst.MSECOND)

    def test_small_and_uneven_frames(self):
        for size in ((16, 16), (17, 33), (2, 40)):
            for i in range(3):
                self.path("in").mkdir(exist_ok=True)
                make_png(self.path(f"in/{i}.png"), *size)
            for codec in ENCODERS:
                with self.subTest((codec, size)):
                    frames = decode(self.paint(self.path("in"), "o.mkv", "--codec", codec))
                    self.assertEqual([frame[1:] for frame in frames], 3 * [tuple(max(16, side // 2 * 2) for side in size)])

    def test_better_is_larger(self):
        video = self.path("in.mp4")
        launch("videotestsrc num-buffers=12 pattern=smpte100 horizontal-speed=3 ! video/x-raw,format=I420,width=160,height=120,"
               f"framerate=30/1 ! x264enc ! h264parse ! mp4mux ! filesink location={video}")
        for codec in ENCODERS:
            with self.subTest(codec):
                sizes = [self.paint(video, "o.mkv", "--codec", codec, "--quality", quality).stat().st_size
                         for quality in (0, 30, 60, 100)]
                self.assertEqual(sizes, sorted(set(sizes)))
                self.assertGreater(sizes[3], 2 * sizes[0])
        usual, sixty = self.paint(video, "a.mp4").stat().st_size, self.paint(video, "b.mp4", "--quality", 60).stat().st_size
        self.assertEqual(usual, sixty)

    def test_refused(self):
        video = make_video(self.path("in.mp4"), frames=3)
        make_png(self.path("a.png"), 64, 48), make_png(self.path("b.png"), 64, 48)
        for arguments in (["--codec", "divx"], ["--codec", ""], ["--quality", "101"], ["--quality", "-1"], ["--quality", "high"]):
            self.assertEqual(vcl("segment", video, "--overlay", self.path("o.mp4"), *arguments).returncode, 2, arguments)
        for arguments in (["--codec", "h264"], ["--quality", "50"]):
            self.assert_fails(vcl("segment", video, "--json", self.path("o.jsonl"), *arguments), "--overlay")
            self.assert_fails(vcl("segment", video, "--out", self.path("out"), "--results", "json", *arguments), "--overlay")
            self.assert_fails(vcl("segment", self.path("a.png"), self.path("b.png"), "--overlay", self.path("p"), *arguments),
                              arguments[0], "photos")
        self.assert_fails(vcl("segment", video, "--out", self.path("out"), "--codec", "vp8"), "overlay.mp4", "vp8", "h264", ".webm")
        for made in ("o.mp4", "o.jsonl", "out", "p"):
            self.assertFalse(self.path(made).exists(), made)

    def test_a_missing_encoder_is_named_with_its_package(self):
        plugins = self.path("plugins")
        plugins.mkdir()
        core = pathlib.Path(Gst.Registry.get().find_plugin("coreelements").get_filename()).parent
        for plugin in core.glob("*.so"):
            if plugin.name not in ("libgstx264.so", "libgstopenh264.so", "libgstaom.so"):
                (plugins / plugin.name).symlink_to(plugin)
        poor = os.environ | {"GST_PLUGIN_SYSTEM_PATH_1_0": str(plugins), "GST_REGISTRY": str(self.path("registry"))}
        video = make_video(self.path("in.mp4"), frames=3)
        for codec, package in (("h264", "gstreamer1.0-plugins-ugly"), ("av1", "gstreamer1.0-plugins-bad")):
            result = vcl("segment", video, "--overlay", self.path("o.mp4"), "--codec", codec, env=poor)
            self.assert_fails(result, "o.mp4", codec, package, "--codec h265, vp9")
            self.assertFalse(self.path("o.mp4").exists())

    def test_several_inputs_and_skip_existing(self):
        for name in ("a.mp4", "b.mp4"):
            make_video(self.path(name), frames=3)

        def skipped(*arguments):
            result = vcl("segment", "a.mp4", "b.mp4", "--out", "out", "--skip-existing", *arguments, cwd=self.folder)
            self.assert_done(result)
            return "2 skipped" in result.stderr

        for arguments in ([], ["--codec", "h265"], ["--quality", "40"], ["--codec", "h265", "--quality", "40"]):
            self.assertFalse(skipped(*arguments))
            self.assertTrue(skipped(*arguments))
        self.assertEqual(codec_of(self.path("out/a/overlay.mp4")), CAPS["h265"])
        settings = json.loads(self.path("out/a/run.json").read_text())["settings"]
        self.assertEqual(settings, {"codec": "h265", "quality": 40})
        self.assertEqual(len(read_lines(self.path("out/b/results.jsonl"))), 3)


if __name__ == "__main__":
    unittest.main(verbosity=2)
