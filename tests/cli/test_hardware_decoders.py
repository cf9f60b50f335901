# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl segment` where the preferred decoders leave frames in foreign memory (hardware_decoders.c)."""
import os
import pathlib
import unittest

from support import Case, launch, make_video, read_lines, vcl

PLUGIN = pathlib.Path(os.environ["VCL_TEST_DECODERS"])


class HardwareDecoders(Case):
    def segment(self, path, *arguments):
        environment = os.environ | {"GST_PLUGIN_PATH_1_0": str(PLUGIN.parent),
                                    "GST_REGISTRY": str(self.path("registry.bin"))}
        return vcl("segment", path, "--json", self.path("r.jsonl"), *arguments, env=environment)

    def test_a_decoder_without_system_memory_is_passed_over(self):
        make_video(self.path("v.mp4"), frames=12)
        self.assert_done(self.segment(self.path("v.mp4"), "--overlay", self.path("o.mp4")))
        lines = read_lines(self.path("r.jsonl"))
        self.assertEqual((len(lines), lines[0]["width"]), (12, 160))
        self.assertTrue(lines[-1]["instances"])

    def test_a_decoder_of_pictures_without_system_memory_is_passed_over(self):
        launch("videotestsrc num-buffers=12 pattern=ball ! video/x-raw,format=I420,width=160,height=120,framerate=10/1"
               f" ! jpegenc ! avimux ! filesink location={self.path('v.avi')}")
        self.assert_done(self.segment(self.path("v.avi")))
        lines = read_lines(self.path("r.jsonl"))
        self.assertEqual((len(lines), lines[0]["width"]), (12, 160))

    def test_a_decoder_of_both_gives_system_memory(self):
        launch("videotestsrc num-buffers=12 ! video/x-raw,format=I420,width=160,height=120,framerate=10/1 ! vp8enc"
               f" deadline=1 ! webmmux ! filesink location={self.path('v.webm')}")
        self.assert_done(self.segment(self.path("v.webm")))
        lines = read_lines(self.path("r.jsonl"))
        self.assertEqual((len(lines), lines[0]["width"]), (12, 64))  # the frames are those of the fake decoder


if __name__ == "__main__":
    unittest.main()
