# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl model get` and `vcl model add`: published models from a server, and models that are found by name."""
import contextlib
import hashlib
import http.server
import pathlib
import signal
import subprocess
import tempfile
import threading
import unittest

from support import (PATIENCE, REAL_ENGINE, VCL, Case, make_png, needs_engine, small_vit, vcl, wait_until, write_pth,
                     write_safetensors)


class Server(http.server.ThreadingHTTPServer):
    """Serves one file on loopback, as its attributes say. `requests` has the ranges that were asked for."""

    def __init__(self, content):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.requests, self.headers = content, [], {}
        self.ranges, self.version, self.status, self.announced = True, '"one"', None, None
        self.heeds_version = True
        self.breaks = []  # after how many bytes each of the next answers breaks off
        self.stall = None  # after how many bytes the answer stops without an end
        self.going_on = threading.Event()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}/file"


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        server = self.server
        asked, start = self.headers.get("Range"), 0
        server.requests.append(asked)
        if server.status:
            self.send_error(server.status)
            return
        if asked and server.ranges and (self.headers.get("If-Range") == server.version or not server.heeds_version):
            start = int(asked.removeprefix("bytes=").rstrip("-"))
        if start == len(server.content):
            self.send_error(416)
            return
        body = server.content[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(server.content) - 1}/{len(server.content)}")
        headers = {"Content-Type": "application/octet-stream", "ETag": server.version,
                   "Content-Length": str(server.announced or len(body))} | server.headers
        for name, value in headers.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            if server.stall is not None:
                self.wfile.write(body[: server.stall])
                self.wfile.flush()
                server.going_on.wait(PATIENCE)
            self.wfile.write(body[: server.breaks.pop(0)] if server.breaks else body)


