# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl segment` of cameras that go away, freeze, send garbage and come back."""
import datetime
import os
import pathlib
import re
import signal
import stat
import subprocess
import sys
import unittest
from random import Random

from camera import HttpCamera, jpegs
from support import (PATIENCE, VCL, Case, decode, launch, make_video, read_lines, vcl, wait_until)

HAS_RTSP = subprocess.run([sys.executable, "-c", "import gi; gi.require_version('GstRtspServer', '1.0')"],
                          capture_output=True).returncode == 0


class Cameras(Case):
    def camera(self, *script):
        camera = HttpCamera(*script)
        self.addCleanup(camera.stop)
        return camera

    def showing(self, width=160, height=120, count=10, interval=0.05):
        """A connection that ends after `count` pictures."""
        pictures = jpegs(width, height, count)

        def answer(connection):
            connection.begin()
            connection.show(pictures, interval)

        return answer

    def endless(self, interval=0.05):
        pictures = jpegs(160, 120, 10)

        def answer(connection):
            connection.begin()
            while not connection.stopped.is_set():
                connection.show(pictures, interval)

        return answer

    def then(self, answer, end):
        def both(connection):
            answer(connection)
            end(connection)

        return both

    def start(self, address, *arguments):
        """Starts a run whose standard error goes to a file."""
        with open(self.path("words"), "wb") as words:
            run = subprocess.Popen([VCL, "segment", address, "--json", self.path("r.jsonl"), *map(str, arguments)],
                                   stdin=subprocess.DEVNULL, stderr=words)
        self.addCleanup(run.wait)
        self.addCleanup(run.kill)
        return run

    def words(self):
        return self.path("words").read_text()

    def assert_one_run(self, gaps):
        """Asserts that frames are counted on, times rise, and no track is on both sides of a gap. Returns the lines."""
        lines = read_lines(self.path("r.jsonl"))
        self.assertEqual([line["frame"] for line in lines], list(range(len(lines))))
        times = [line["pts"] for line in lines]
        self.assertTrue(all(a < b for a, b in zip(times, times[1:])), times)
        borders = [i for i, (a, b) in enumerate(zip(times, times[1:]), 1) if b - a > 1e9]
        self.assertEqual(len(borders), gaps, times)
        for border in borders:
            before = {instance["id"] for line in lines[:border] for instance in line["instances"]}
            behind = {instance["id"] for line in lines[border:] for instance in line["instances"]}
            self.assertTrue(before and behind)
            self.assertFalse(before & behind)
        return lines


def not_there(connection):
    connection.status(404)


