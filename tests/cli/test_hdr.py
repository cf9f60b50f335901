# SPDX-License-Identifier: LGPL-2.1-or-later
"""HDR videos (PQ and HLG): the engine gets SDR frames, and the painted video is SDR."""
import unittest

from support import Case, Gst, decode, launch, make_video, read_lines, vcl

CODECS = {"h265": ("I420_10LE", "x265enc ! h265parse ! mp4mux", "mp4"), "vp9": ("I420_10LE", "vp9enc deadline=1 ! matroskamux", "mkv"),
          "ffv1": ("I420_10LE", "avenc_ffv1 ! matroskamux", "mkv")}
GRAY = "solid-color foreground-color=0xff808080"


def colors_of(path):
    """Returns (format, colorimetry, mean gray of the first frame) of a video, as GStreamer decodes it."""
    pipeline = Gst.parse_launch("filesrc name=file ! decodebin name=d ! identity name=i ! videoconvert ! video/x-raw,format=GRAY8"
                                " ! appsink name=sink sync=false")
    pipeline.get_by_name("file").set_property("location", str(path))
    pipeline.set_state(Gst.State.PLAYING)
    sample = pipeline.get_by_name("sink").try_pull_sample(20 * Gst.SECOND)
    caps = pipeline.get_by_name("i").get_static_pad("src").get_current_caps().get_structure(0)
    data = sample.get_buffer().extract_dup(0, sample.get_buffer().get_size())
    pipeline.set_state(Gst.State.NULL)
    return caps.get_value("format"), caps.get_value("colorimetry"), sum(data) / len(data)


class Hdr(Case):
    def video(self, codec, colorimetry, pattern="ball"):
        format, coded, suffix = CODECS[codec]
        if not all(Gst.ElementFactory.find(part.split()[0]) for part in coded.split("!")):
            self.skipTest(f"no encoder for {codec}")
        path = self.path(f"{codec}-{colorimetry}.{suffix}")
        launch(f"videotestsrc num-buffers=8 pattern={pattern} ! video/x-raw,format={format},width=320,height=180,framerate=30/1,"
               f"colorimetry={colorimetry} ! {coded} ! filesink location={path}")
        return path

    def test_the_painted_video_is_sdr(self):
        for colorimetry in ("bt2100-pq", "bt2100-hlg"):
            for codec in CODECS:
                for suffix in ("mp4", "mkv"):
                    with self.subTest((colorimetry, codec, suffix)):
                        video, painted = self.video(codec, colorimetry), self.path(f"o.{suffix}")
                        self.assert_done(vcl("segment", video, "--overlay", painted, "--json", self.path("o.jsonl")))
                        self.assertEqual(colors_of(painted)[:2], ("I420", "bt709"))
                        self.assertEqual(len(decode(painted)), 8)
                        for line in read_lines(self.path("o.jsonl")):
                            self.assertEqual(len(line["instances"]), 1)

    def test_it_is_as_bright_as_sdr(self):
        """The middle code value is 94 cd/m2 in PQ and 52 in HLG, which is 0.46 and 0.25 of paper white."""
        for colorimetry, expected in (("bt2100-pq", 185), ("bt2100-hlg", 144)):
            with self.subTest(colorimetry):
                video, painted = self.video("h265", colorimetry, GRAY), self.path("o.mp4")
                self.assert_done(vcl("segment", video, "--overlay", painted, "--threshold", "1"))
                self.assertLess(abs(colors_of(painted)[2] - expected), 4)

    def test_sdr_stays_as_it_is(self):
        video = make_video(self.path("in.mp4"), frames=8, width=320, height=180, pattern=GRAY)
        self.assert_done(vcl("segment", video, "--overlay", self.path("o.mp4"), "--threshold", "1"))
        self.assertEqual(colors_of(self.path("o.mp4"))[:2], colors_of(video)[:2])
        self.assertLess(abs(colors_of(self.path("o.mp4"))[2] - colors_of(video)[2]), 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