class Named(Case):
    """Models are kept in a folder of the test."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.pattern = pathlib.Path(folder.name, "dino_deitsmall16_pretrain.pth")
        made = vcl("model", "pattern", "--arch", "vits16", str(cls.pattern) + ".safetensors")
        assert made.returncode == 0, made.stderr
        pathlib.Path(str(cls.pattern) + ".safetensors").rename(cls.pattern)
        cls.content = cls.pattern.read_bytes()

    def setUp(self):
        super().setUp()
        self.environment = REAL_ENGINE | {"XDG_DATA_HOME": str(self.path("data")), "NO_PROXY": "127.0.0.1"}
        self.kept = self.path("data/vcl/models")
        self.server = Server(self.content)
        thread = threading.Thread(target=self.server.serve_forever)
        thread.start()

        def stop():
            self.server.going_on.set()
            self.server.shutdown()
            thread.join()
            self.server.server_close()

        self.addCleanup(stop)

    def model(self, *arguments, **options):
        return vcl("model", *arguments, env=self.environment, **options)

    def get(self, *arguments):
        return self.model("get", "dino-s16", "--from", self.server.address, *arguments)

    def files(self):
        return sorted(path.name for path in self.kept.iterdir())


class Get(Named):
    def test_list(self):
        result = self.model("get")
        self.assert_done(result)
        for part in ("dino-s8-300\n", "vcl model get dino-s16\n", "license: Apache-2.0", "videocutler-r50\n",
                     "by hand: videocutler_m2f_rn50.pth"):
            self.assertIn(part, result.stdout)

    def test_download(self):
        result = self.get()
        self.assert_done(result)
        self.assertEqual(result.stdout, f"{self.kept}/dino-s16.pth\n")
        self.assertIn("license: Apache-2.0", result.stderr)
        self.assertEqual((self.kept / "dino-s16.pth").read_bytes(), self.content)
        self.assertEqual(self.files(), ["dino-s16.pth", "dino-s16.sha256"])
        checked = subprocess.run(["sha256sum", "--check", "dino-s16.sha256"], cwd=self.kept, capture_output=True)
        self.assertEqual(checked.returncode, 0)
        self.assertIn(str(self.kept / "dino-s16.pth"), self.model("get").stdout)

    def test_nothing_is_fetched_twice(self):
        self.assert_done(self.get())
        result = self.get()
        self.assert_done(result)
        self.assertEqual(result.stdout, f"{self.kept}/dino-s16.pth\n")
        self.assertEqual(len(self.server.requests), 1)

    def test_broken_connection_goes_on(self):
        self.server.breaks = [1_000_000, 2_000_000]
        self.assert_done(self.get())
        self.assertEqual(self.server.requests, [None, "bytes=1000000-", "bytes=3000000-"])
        self.assertEqual((self.kept / "dino-s16.pth").read_bytes(), self.content)

    def test_next_run_goes_on(self):
        self.server.stall = 1_000_000
        process = subprocess.Popen([VCL, "model", "get", "dino-s16", "--from", self.server.address], text=True,
                                   env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        part = self.kept / "dino-s16.pth.part"
        wait_until(lambda: part.exists() and part.stat().st_size == 1_000_000, process)
        process.send_signal(signal.SIGINT)
        stderr = process.communicate(timeout=PATIENCE)[1]
        self.assertEqual(process.returncode, 1, stderr)
        self.assertIn("interrupted after 1.0 MB", stderr)
        self.server.going_on.set()
        self.server.stall = None
        self.assert_done(self.get())
        self.assertEqual(self.server.requests, [None, "bytes=1000000-"])
        self.assertEqual((self.kept / "dino-s16.pth").read_bytes(), self.content)
        self.assertEqual(self.files(), ["dino-s16.pth", "dino-s16.sha256"])

    def test_another_version_begins_anew(self):
        self.server.breaks = [1_000_000, 0]
        self.assert_fails(self.get(), self.server.address, "the same command tries again")
        self.server.version = '"two"'
        self.assert_done(self.get())
        self.assertEqual(self.server.requests, [None, "bytes=1000000-", "bytes=1000000-"])
        self.assertEqual((self.kept / "dino-s16.pth").read_bytes(), self.content)

    def test_server_without_parts_begins_anew(self):
        self.server.ranges, self.server.breaks = False, [1_000_000]
        self.assert_done(self.get())
        self.assertEqual((self.kept / "dino-s16.pth").read_bytes(), self.content)

    def test_server_that_always_breaks_ends_it(self):
        self.server.ranges, self.server.breaks = False, [1_000_000] * 100
        self.assert_fails(self.get(), "the same command tries again")
        self.assertEqual(len(self.server.requests), 2)

    def test_mix_of_versions_is_never_kept(self):
        """As caches do that ignore If-Range."""
        self.server.breaks = [1_000_000, 0]
        self.assert_fails(self.get())
        self.server.version, self.server.heeds_version = '"two"', False
        self.assert_done(self.get())
        self.assertEqual(self.server.requests[-2:], ["bytes=1000000-", None])
        self.assertEqual((self.kept / "dino-s16.pth").read_bytes(), self.content)

    def test_all_there_but_not_ended(self):
        """The connection broke behind the last byte: the server has no rest."""
        self.server.breaks = [len(self.content) - 1, 0]
        self.assert_fails(self.get())
        with (self.kept / "dino-s16.pth.part").open("ab") as part:
            part.write(self.content[-1:])
        self.assert_done(self.get())
        self.assertEqual((self.kept / "dino-s16.pth").read_bytes(), self.content)

    def test_server_without_versions_begins_anew(self):
        self.server.version, self.server.breaks = None, [1_000_000]
        self.assert_fails(self.get(), "the same command tries again")
        self.assert_done(self.get())
        self.assertEqual(self.server.requests, [None, None])

    def test_announced_length_counts(self):
        self.server.announced = len(self.content) + 10
        self.server.ranges = False
        self.server.version = None
        self.assert_fails(self.get(), self.server.address)
        self.assertFalse((self.kept / "dino-s16.pth").exists())

    def test_page_instead_of_the_file(self):
        self.server.content, self.server.headers = b"<html>Sign in</html>", {"Content-Type": "text/html; charset=utf-8"}
        self.assert_fails(self.get(), "a web page", "vcl model add")
        self.assertEqual(self.files_without_parts(), [])

    def test_page_that_is_not_called_one(self):
        self.server.content = b"<html>Sign in</html>"
        self.assert_fails(self.get(), "has 20 bytes", "dino-s16")
        self.assertEqual(self.files(), [])

    def files_without_parts(self):
        return [name for name in self.files() if not name.endswith(".part")]

    def test_refusals_of_the_server(self):
        for status, part in ((404, "no such file"), (403, "refuses (HTTP status 403)"), (503, "HTTP status 503")):
            with self.subTest(status):
                self.server.status = status
                self.assert_fails(self.get(), self.server.address, part)
                self.assertEqual(self.files_without_parts(), [])

    def test_no_server(self):
        self.assert_fails(self.model("get", "dino-s16", "--from", "http://127.0.0.1:1/file"), "127.0.0.1:1")
        self.assert_fails(self.model("get", "dino-s16", "--from", f"file://{self.pattern}"), "file://")

    def test_wrong_model(self):
        other = write_safetensors(self.path("other.safetensors"), small_vit())
        self.server.content = other.read_bytes() + bytes(len(self.content))
        self.assert_fails(self.get(), "dino-s16")
        self.assertEqual(self.files(), [])

    def test_hash_of_the_server(self):
        digest = hashlib.sha256(self.content).hexdigest()
        self.server.headers = {"X-Linked-ETag": f'"{"0" * 64}"'}
        self.assert_fails(self.get(), "not what its authors publish", digest)
        self.assertEqual(self.files(), [])
        self.server.headers = {"X-Linked-ETag": f'"{digest}"'}
        self.assert_done(self.get())

    def test_hash_of_the_last_time(self):
        self.assert_done(self.get())
        changed = bytearray(self.content)
        changed[-1] ^= 1
        path = self.kept / "dino-s16.pth"
        path.write_bytes(changed)
        result = self.get()
        self.assert_done(result)
        self.assertIn("will be replaced", result.stderr)
        self.assertEqual(path.read_bytes(), self.content)
        path.unlink()
        self.server.content = bytes(changed)
        self.assert_fails(self.get(), "another one than the last time", "remove dino-s16.sha256")
        (self.kept / "dino-s16.sha256").unlink()
        self.assert_done(self.get())

    def test_files_of_the_user_stay(self):
        self.kept.mkdir(parents=True)
        for name in ("dino-s16.pth", "dino-s16.safetensors"):
            with self.subTest(name):
                own = self.kept / name
                own.write_bytes(b"mine")
                self.assert_fails(self.get(), str(own), "did not come from vcl model get")
                self.assertEqual(own.read_bytes(), b"mine")
                own.unlink()

    def test_disk_full(self):
        limit = ["prlimit", f"--fsize={1_000_000}"]
        result = subprocess.run(
            [*limit, VCL, "model", "get", "dino-s16", "--from", self.server.address], capture_output=True, text=True,
            env=self.environment, preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
        self.assert_fails(result, "dino-s16.pth.part", "XDG_DATA_HOME")

    def test_folder_that_may_not_be_written(self):
        self.path("data").write_text("a file")
        self.assert_fails(self.get(), str(self.kept))

    def test_models_of_people(self):
        self.assert_fails(self.model("get", "videocutler-r50"), "videocutler_m2f_rn50.pth", "vcl model add")
        self.assert_fails(self.model("get", "videocutler"), "no published model 'videocutler'")


class Add(Named):
    def test_published_file(self):
        result = self.model("add", self.pattern)
        self.assert_done(result)
        self.assertEqual(result.stdout, f"{self.kept}/dino-s16.pth\n")
        self.assertIn("Apache-2.0", result.stderr)
        self.assert_done(self.model("add", self.pattern))
        self.assert_done(self.get())
        self.assertEqual(self.server.requests, [])

    def test_own_file(self):
        own = write_safetensors(self.path("mine.safetensors"), small_vit())
        self.assert_done(self.model("add", own))
        self.assert_done(self.model("add", own, "--name", "my-vit_2"))
        self.assertEqual(self.files(), ["mine.safetensors", "mine.sha256", "my-vit_2.safetensors", "my-vit_2.sha256"])
        self.assertIn("mine\n  your own\n", self.model("get").stdout)
        self.assertEqual(own.read_bytes(), (self.kept / "mine.safetensors").read_bytes())

    def test_taken_names(self):
        self.assert_done(self.model("add", self.pattern))
        own = write_safetensors(self.path("mine.safetensors"), small_vit())
        self.assert_done(self.model("add", own))
        self.assert_fails(self.model("add", self.pattern, "--name", "mine"), "another model of the name 'mine'")
        self.assert_fails(self.model("add", own, "--name", "dino-s16"), "dino-s16")

    def test_names(self):
        own = write_safetensors(self.path("my.vit.safetensors"), small_vit())
        for name in ([], ["--name", "../x"], ["--name", "a/b"], ["--name", "-x"], ["--name", "a b"]):
            self.assertNotEqual(self.model("add", own, *name).returncode, 0)
        self.assertFalse(self.kept.exists() and self.files())

    def test_detectors_are_refused_by_name(self):
        names = ["proposal_generator.rpn_head.conv.weight", "roi_heads.box_head.0.fc1.weight",
                 "backbone.bottom_up.stem.conv1.weight"]
        for more, kind in ([], "a Mask R-CNN"), (["roi_heads.box_head.1.fc1.weight"], "a Cascade Mask R-CNN"):
            with self.subTest(kind):
                path = self.path("cutler.pth")
                write_pth(path, {name: ([2], [1, 2]) for name in names + more}, lambda state: {"model": state})
                self.assert_fails(self.model("add", path), kind, "CutLER")
                self.assertIn(kind, self.model("info", path).stdout)
                self.assert_fails(self.model("verify", path, "--arch", "vits16"), kind)

    def test_other_files(self):
        self.assert_fails(self.model("add", make_and_return_png(self.path("p.png"))), "p.png")
        unknown = write_safetensors(self.path("unknown.safetensors"), {"weight": ([2], [1, 2])})
        self.assert_fails(self.model("add", unknown), "no network that gst-vcl knows")


def make_and_return_png(path):
    make_png(path, 8, 8)
    return path


class Find(Named):
    @needs_engine
    def test_by_name_as_by_file(self):
        own = write_safetensors(self.path("mine.safetensors"), small_vit())
        self.assert_done(self.model("add", own))
        make_png(self.path("in.png"), 64, 64)
        outputs = []
        for model in ("mine", own):
            out = self.path(f"{len(outputs)}.npy")
            self.assert_done(vcl("features", self.path("in.png"), "--model", model, "--size", "64", "--out", out,
                                 env=self.environment))
            outputs.append(out.read_bytes())
        self.assertEqual(*outputs)
        self.assertIn("mine.safetensors", self.model("info", "mine").stdout)
        self.assert_done(self.model("verify", "mine"))
        self.assert_done(self.model("convert", "mine", self.path("converted.safetensors")))

    @needs_engine
    def test_default_model_has_a_name(self):
        self.assertIn("VideoMask2Former", self.model("info", "vcl-tiny").stdout)

    @needs_engine
    def test_unknown_name(self):
        make_png(self.path("in.png"), 64, 64)
        self.assert_fails(vcl("features", self.path("in.png"), "--model", "nothing", "--out", self.path("o.npy"),
                              env=self.environment), "nothing", str(self.kept), "vcl model get")

    def test_a_folder_of_that_name_is_no_model(self):
        self.assert_done(self.model("add", write_safetensors(self.path("mine.safetensors"), small_vit())))
        self.path("mine").mkdir()
        self.assert_done(self.model("info", "mine", cwd=self.path("")))

    @needs_engine
    def test_file_of_that_name_comes_first(self):
        self.assert_done(self.model("add", write_safetensors(self.path("mine.safetensors"), small_vit())))
        self.path("mine").write_text("no model")
        self.assert_fails(self.model("verify", "mine", cwd=self.path("")), "mine")


if __name__ == "__main__":
    unittest.main()