class Reconnecting(Cameras):
    def test_a_camera_goes_away_comes_back_with_another_size_and_freezes(self):
        frozen = self.then(self.showing(320, 240), lambda connection: connection.freeze())
        camera = self.camera(self.showing(), not_there, frozen, self.endless())
        result = vcl("segment", camera.address, "--json", self.path("r.jsonl"), "--overlay", self.path("o.mp4"),
                     "--silence", 2, "--frames", "0:40")
        self.assert_done(result)
        lines = self.assert_one_run(gaps=2)
        self.assertEqual([line["width"] for line in lines], [160] * 10 + [320] * 10 + [160] * 20)
        self.assertEqual(len(decode(self.path("o.mp4"))), 40)
        told = re.findall(r"^vcl: '(.*)' (broke off|is not back): (.*); trying again in (\d+) s$", result.stderr, re.M)
        self.assertEqual([(what, int(pause)) for _, what, _, pause in told],
                         [("broke off", 1), ("is not back", 2), ("broke off", 4)])
        self.assertEqual({name for name, *_ in told}, {camera.address})
        self.assertIn("ended", told[0][2]), self.assertIn("no frame for 2 s", told[2][2])
        self.assertEqual(len(re.findall("^note: .* is back after", result.stderr, re.M)), 2)
        pauses = [b - a for a, b in zip(camera.times, camera.times[1:])]
        for pause, least in zip(pauses, (1, 2, 2 + 4)):
            self.assertGreaterEqual(pause, least)
        self.assertEqual(camera.connections, 4)

    def test_garbage_is_an_outage(self):
        def garbage(connection):
            connection.send(Random(1).randbytes(50_000))

        camera = self.camera(self.then(self.showing(), garbage), self.endless())
        self.assert_done(vcl("segment", camera.address, "--json", self.path("r.jsonl"), "--frames", "0:30"))
        self.assert_one_run(gaps=1)

    def test_interrupted_during_a_pause(self):
        camera = self.camera(self.showing(), not_there)
        run = self.start(camera.address, "--overlay", self.path("o.mp4"))
        wait_until(lambda: "again in 4 s" in self.words(), run)
        run.send_signal(signal.SIGINT)
        self.assertEqual(run.wait(PATIENCE), 1)
        self.assertIn("interrupted after 10 frames; the files hold these", self.words())
        self.assertEqual(len(self.assert_one_run(gaps=0)), 10)
        self.assertEqual(len(decode(self.path("o.mp4"))), 10)

    def test_the_patience_ends(self):
        for reconnect, word in ((2.5, "is not back after"), (0, "broke off")):
            camera = self.camera(self.showing(), not_there)
            result = vcl("segment", camera.address, "--json", self.path("r.jsonl"), "--overlay", self.path("o.mkv"),
                         "--reconnect", reconnect)
            self.assertEqual(result.returncode, 1)
            last = result.stderr.splitlines()[-1]
            self.assertIn(word, last), self.assertIn(camera.address, last)
            self.assertNotIn("trying", last)
            self.assertEqual(len(self.assert_one_run(gaps=0)), 10)
            self.assertEqual(len(decode(self.path("o.mkv"))), 10)
            self.assertEqual(camera.connections, 1 if reconnect == 0 else 2)

    def test_a_slow_camera_is_no_frozen_one(self):
        camera = self.camera(self.showing(interval=2, count=5))
        result = vcl("segment", camera.address, "--json", self.path("r.jsonl"), "--silence", 8, "--frames", "0:4")
        self.assert_done(result)
        times = [line["pts"] for line in read_lines(self.path("r.jsonl"))]
        self.assertEqual(camera.connections, 1)
        self.assertGreater(times[-1] - times[1], 2 * 2e9 - 1e8)  # the first two may come at once

    def test_time_that_jumps(self):
        streams = []
        for offset in (5_000_000_000_000, 0, 9_000_000_000_000):
            path = self.path(f"{offset}.ts")
            launch(f"videotestsrc num-buffers=20 pattern=ball timestamp-offset={offset}"
                   " ! video/x-raw,width=160,height=120,format=I420 ! x264enc speed-preset=ultrafast bframes=0"
                   f" ! h264parse ! mpegtsmux ! filesink location={path}")
            streams.append(path.read_bytes())

        def jumping(connection):
            connection.begin("video/mp2t")
            for stream in streams:
                connection.send(stream)

        camera = self.camera(jumping)
        result = vcl("segment", camera.address, "--json", self.path("r.jsonl"), "--reconnect", 0)
        self.assertIn("broke off: its stream ended", result.stderr)
        lines = read_lines(self.path("r.jsonl"))
        self.assertEqual([line["frame"] for line in lines], list(range(len(lines))))
        self.assertGreater(len(lines), 50)
        times = [line["pts"] for line in lines]
        self.assertTrue(all(a < b for a, b in zip(times, times[1:])), times)


class First(Cameras):
    def test_a_camera_that_never_answered_is_an_error_at_once(self):
        for code, word in ((404, "Not Found"), (401, "Unauthorized"), (503, "")):
            camera = self.camera(lambda connection, code=code: connection.status(code))
            result = vcl("segment", camera.address, "--json", "-")
            self.assert_fails(result, camera.address, word)
        camera.stop()
        self.assert_fails(vcl("segment", camera.address, "--json", "-"), camera.address)

    def test_a_camera_that_sends_nothing(self):
        camera = self.camera(lambda connection: (connection.begin(), connection.freeze()))
        self.assert_fails(vcl("segment", camera.address, "--json", "-", "--silence", 1), "sends nothing", "no frame")

    def test_a_file_from_the_web_ends(self):
        video = pathlib.Path(make_video(self.path("a.mkv"), 12)).read_bytes()
        camera = self.camera(lambda connection: connection.file(video))
        self.assert_done(vcl("segment", camera.address, "--json", self.path("r.jsonl"), "--silence", 5))
        self.assertEqual(len(read_lines(self.path("r.jsonl"))), 12)

    def test_a_source_of_raw_frames(self):
        result = vcl("segment", "testbin://video,caps=[video/x-raw,width=160,height=120],pattern=ball",
                     "--json", self.path("r.jsonl"), "--frames", "0:9")
        self.assert_done(result)
        self.assertEqual(len(self.assert_one_run(gaps=0)), 9)

    def test_a_device_that_is_gone(self):
        device = self.path("front-door")
        try:
            os.mknod(device, 0o600 | stat.S_IFCHR, os.makedev(81, 250))
        except PermissionError:
            self.skipTest("this user may not make devices")
        self.assert_fails(vcl("segment", device, "--json", "-"), device, "device")


