# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs every example on small videos of white balls, which the test engine finds, and checks its results."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import unittest

import cv2
import numpy

from support import BUILD, PATIENCE, SOURCE, Case, Gst, decode_counts, launch, make_video, read_lines, vcl, wait_until

ENVIRONMENT = os.environ | {
    "GST_PLUGIN_PATH": str(BUILD / "plugins"),
    "LD_LIBRARY_PATH": str(BUILD / "libvcl"),
    "PATH": f"{BUILD / 'tools'}:{os.environ['PATH']}",
}
PYTHON = "/usr/bin/python3"


def make_two_balls(folder):
    """Writes a video of two white balls on dark checkers, which has two tracks."""
    rows, columns = numpy.indices((120, 320))
    checkers = 100 * ((rows // 8 + columns // 8) % 2).astype(numpy.uint8)
    for i in range(20):
        picture = cv2.merge([checkers, checkers, checkers])
        cv2.circle(picture, (60 + 2 * i, 50 + i), 19, (255, 255, 255), cv2.FILLED)
        cv2.circle(picture, (250 - i, 70 - i), 15, (255, 255, 255), cv2.FILLED)
        cv2.imwrite(str(folder / f"ball{i:02}.png"), picture)
    launch(
        f"multifilesrc location={folder}/ball%02d.png caps=image/png,framerate=30/1 ! pngdec ! videoconvert"
        f" ! video/x-raw,format=I420 ! x264enc qp-max=10 ! mp4mux ! filesink location={folder}/in.mp4"
    )
    return folder / "in.mp4"


def is_interruptible_sleep(status):
    """Whether a process sleeps and handles SIGINT, by its /proc/PID/status."""
    handled = int(re.search(r"^SigCgt:\s*(\w+)", status, re.MULTILINE)[1], 16)
    return handled >> (signal.SIGINT - 1) & 1 and re.search(r"^State:\s*S", status, re.MULTILINE)


def pictures(path):
    """Returns the frames of a video as arrays [height, width, 3] of B, G, R."""
    pipeline = Gst.parse_launch(
        "filesrc name=file ! decodebin ! videoconvert ! video/x-raw,format=BGRx ! appsink name=sink sync=false"
    )
    pipeline.get_by_name("file").set_property("location", str(path))
    sink = pipeline.get_by_name("sink")
    pipeline.set_state(Gst.State.PLAYING)
    frames = []
    while (sample := sink.try_pull_sample(60 * Gst.SECOND)) is not None:
        shape, buffer = sample.get_caps().get_structure(0), sample.get_buffer()
        data = numpy.frombuffer(buffer.extract_dup(0, buffer.get_size()), numpy.uint8)
        frames.append(data.reshape(shape.get_value("height"), shape.get_value("width"), 4)[:, :, :3])
    pipeline.set_state(Gst.State.NULL)
    return frames


def mask_of(instance):
    """Returns the mask as an array [height, width] of 0 and 1."""
    height, width = instance["segmentation"]["size"]
    runs = decode_counts(instance["segmentation"]["counts"])
    return numpy.repeat(numpy.arange(len(runs)) % 2, runs).reshape(width, height).T.astype(numpy.uint8)


def grown(mask, pixels):
    return cv2.dilate(mask, numpy.ones((2 * pixels + 1, 2 * pixels + 1), numpy.uint8))


def changes(before, after):
    """Returns the largest channel difference per pixel."""
    return numpy.abs(before.astype(int) - after).max(axis=2)


def lasting_changes(before, after):
    """Returns changes() without the specks that H.264 leaves at sharp edges."""
    return cv2.medianBlur(changes(before, after).astype(numpy.uint8), 3)


def middle_of(mask):
    rows, columns = numpy.nonzero(mask)
    return numpy.array([columns.mean(), rows.mean()])


class Examples(Case):
    def run_example(self, *command, status=0, **environment):
        result = subprocess.run(list(map(str, command)), cwd=self.folder, env=ENVIRONMENT | environment,
                                capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(result.returncode, status, f"{command}\n{result.stdout}\n{result.stderr}")
        self.assertNotIn("Traceback", result.stderr)
        return result

    def segment(self, source):
        """Returns the command's results of a video, one dictionary per frame."""
        self.assert_done(vcl("segment", source, "--json", self.path("expected.jsonl")))
        return read_lines(self.path("expected.jsonl"))

    def two_balls(self):
        """Returns (path, results per frame) of a video in which the balls are tracks 1 and 2 in every frame."""
        video = make_two_balls(self.folder)
        lines = self.segment(video)
        self.assertEqual([{i["id"] for i in line["instances"]} for line in lines], 20 * [{1, 2}])
        return video, lines


class Scripts(Examples):
    def run_script(self, name, *arguments):
        return self.run_example(SOURCE / "examples/gst-launch" / name, *arguments)

    def test_files(self):
        make_video(self.path("in.mp4"), frames=20)
        self.run_script("overlay.sh", "in.mp4", "o.mp4")
        painted = [changes(a, b).max() for a, b in zip(pictures(self.path("in.mp4")), pictures(self.path("o.mp4")))]
        self.assertEqual(len(painted), 20)
        self.assertGreater(min(painted), 80)
        self.run_script("export.sh", "in.mp4", "o.jsonl", "o.json", "masks")
        self.assertEqual(read_lines(self.path("o.jsonl")), self.segment(self.path("in.mp4")))
        self.assertEqual(len(json.loads(self.path("o.json").read_text())), 1)
        self.assertEqual(len(list(self.path("masks").glob("*.png"))), 20)
        for name in ("features", "maskcut"):
            self.run_script(f"{name}.sh", "in.mp4", f"{name}.mp4")
            self.assertEqual(len(pictures(self.path(f"{name}.mp4"))), 20)
        self.run_script("maskcut.sh", "in.mp4", "o.mp4", "blob:sleep-ms=1")

    def test_live(self):
        self.run_script("live.sh")

    def test_pipe(self):
        video, lines = self.two_balls()
        printed = self.run_script("pipe.sh", video).stdout.splitlines()
        self.assertEqual(printed, [" ".join([str(line["frame"])] + [str([i["id"], *i["bbox"]]) for i in line["instances"]])
                                   for line in lines])

    def test_blur(self):
        """The chosen ball is blurred, and everything else is unchanged."""
        video, lines = self.two_balls()
        self.run_script("blur.sh", video, "o.mp4", "2")
        for before, after, line in zip(pictures(video), pictures(self.path("o.mp4")), lines, strict=True):
            [mask] = [mask_of(i) for i in line["instances"] if i["id"] == 2]
            self.assertGreater(changes(before, after)[mask > 0].min(), 60)
            self.assertLess(lasting_changes(before, after)[grown(mask, 3) == 0].max(), 40)

    def test_cutout(self):
        """The result shows the chosen ball on the background."""
        video, lines = self.two_balls()
        background = (180, 60, 20)
        cv2.imwrite(str(self.path("background.png")), numpy.full((120, 320, 3), background, numpy.uint8))
        self.run_script("cutout.sh", video, "background.png", "o.mp4", "1")
        for before, after, line in zip(pictures(video), pictures(self.path("o.mp4")), lines, strict=True):
            [mask] = [mask_of(i) for i in line["instances"] if i["id"] == 1]
            inside = cv2.erode(mask, numpy.ones((5, 5), numpy.uint8)) > 0
            self.assertLess(lasting_changes(before, after)[inside].max(), 40)
            around = lasting_changes(numpy.full_like(before, background), after)[grown(mask, 3) == 0]
            self.assertLess(around.max(), 40)

    def test_idmap(self):
        """The alpha of the cutouts and the id map equal the masks of the chosen tracks in every pixel."""
        video, lines = self.two_balls()
        for tracks, ids in ((["2"], [2]), ([], [1, 2])):
            self.run_script("idmap.sh", video, "ids.mkv", "cut", *tracks)
            cut = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in sorted(self.path("cut").glob("*.png"))]
            maps = pictures(self.path("ids.mkv"))
            for before, after, id_map, line in zip(pictures(video), cut, maps, lines, strict=True):
                expected = sum(i["id"] * mask_of(i) for i in line["instances"] if i["id"] in ids)
                self.assertTrue((after[:, :, 3] == numpy.where(expected > 0, 255, 0)).all())
                self.assertLessEqual(changes(before, after[:, :, :3])[expected > 0].max(), 3)
                self.assertTrue((id_map[:, :, 0] == expected).all())

    def test_rtp(self):
        make_video(self.path("in.mp4"), frames=60)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        receiver = subprocess.Popen(
            [SOURCE / "examples/gst-launch/rtp-receive.sh", str(port), "o.jsonl"], cwd=self.folder, env=ENVIRONMENT,
            stdout=subprocess.DEVNULL)
        self.addCleanup(receiver.wait)
        self.addCleanup(receiver.kill)
        bound = f" 0100007F:{port:04X} "
        self.assertTrue(wait_until(lambda: bound in pathlib.Path("/proc/net/udp").read_text(), receiver), "it has ended")
        self.run_script("rtp-send.sh", "in.mp4", port)
        written = self.path("o.jsonl")
        self.assertTrue(wait_until(lambda: written.exists() and written.read_text().count("\n") >= 1, receiver), "it has ended")
        receiver.send_signal(signal.SIGINT)
        self.assertEqual(receiver.wait(timeout=PATIENCE), 0)
        lines = read_lines(written)
        self.assertEqual([line["frame"] for line in lines], list(range(len(lines))))
        for line in lines:
            self.assert_masks_are_sound(line)
            self.assertEqual((len(line["instances"]), line["width"], line["height"]), (1, 160, 120))


class Programs(Examples):
    def test_tracks(self):
        video, lines = self.two_balls()
        printed = self.run_example(BUILD / "examples/tracks", video.as_uri()).stdout.splitlines()
        self.assertEqual(len(printed), 2)
        first, last = (f"{line['pts'] / Gst.SECOND:.2f}" for line in (lines[0], lines[-1]))
        pattern = re.compile(rf"track (\d+): {first} s to {last} s, 20 frames, mean area (\d+) pixels, mean score 0.90,"
                             r" moved (\d+) pixels, largest mask (.*)")
        for text in printed:
            track, area, moved, largest = pattern.fullmatch(text).groups()
            seen = [i for line in lines for i in line["instances"] if i["id"] == int(track)]
            self.assertAlmostEqual(int(area), sum(i["area"] for i in seen) / len(seen), delta=0.51)
            self.assertEqual(json.loads(largest), max(seen, key=lambda i: i["area"])["segmentation"])
            path = middle_of(mask_of(seen[-1])) - middle_of(mask_of(seen[0]))
            self.assertAlmostEqual(int(moved), numpy.hypot(*path), delta=0.51)
            self.assertGreater(int(moved), 10)

    def test_tracks_in_python(self):
        video, lines = self.two_balls()
        printed = self.run_example(PYTHON, SOURCE / "examples/python/tracks.py", video.as_uri()).stdout.splitlines()
        self.assertEqual(len(printed), len(lines))
        for text, line in zip(printed, lines):
            seen = [(int(i), int(area), int(x), int(y))
                    for i, area, x, y in re.findall(r"(\d+) \([\d.]+, (\d+) pixels at (\d+),(\d+)\)", text)]
            self.assertEqual(seen, [(i["id"], i["area"], *i["bbox"][:2]) for i in line["instances"]])
            self.assertTrue(text.startswith(f"{line['pts'] / Gst.SECOND:.2f} s:"), text)

    def test_draw(self):
        """Masks are blended half with the color of their track. Only masks, outlines and ids change."""
        video, lines = self.two_balls()
        self.run_example(PYTHON, SOURCE / "examples/python/draw.py", video.as_uri(), "drawn")
        drawn = [cv2.imread(str(path)) for path in sorted(self.path("drawn").glob("*.png"))]
        colors = {1: set(), 2: set()}
        for before, after, line in zip(pictures(video), drawn, lines, strict=True):
            untouched = numpy.ones(before.shape[:2], bool)
            for instance in line["instances"]:
                mask, (x, y, _, _) = mask_of(instance), instance["bbox"]
                inside = cv2.erode(mask, numpy.ones((5, 5), numpy.uint8)) > 0
                color = (2 * after[inside].astype(int) - before[inside]).mean(axis=0)
                colors[instance["id"]].add(tuple(numpy.round(color / 4).astype(int)))
                untouched &= grown(mask, 1) == 0
                untouched[max(y - 20, 0) : y + 5, max(x - 1, 0) : x + 15] = False
            self.assertTrue((after[untouched] == before[untouched]).all())
        self.assertEqual([len(found) for found in colors.values()], [1, 1])
        self.assertTrue(colors[1].isdisjoint(colors[2]))

    def test_blur(self):
        video, lines = self.two_balls()
        for ids in ([2], [1, 2], []):
            self.run_example(BUILD / "examples/blur_tracks", video, "o.mp4", *ids)
            for before, after, line in zip(pictures(video), pictures(self.path("o.mp4")), lines, strict=True):
                change, elsewhere = changes(before, after), numpy.ones(before.shape[:2], bool)
                for instance in line["instances"]:
                    mask = mask_of(instance)
                    edge = (grown(mask, 3) - cv2.erode(mask, numpy.ones((7, 7), numpy.uint8))) > 0
                    if instance["id"] in ids or not ids:
                        self.assertGreater(change[edge].mean(), 50)
                        elsewhere &= grown(mask, 6) == 0
                self.assertLess(lasting_changes(before, after)[elsewhere].max(), 40)

    def test_without_gstreamer(self):
        """The C API gives the same results as the elements, and its masks cover the bright parts of the pictures."""
        self.path("frames").mkdir()
        for i in range(6):
            picture = numpy.zeros((48, 64, 3), numpy.uint8)
            picture[5 + i : 20 + i, 10 + 2 * i : 30] = 200
            picture[30:40, 40 : 60 - i] = (255, 150, 255)
            cv2.imwrite(str(self.path(f"frames/{i:05}.png")), picture)
        lines = self.segment(self.path("frames"))
        script = SOURCE / "examples/python/without_gstreamer.py"
        printed = [json.loads(text) for text in self.run_example(PYTHON, script, "frames/%05d.png").stdout.splitlines()]
        for line in lines:
            del line["pts"], line["width"], line["height"]
            for instance, bright in zip(line["instances"], (200, 220), strict=True):
                instance["brightness"] = bright
        self.assertEqual(printed, lines)

    def test_c_without_gstreamer(self):
        frames = numpy.zeros((5, 12, 16, 3), numpy.uint8)
        for i, frame in enumerate(frames):
            frame[4:8, 3 + i : 9 + i] = 255
        self.path("frames.rgb").write_bytes(frames.tobytes())
        command = ["sh", "-c", 'exec "$0" 16 12 <frames.rgb', BUILD / "examples/whole_video"]
        result = self.run_example(*command)
        self.assertEqual(result.stdout.splitlines(), [f"{i} 1 24" for i in range(5)])
        self.assertIn("segmenting 100 %", result.stderr)
        self.assertIn("usage", self.run_example(BUILD / "examples/whole_video", status=2).stderr)
        failed = self.run_example(*command, status=1, BLOB_DEFAULT_MODEL="blob:fail-at=3")
        self.assertIn("blob engine fails as it was told", failed.stderr)

    def test_c_without_gstreamer_ends_at_ctrl_c(self):
        self.path("frames.rgb").write_bytes(bytes(3 * 16 * 12 * 5))
        with self.path("frames.rgb").open("rb") as frames, subprocess.Popen(
            [BUILD / "examples/whole_video", "16", "12"], stdin=frames, stderr=subprocess.PIPE,
            env=ENVIRONMENT | {"BLOB_DEFAULT_MODEL": "blob:drain-endless=1"},
        ) as program:
            self.addCleanup(program.kill)
            seen = b""
            while b" 20 %" not in seen:  # the drain is running, and would not end
                seen += program.stderr.read(1)
            program.send_signal(signal.SIGINT)
            rest = program.stderr.read()
            self.assertEqual(program.wait(PATIENCE), 130)
        self.assertIn(b"cancelled", rest)

    def test_c_without_gstreamer_ends_at_ctrl_c_where_no_frame_comes(self):
        with subprocess.Popen(
            [BUILD / "examples/whole_video", "16", "12"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT,
        ) as program:
            self.addCleanup(program.kill)
            seen = b""
            while b"100 %" not in seen:  # the engine is open
                seen += program.stderr.read(1)
            status = pathlib.Path(f"/proc/{program.pid}/status")
            waits = wait_until(lambda: is_interruptible_sleep(status.read_text(encoding="utf-8")), program)
            self.assertTrue(waits)  # for a frame
            program.send_signal(signal.SIGINT)
            self.assertEqual(program.wait(PATIENCE), 130)

    @unittest.skipUnless(shutil.which("rustc") and shutil.which("bindgen"), "rustc or bindgen is not installed")
    def test_rust(self):
        header = SOURCE / "libvcl/include/vcl/vcl.h"
        self.run_example("bindgen", header, "--allowlist-file", r".*/vcl\.h", "-o", "vcl.rs")
        shutil.copy(SOURCE / "examples/rust/segment.rs", self.folder)
        self.run_example("rustc", "segment.rs", "-L", BUILD / "libvcl", "-l", "vcl")
        frames = numpy.zeros((5, 12, 16, 3), numpy.uint8)
        for i, frame in enumerate(frames):
            frame[4:8, 3 + i : 9 + i] = 255
        self.path("frames.rgb").write_bytes(frames.tobytes())
        printed = self.run_example("sh", "-c", "./segment 16 12 <frames.rgb").stdout.splitlines()
        runs = [[12 * (3 + i) + 4, *(5 * [4, 8]), 4, 12 * (7 - i) + 4] for i in range(5)]
        self.assertEqual(printed, [f"{i} 1:24:{runs[i]}" for i in range(5)])
        self.assertIn("usage", self.run_example("./segment", status=1).stderr)

    def test_errors(self):
        video = make_video(self.path("in.mp4"), frames=10)
        python = {name: [PYTHON, SOURCE / f"examples/python/{name}.py"] for name in ("tracks", "draw", "without_gstreamer")}
        commands = {
            "tracks": lambda path: [BUILD / "examples/tracks", path.as_uri()],
            "blur": lambda path: [BUILD / "examples/blur_tracks", path, "o.mp4"],
            "tracks.py": lambda path: [*python["tracks"], path.as_uri()],
            "draw.py": lambda path: [*python["draw"], path.as_uri(), "drawn"],
            "without_gstreamer.py": lambda path: [*python["without_gstreamer"], path],
        }
        for name, command in commands.items():
            with self.subTest(name):
                usage = self.run_example(*command(video)[: 1 if "." not in name else 2], status=2 if "." not in name else 1)
                self.assertIn("usage", usage.stderr)
                self.assertNotEqual(self.run_example(*command(self.path("none.mp4")), status=1).stderr, "")
                failed = self.run_example(*command(video), status=1, BLOB_DEFAULT_MODEL="blob:fail-at=5")
                self.assertIn("blob engine fails as it was told", failed.stderr)
        for ids in (["0"], ["x"], ["-1"]):
            self.run_example(*commands["blur"](video), *ids, status=2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
