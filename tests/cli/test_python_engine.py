# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests vcl.Engine: results, layouts, wrong input, progress, cancel, Ctrl-C, memory."""
import os
import signal
import subprocess
import threading
import unittest

from support import DEFAULT_MODEL, PATIENCE, REAL_ENGINE, Case, make_video, needs_engine
from python_package import FOUND, PACKAGE, PYTHON, ball_picture, memory
import cv2
import numpy
import vcl


def described(frames):
    return [(f.number, f.width, f.height, f.stale, [(i.id, i.score, i.bbox, i.area, i.counts) for i in f.instances])
            for f in frames]


class OwnPictures(Case):
    def test_both_ways_agree(self):
        """The pixels are the same, so the results are, but for times."""
        pictures = [ball_picture(i) for i in range(12)]
        for i, picture in enumerate(pictures):
            cv2.imwrite(str(self.path(f"{i:05}.png")), picture)
        with vcl.Engine() as engine:
            pairs = list(engine.segment(pictures, format="bgr"))
        self.assertTrue(all(picture is pictures[frame.number] for picture, frame in pairs))
        of_files = list(vcl.segment(self.path("%05d.png")))
        self.assertEqual(described(frame for _, frame in pairs), described(of_files))
        self.assertTrue(all(frame.instances for frame in of_files))

    @needs_engine
    def test_both_ways_agree_with_the_real_engine(self):
        """Of a video, the colors are converted by two programs, so masks may differ in a few pixels: IoU over 0.9."""
        program = """
import sys, cv2, vcl
def pictures(of):
    video = cv2.VideoCapture(of)
    while (read := video.read())[0]:
        yield read[1]
with vcl.Engine(sys.argv[1]) as engine:
    for name in sys.argv[2:]:
        own = [frame for _, frame in engine.segment(pictures(name), format="bgr")]
        files = list(vcl.segment(name, model=sys.argv[1]))
        assert len(own) == len(files) == 20 and any(frame.instances for frame in files), files
        for ours, theirs in zip(own, files):
            assert len(ours.instances) == len(theirs.instances), (ours, theirs)
            for a, b in zip(ours.instances, theirs.instances):
                assert name.endswith("mp4") or (a.score, a.counts) == (b.score, b.counts), (a, b)
                assert (a.mask & b.mask).sum() > 0.9 * (a.mask | b.mask).sum(), (a, b)
try:
    vcl.Engine("none.safetensors")
except vcl.EngineError as error:
    assert error.status == "VCL_NOT_FOUND" and "none.safetensors" in str(error)
"""
        noise = numpy.random.default_rng(0).integers(0, 60, (96, 160, 3), dtype=numpy.uint8)
        for i in range(20):
            picture = noise.copy()
            cv2.circle(picture, (40 + 4 * i, 48), 24, (230, 230, 230), cv2.FILLED)
            cv2.imwrite(str(self.path(f"{i:05}.png")), picture)
        make_video(self.path("in.mp4"), frames=20)
        environment = REAL_ENGINE | FOUND | PACKAGE
        result = subprocess.run([PYTHON, "-c", program, DEFAULT_MODEL, self.path("%05d.png"), self.path("in.mp4")],
                                cwd=self.folder, env=environment, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_layouts_of_one_picture_give_one_result(self):
        picture = ball_picture(3)
        wide = numpy.zeros((60, 100, 3), numpy.uint8)
        wide[:, 10:90] = picture
        frozen = picture.copy()
        frozen.flags.writeable = False
        layouts = {
            "packed": picture, "frozen": frozen, "rows apart": wide[:, 10:90], "bottom up": picture[::-1].copy()[::-1],
            "right to left": picture[:, ::-1].copy()[:, ::-1],
            "planes": picture.transpose(2, 0, 1).copy().transpose(1, 2, 0),
            "columns": numpy.asfortranarray(picture), "every second": numpy.repeat(picture, 2, 1)[:, ::2],
            "other channels": picture[..., ::-1], "rows": list(picture),
        }
        with vcl.Engine(window=1) as engine:
            results = {}
            for name, layout in layouts.items():
                engine.reset()
                [frame] = engine.push(layout)
                results[name] = [(i.bbox, i.counts) for i in frame.instances]
            gray = picture[..., 0]
            for name, format, layout in [("gray", "gray8", gray), ("gray columns", "gray8", numpy.asfortranarray(gray)),
                                         ("rgbx", "rgbx", ball_picture(3, 4)), ("xbgr", "xbgr", ball_picture(3, 4))]:
                engine.reset()
                [frame] = engine.push(layout, format=format)
                results[name] = [(i.bbox, i.counts) for i in frame.instances]
            same = numpy.broadcast_to(numpy.full((1, 1, 3), 255, numpy.uint8), (60, 80, 3))  # strides of zero
            engine.reset()
            [frame] = engine.push(same)
            self.assertEqual(frame.instances[0].area, 4800)
        self.assertEqual(len(results["packed"]), 1)
        for name, result in results.items():
            self.assertEqual(result, results["packed"], name)

    def test_wrong_pictures_are_refused_and_change_nothing(self):
        good = ball_picture(0)
        huge = numpy.broadcast_to(numpy.uint8(0), (2**20, 2**20, 3))
        wrong = [(good.astype(numpy.float32), TypeError), (good.astype(numpy.int8), TypeError), ("in.mp4", TypeError),
                 (None, TypeError), (good[0], ValueError), (good[..., :2], ValueError), (good[..., 0], ValueError),
                 (ball_picture(0, 4), ValueError), (good[None], ValueError), (good[:0], ValueError),
                 (good[:, :0], ValueError), (huge, ValueError)]
        with vcl.Engine() as engine:
            engine.push(good)
            for picture, error in wrong:
                with self.assertRaises(error):
                    engine.push(picture)
            for arguments in ({"format": "yuv"}, {"pts": -1}, {"pts": 2**63}):
                with self.assertRaises(ValueError):
                    engine.push(good, **arguments)
            with self.assertRaises(TypeError):
                engine.push(good, pts=0.5)
            with self.assertRaisesRegex(vcl.EngineError, "size") as caught:
                engine.push(good[:, :40])
            self.assertEqual(caught.exception.status, "VCL_INVALID")
            frames = [*engine.push(good, pts=numpy.int64(7)), *engine.push(good, infer=False), *engine.drain()]
            self.assertEqual([(f.number, f.pts, f.stale) for f in frames],
                             [(0, None, False), (1, 7, False), (2, None, True)])

    def test_wrong_options_are_refused(self):
        for options in ({"precision": "fp8"}, {"motion": "on"}, {"threads": 2**32 + 1}, {"feature_memory": -1},
                        {"feature_memory": 2**64}, {"model": "a\0b"}, {"max_age": 2**32}, {"max_instances": 2**32 + 1},
                        {"min_area": -1}, {"overlap": "maybe"}, {"device": "cpu\0"}, {"threshold": "x"},
                        {"threshold": 10**400}, {"threshold": 2}, {"threshold": float("nan")}, {"max_instances": 0},
                        {"threads": numpy.int64(2**32 + 1)}, {"feature_memory": numpy.int64(-1)},
                        {"max_age": numpy.int64(2**32)}, {"min_area": numpy.int64(-1)},
                        {"max_instances": numpy.int64(2**32 + 1)}):
            with self.assertRaises(ValueError, msg=options):
                vcl.Engine(**options)
        for options in ({"threads": 2000}, {"threads": -1}):
            with self.assertRaises(vcl.EngineError, msg=options) as caught:
                vcl.Engine(**options)
            self.assertEqual(caught.exception.status, "VCL_INVALID")
        for options in ({"threads": "many"}, {"threads": 1.5}, {"model": 7}, {"device": 7}, {"colour": 1},
                        {"threshold": []}, {"min_area": 1.5}, {"max_age": "old"}, {"overlap": []}, {"progress": 7}):
            with self.assertRaises(TypeError, msg=options):
                vcl.Engine(**options)
        vcl.Engine(threads=numpy.int64(1), threshold=numpy.float32(0.5), max_age=numpy.uint8(3)).close()

    def test_filters(self):
        with vcl.Engine(window=1, min_area=10**6) as engine:
            self.assertEqual(engine.push(ball_picture(0))[0].instances, ())
            engine.set_filters(min_area=0)
            self.assertEqual(len(engine.push(ball_picture(0))[0].instances), 1)

    def test_wrong_filters_change_nothing(self):
        with vcl.Engine(window=1) as engine:
            for wrong in ({"overlap": "maybe"}, {"max_age": -1}, {"min_area": 0.5}, {"max_instances": 0}):
                with self.assertRaises((ValueError, TypeError), msg=wrong):
                    engine.set_filters(**{"threshold": 1.0} | wrong)
                engine.reset()
                self.assertEqual(len(engine.push(ball_picture(0))[0].instances), 1, wrong)
            engine.set_filters(threshold=1.0)
            engine.reset()
            self.assertEqual(engine.push(ball_picture(0))[0].instances, ())

    def test_a_closed_engine(self):
        engine = vcl.Engine()
        self.assertEqual(engine.latency, 2)
        engine.close()
        engine.close()
        for use in (lambda: engine.push(ball_picture(0)), engine.drain, engine.reset, engine.cancel, engine.set_filters,
                    lambda: engine.latency, lambda: list(engine.segment([]))):
            with self.assertRaisesRegex(ValueError, "closed"):
                use()

    def test_progress_and_what_it_raises(self):
        shares = []
        with vcl.Engine(whole=True, progress=shares.append) as engine:
            self.assertIsNone(engine.latency)
            self.assertEqual(shares, [0.25, 0.5, 0.75, 1])
            shares.clear()
            self.assertEqual(len(list(engine.segment(map(ball_picture, range(5))))), 5)
            self.assertEqual(shares, [0.2, 0.4, 0.6, 0.8, 1])

        def refuse(share):
            raise LookupError(share)

        with self.assertRaises(LookupError):
            vcl.Engine(progress=refuse)

    def test_cancel_by_another_thread(self):
        started = threading.Event()
        with vcl.Engine("blob:drain-endless=1", whole=True, progress=lambda share: started.set()) as engine:
            started.clear()
            engine.push(ball_picture(0))
            canceller = threading.Thread(target=lambda: (started.wait(PATIENCE), engine.cancel()))
            canceller.start()
            with self.assertRaises(vcl.Cancelled) as caught:
                engine.drain()
            canceller.join()
            self.assertEqual(caught.exception.status, "VCL_CANCELLED")
            with self.assertRaises(vcl.Cancelled):
                engine.push(ball_picture(0))
            engine.reset()
            engine.push(ball_picture(0))

    def test_close_by_another_thread_waits_for_the_call(self):
        started = threading.Event()
        engine = vcl.Engine("blob:drain-endless=1", whole=True, progress=lambda share: started.set())
        engine.push(ball_picture(0))
        started.clear()
        closer = threading.Thread(target=lambda: (started.wait(PATIENCE), engine.cancel(), engine.close()))
        closer.start()
        with self.assertRaises(vcl.Cancelled):
            engine.drain()
        closer.join()

    def test_ctrl_c_ends_long_calls(self):
        program = """
import signal, sys, numpy, vcl
signal.signal(signal.SIGINT, signal.default_int_handler)
report = lambda share: print(share, flush=True)
engine = vcl.Engine(sys.argv[1], whole=True, progress=report)
engine.push(numpy.zeros((12, 16), numpy.uint8), format="gray8")
print("drain", flush=True)
try:
    engine.drain()
except KeyboardInterrupt:
    engine.reset()
    engine.push(numpy.zeros((12, 16), numpy.uint8), format="gray8")
    print("goes on", flush=True)
"""
        for model, first in (("blob:open-endless=1", "0.25\n"), ("blob:drain-endless=1", "drain\n")):
            with self.subTest(model), subprocess.Popen(
                [PYTHON, "-c", program, model], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env=os.environ | PACKAGE,
            ) as process:
                self.addCleanup(process.kill)
                while (line := process.stdout.readline()) != first:
                    self.assertNotEqual(line, "")
                self.assertNotEqual(process.stdout.readline(), "")  # the call runs
                process.send_signal(signal.SIGINT)
                output, complaint = process.communicate(timeout=PATIENCE)
                if first == "drain\n":
                    self.assertIn("goes on", output)
                    self.assertEqual((process.returncode, complaint), (0, ""))
                else:
                    self.assertIn("KeyboardInterrupt", complaint)
                    self.assertEqual(process.returncode, -signal.SIGINT)

    def test_a_handler_of_ctrl_c_that_returns_leaves_the_call_cancelled(self):
        pressed = []
        before = signal.signal(signal.SIGINT, lambda *_: pressed.append(True))
        self.addCleanup(signal.signal, signal.SIGINT, before)
        running = []

        def press(share):
            if running:
                os.kill(os.getpid(), signal.SIGINT)

        with vcl.Engine("blob:drain-endless=1", whole=True, progress=press) as engine:
            engine.push(ball_picture(0))
            running.append(True)
            with self.assertRaises(vcl.Cancelled):
                engine.drain()
        self.assertEqual(pressed, [True])

    def test_memory_is_flat(self):
        pictures = [ball_picture(i) for i in range(3)]
        with vcl.Engine() as engine:
            for i in range(6000):
                for frame in engine.push(pictures[i % 3]):
                    frame.instances[0].mask
                if i == 1000:
                    before = memory()
        for _ in range(300):
            vcl.Engine().close()
        self.assertLess(memory() - before, 4e6)



if __name__ == "__main__":
    unittest.main(verbosity=2)
