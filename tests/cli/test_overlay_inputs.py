# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl segment --overlay` by kind of input: readable only once, several tracks, damaged, cut. Also full disks."""
import ctypes
import http.server
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import threading
import unittest

from support import PATIENCE, VCL, Gst, decode, launch, make_video, read_lines, vcl, wait_until
from test_overlay import AAC, MP3, MS, OPUS, VORBIS, Overlay, duration_of, make_sounding_video, read_sound


class OnceOnly(http.server.BaseHTTPRequestHandler):
    """Serves a file as a whole, without ranges, and counts requests."""

    def do_GET(self):
        self.server.requests += 1
        self.send_response(200)
        self.send_header("Accept-Ranges", "none")
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, *_):
        pass


class ReadOnce(Overlay):
    def assert_painted_without_sound(self, source, **options):
        painted = self.path("painted.mkv")
        result = vcl("segment", source, "--overlay", painted, "--json", self.path("o.jsonl"), **options)
        self.assert_done(result)
        self.assertEqual(len(read_lines(self.path("o.jsonl"))), 30)
        self.assertEqual(len(decode(painted)), 30)
        self.assertEqual(read_sound(painted), (None, []))
        self.assertIn("has no sound", result.stderr)
        self.assertIn("read only once", result.stderr)

    def test_named_pipe_is_opened_once(self):
        video = make_sounding_video(self.path("in.mkv"), MP3)
        pipe = self.path("pipe")
        os.mkfifo(pipe)
        libc, opened, closed_unwritten = ctypes.CDLL(None), 0x20, 0x10
        events = libc.inotify_init1(os.O_NONBLOCK)
        self.addCleanup(os.close, events)
        self.assertGreater(libc.inotify_add_watch(events, os.fsencode(pipe), opened | closed_unwritten), 0)
        with subprocess.Popen(["cp", video, pipe]) as writer:
            self.assert_painted_without_sound(pipe)
        self.assertEqual(writer.returncode, 0)
        found = [mask for _, mask, _, _ in struct.iter_unpack("iIII", os.read(events, 4096))]
        self.assertEqual(found.count(closed_unwritten), 1)

    def test_named_pipe_whose_writer_stalls_can_be_interrupted(self):
        content = make_sounding_video(self.path("in.mkv"), MP3, seconds=4).read_bytes()
        pipe, lines, painted = self.path("pipe"), self.path("o.jsonl"), self.path("o.mkv")
        os.mkfifo(pipe)
        process = subprocess.Popen([VCL, "segment", pipe, "--overlay", painted, "--json", lines], stderr=subprocess.PIPE,
                                   text=True)
        with open(pipe, "wb") as writer:
            writer.write(content[: len(content) // 2])
            writer.flush()
            self.assertTrue(wait_until(lambda: lines.exists() and lines.read_text().count("\n") > 5, process))
            process.send_signal(signal.SIGINT)
            self.assertIn("interrupted after", process.communicate(timeout=PATIENCE)[1])
        self.assertEqual(len(decode(painted)), len(read_lines(lines)))

    def test_standard_input(self):
        video = make_sounding_video(self.path("in.mkv"), MP3)
        for name in ("fd://0", "/dev/stdin"):
            with self.subTest(name), subprocess.Popen(["cat", video], stdout=subprocess.PIPE) as writer:
                self.assert_painted_without_sound(name, stdin=writer.stdout)

    def test_socket(self):
        content = make_sounding_video(self.path("in.mkv"), MP3).read_bytes()
        ours, theirs = socket.socketpair()
        writer = threading.Thread(target=lambda: (ours.sendall(content), ours.close()))
        writer.start()
        self.assert_painted_without_sound(f"fd://{theirs.fileno()}", pass_fds=[theirs.fileno()])
        writer.join()
        theirs.close()
        with socket.socket(socket.AF_UNIX) as named:
            named.bind(str(self.path("socket")))
            self.assert_fails(vcl("segment", self.path("socket"), "--overlay", self.path("o.mkv")), "socket")

    @unittest.skipUnless(Gst.ElementFactory.find("souphttpsrc"), "souphttpsrc is missing (gstreamer1.0-plugins-good)")
    def test_web_server_without_ranges(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), OnceOnly)
        server.content, server.requests = make_sounding_video(self.path("in.mkv"), MP3).read_bytes(), 0
        threading.Thread(target=server.serve_forever).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.assert_painted_without_sound(f"http://127.0.0.1:{server.server_port}/in.mkv")
        self.assertEqual(server.requests, 1)


class Endings(Overlay):
    def test_an_ending_is_known_in_any_case(self):
        video = make_sounding_video(self.path("in.mp4"), AAC)
        for name in ("OUT.MP4", "P.MkV", "a.b.MOV", "o.Avi", "o.WEBM"):
            with self.subTest(name):
                result = vcl("segment", video, "--overlay", self.path(name))
                self.assert_done(result)
                self.assertEqual(len(decode(self.path(name))), 30)
                self.assertEqual("has no sound" in result.stderr, name == "o.WEBM", result.stderr)


class Tracks(Overlay):
    def make_two_sounds(self):
        """Writes a video with two sound tracks: AAC first, then Opus."""
        path = self.path("two.mp4")
        launch("videotestsrc num-buffers=30 pattern=ball ! video/x-raw,width=160,height=120,framerate=15/1,format=I420"
               " ! x264enc speed-preset=ultrafast ! h264parse ! queue max-size-time=0 ! mux."
               f" audiotestsrc num-buffers=80 ! audioconvert ! {AAC} ! queue ! mux."
               f" audiotestsrc num-buffers=80 ! audioconvert ! {OPUS} ! queue ! mux."
               f" mp4mux name=mux ! filesink location={path}")
        return path

    def test_of_two_sound_tracks_the_first_is_kept_and_said(self):
        painted, said, _ = self.paint(self.make_two_sounds(), "mp4")
        self.assertRegex(said, "has one of the 2 sound tracks of '.*': the default or first one .*AAC")
        self.assertEqual(read_sound(painted)[0], "audio/mpeg")

    def test_of_two_sound_tracks_the_default_is_kept(self):
        video = self.make_two_sounds()
        content = bytearray(video.read_bytes())
        headers = [found.start() for found in re.finditer(b"tkhd", content)]
        self.assertEqual(len(headers), 3)
        content[headers[1] + 7] &= 0xFE  # clears the flag "track enabled"
        video.write_bytes(content)
        for suffix in ("mp4", "mkv"):
            with self.subTest(suffix):
                painted, said, _ = self.paint(video, suffix)
                self.assertIn("Opus", said)
                self.assertEqual(read_sound(painted)[0], "audio/x-opus")


class Times(Overlay):
    def test_sound_and_frames_stay_in_step(self):
        """Sound that begins a second after the frames keeps this offset in each container that has time stamps."""
        for coding, source, containers in ((AAC, "mp4", ("mp4", "mov", "mkv")), (VORBIS, "mkv", ("mkv",)),
                                           (OPUS, "mkv", ("mp4", "mkv"))):
            video = make_sounding_video(self.path(f"in.{source}"), coding, seconds=3, sound_seconds=2, offset=Gst.SECOND)
            for suffix in containers:
                with self.subTest(f"{coding} into {suffix}"):
                    painted, _, _ = self.paint(video, suffix)
                    lag, wanted = (read_sound(path)[1][1][0] - decode(path)[0][0] for path in (painted, video))
                    self.assertLess(abs(lag - wanted), 30 * MS)
                    self.assertLess(abs(duration_of(painted) - duration_of(video)), 50 * MS)


    @unittest.skipUnless(shutil.which("ffmpeg"), "ffmpeg, which makes the input, is not installed")
    def test_sound_of_nut_ends(self):
        video = make_sounding_video(self.path("in.mkv"), MP3)
        subprocess.run(["ffmpeg", "-v", "error", "-i", video, "-c", "copy", self.path("in.nut")], check=True, timeout=PATIENCE)
        painted, _, lines = self.paint(self.path("in.nut"), "mkv")
        self.assertEqual(lines, 30)
        self.assertEqual(len(read_sound(painted)[1]), len(read_sound(video)[1]))


class Damaged(Overlay):
    def test_sound_of_noise_is_copied_as_it_is(self):
        video = make_sounding_video(self.path("in.mp4"), AAC)
        content = bytearray(video.read_bytes())
        for _, packet in read_sound(video)[1][3:]:
            place = content.find(packet)
            content[place : place + len(packet)] = bytes(0xA5 ^ byte for byte in packet)
        self.path("noise.mp4").write_bytes(content)
        painted, _, lines = self.paint(self.path("noise.mp4"), "mp4")
        self.assertEqual(lines, 30)
        self.assertEqual(read_sound(painted), read_sound(self.path("noise.mp4")))

    def test_sound_that_is_cut_without_recoding_is_whole_or_said_to_end_early(self):
        video = make_sounding_video(self.path("in.mp4"), AAC, seconds=3)
        content = bytearray(video.read_bytes())
        movie = content.index(b"mvhd") + 16
        (ticks,) = struct.unpack_from(">I", content, movie)
        struct.pack_into(">I", content, movie + 4, 2 * ticks)
        rates = [struct.unpack_from(">I", content, found.start() + 16)[0] for found in re.finditer(b"mdhd", content)]
        edits = [found.start() + 12 for found in re.finditer(b"elst", content)]
        self.assertEqual((len(rates), len(edits)), (2, 2))
        for rate, edit in zip(rates, edits):  # the edit shows two seconds, starting at one second
            struct.pack_into(">II", content, edit, 2 * ticks, rate)
        video.write_bytes(content)
        painted, said, _ = self.paint(video, "mp4")
        if "ends early" not in said:
            self.assertGreater(read_sound(painted)[1][-1][0], 1850 * MS)

    def test_a_pause_of_hours_is_no_endless_avi(self):
        pipeline = Gst.parse_launch(
            "appsrc name=source format=time caps=video/x-raw,format=I420,width=160,height=120,framerate=25/1"
            f" ! x264enc speed-preset=ultrafast bframes=0 ! h264parse ! matroskamux ! filesink location={self.path('in.mkv')}")
        pipeline.set_state(Gst.State.PLAYING)
        for seconds in (0, 1, 79954):
            frame = Gst.Buffer.new_wrapped(bytes([90]) * (160 * 120 * 3 // 2))
            frame.pts = seconds * Gst.SECOND
            pipeline.get_by_name("source").emit("push-buffer", frame)
        pipeline.get_by_name("source").emit("end-of-stream")
        pipeline.get_bus().timed_pop_filtered(60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
        pipeline.set_state(Gst.State.NULL)
        self.assert_fails(vcl("segment", self.path("in.mkv"), "--overlay", self.path("o.avi")), "o.avi", "pauses", ".mkv")
        self.assertEqual(len(decode(self.paint(self.path("in.mkv"), "mkv")[0])), 3)


class FullDisk(Overlay):
    def test_full_disk(self):
        disk = self.path("disk")
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=32k", "none", disk]
        if subprocess.run(mount, capture_output=True).returncode != 0:
            self.skipTest("no small disk can be mounted here (needs root)")
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        video = make_video(self.path("in.mp4"), frames=60, pattern="snow")
        for suffix in ("mp4", "mkv", "webm", "avi"):
            with self.subTest(suffix):
                painted = disk / f"o.{suffix}"
                self.assert_fails(vcl("segment", video, "--overlay", painted), painted, "space")
                painted.unlink()



if __name__ == "__main__":
    unittest.main(verbosity=2)