@unittest.skipUnless(HAS_RTSP, "gir1.2-gst-rtsp-server-1.0 is not installed")
class Rtsp(Cameras):
    def serve(self, *arguments):
        server = subprocess.Popen([sys.executable, pathlib.Path(__file__).with_name("rtsp_camera.py"),
                                   *map(str, arguments)], stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        return server, server.stdout.readline().strip()

    def lines(self):
        path = self.path("r.jsonl")
        return path.read_bytes().count(b"\n") if path.exists() else 0

    def test_a_camera_goes_away_and_freezes(self):
        server, address = self.serve(0, 160, 120)
        run = self.start(address, "--silence", 4, "--overlay", self.path("o.mp4"))
        wait_until(lambda: self.lines() > 5, run)
        server.kill()
        wait_until(lambda: "broke off" in self.words(), run)
        server, _ = self.serve(address.split(":")[-1].split("/")[0], 320, 240)
        wait_until(lambda: "is back" in self.words(), run)
        before = self.lines()
        wait_until(lambda: self.lines() > before + 15, run)
        server.send_signal(signal.SIGSTOP)
        wait_until(lambda: self.words().count("broke off") == 2, run)
        server.send_signal(signal.SIGCONT)
        wait_until(lambda: self.words().count("is back") == 2, run)
        before = self.lines()
        wait_until(lambda: self.lines() > before + 15, run)
        run.send_signal(signal.SIGTERM)
        self.assertEqual(run.wait(PATIENCE), 1)
        self.assertIn("interrupted after", self.words())
        lines = self.assert_one_run(gaps=2)
        self.assertEqual([line["width"] for line in lines], sorted(line["width"] for line in lines))
        self.assertEqual(len(decode(self.path("o.mp4"))), len(lines))

    def test_wall_clock_time(self):
        _, address = self.serve(0, 160, 120)
        run = self.start(address)
        before = datetime.datetime.now(datetime.timezone.utc)
        wait_until(lambda: self.lines() and b'"utc"' in self.path("r.jsonl").read_bytes(), run)
        run.send_signal(signal.SIGTERM)
        run.wait(PATIENCE)
        after = datetime.datetime.now(datetime.timezone.utc)
        lines = read_lines(self.path("r.jsonl"))
        times = [datetime.datetime.fromisoformat(line["utc"]) for line in lines if "utc" in line]
        self.assertEqual(times, sorted(times))
        self.assertTrue(all(before < time < after for time in times), (before, times, after))
        self.assert_done(vcl("segment", address, "--json", self.path("s.jsonl"), "--system-clock", "--frames", "0:5"))
        times = [datetime.datetime.fromisoformat(line["utc"]) for line in read_lines(self.path("s.jsonl"))]
        self.assertTrue(all(after < time for time in times), (after, times))

    def test_wrong_addresses_are_errors_at_once(self):
        server, address = self.serve(0, 160, 120, "secret")
        for wrong, word in ((address, "Unauthorized"), (address.replace("//", "//user:guess@"), "Unauthorized"),
                            (address + "s", "Not found")):
            result = vcl("segment", wrong, "--json", "-")
            self.assert_fails(result, word)
            self.assertNotIn("guess", result.stderr)
        self.assert_done(vcl("segment", address.replace("//", "//user:secret@"), "--json", "-", "--frames", "0:3"))
        server.kill()
        self.assert_fails(vcl("segment", address, "--json", "-"), address)


if __name__ == "__main__":
    unittest.main()
