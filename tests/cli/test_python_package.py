# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests the Python package as a whole: the library it loads, its installation, types, documents, and supervision."""
import ctypes
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import unittest
from unittest import mock

from support import BUILD, PATIENCE, REAL_ENGINE, SOURCE, Case, make_video
from python_package import FOUND, PACKAGE, PYTHON, ball_picture
import cv2
import numpy
import vcl
import vcl.library

needs_supervision = unittest.skipUnless(importlib.util.find_spec("supervision"),
                                        "the package supervision is not installed")


class Library(Case):
    def load(self, path):
        with mock.patch.dict(os.environ, {"VCL_LIBRARY": str(path)}):
            return vcl.library.load.__wrapped__()

    def compile(self, name, text, *options):
        self.path(name + ".c").write_text(text)
        subprocess.run(["cc", self.path(name + ".c"), "-o", self.path(name), "-I", SOURCE / "libvcl/include", *options],
                       check=True, timeout=PATIENCE)
        return self.path(name)

    def test_structs_are_those_of_the_header(self):
        names = {"Picture": "VclFrame", "EngineOptions": "VclEngineOptions", "ResultInfo": "VclResultInfo",
                 "ResultInstance": "VclInstance"}
        lines, expected = [], []
        for ours, theirs in names.items():
            struct = getattr(vcl.library, ours)
            lines.append(f'printf("%zu\\n", sizeof({theirs}));')
            expected.append(ctypes.sizeof(struct))
            for field, *_ in struct._fields_:
                lines.append(f'printf("%zu %zu\\n", offsetof({theirs}, {field}), sizeof((({theirs}*)0)->{field}));')
                expected.append((getattr(struct, field).offset, getattr(struct, field).size))
        program = self.compile("sizes", "\n".join(
            ["#include <stdio.h>", "#include <vcl/vcl.h>", "int main(void) {", *lines, "}"]))
        printed = subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines()
        self.assertEqual(printed, [" ".join(map(str, e)) if isinstance(e, tuple) else str(e) for e in expected])
        header = (SOURCE / "libvcl/include/vcl/vcl.h").read_text()
        statuses = re.findall(r"^  (VCL_\w+) = \d,?\s+///<", header[: header.index("} VclStatus;")], re.M)
        self.assertEqual(vcl.library._STATUSES[1:], statuses)

    def test_another_library_is_refused_with_the_cure(self):
        with self.assertRaisesRegex(vcl.Error, "install gst-vcl.*VCL_LIBRARY"):
            self.load("/nowhere/libvcl.so.0")
        with self.assertRaisesRegex(vcl.Error, "is no libvcl"):
            self.load("libm.so.6")
        with self.assertRaisesRegex(vcl.Error, "cannot be loaded"):
            self.load(SOURCE / "README.md")
        for version, words in (("0.0.9", "needs 0.1.0.*install"), ("1.0.0", "needs 0.1.0.*install"), ("new", "none")):
            path = self.compile(f"libvcl-{version}.so", f'const char *vcl_version(void) {{ return "{version}"; }}\n'
                                'const char *vcl_error_message(void) { return ""; }', "-shared", "-fPIC")
            with self.assertRaisesRegex(vcl.Error, words):
                self.load(path)
        path = self.compile("libvcl-part.so", 'const char *vcl_version(void) { return "0.1.0"; }\n'
                            'const char *vcl_error_message(void) { return ""; }', "-shared", "-fPIC")
        with self.assertRaisesRegex(vcl.Error, "too old"):
            self.load(path)

    def test_found_by_the_linker_and_in_path(self):
        environment = {k: v for k, v in os.environ.items() if k not in FOUND} | {
            "LD_LIBRARY_PATH": str(BUILD / "libvcl"), "PATH": f"{BUILD / 'tools'}:{os.environ['PATH']}",
            "PYTHONPATH": str(SOURCE / "python")}
        make_video(self.path("in.mp4"), frames=3)
        program = "import vcl; vcl.Engine().close(); print(len(list(vcl.segment('in.mp4'))))"
        result = subprocess.run([PYTHON, "-c", program], env=environment, cwd=self.folder, capture_output=True,
                                text=True, timeout=PATIENCE)
        self.assertEqual(result.stdout, "3\n", result.stderr)


    @unittest.skipUnless(shutil.which("meson"), "meson is not in PATH")
    def test_found_in_a_shell_of_the_build(self):
        environment = {k: v for k, v in os.environ.items() if k not in FOUND | PACKAGE and k != "LD_LIBRARY_PATH"}
        program = "import vcl; vcl.Engine().close(); print(vcl.__file__)"
        result = subprocess.run(["meson", "devenv", "-C", BUILD, PYTHON, "-c", program], env=environment,
                                capture_output=True, text=True, timeout=PATIENCE)
        self.assertIn(str(SOURCE / "python/vcl/__init__.py"), result.stdout, result.stderr)


class Package(Case):
    def test_versions_are_one(self):
        project = re.search(r"version: '(.*?)'", (SOURCE / "meson.build").read_text())[1]
        package = re.search(r'^version = "(.*?)"', (SOURCE / "python/pyproject.toml").read_text(), re.M)[1]
        self.assertEqual(package, project)

    @needs_supervision
    def test_supervision(self):
        with vcl.Engine(window=1) as engine:
            [frame], [empty] = engine.push(ball_picture(0)), engine.push(0 * ball_picture(0))
        detections, [instance] = frame.to_supervision(), frame.instances
        x, y, width, height = instance.bbox
        self.assertEqual(detections.xyxy.tolist(), [[x, y, x + width, y + height]])
        numpy.testing.assert_array_equal(detections.mask, [instance.mask])
        self.assertEqual(detections.tracker_id.tolist(), [instance.id])
        self.assertAlmostEqual(float(detections.confidence[0]), instance.score, 6)
        self.assertEqual(detections.class_id.tolist(), [0])
        self.assertEqual(detections.area.tolist(), [instance.area])
        self.assertEqual((len(empty.to_supervision()), empty.to_supervision().mask.shape), (0, (0, 60, 80)))
        import supervision
        painted = supervision.MaskAnnotator().annotate(ball_picture(0), detections)
        self.assertFalse(numpy.array_equal(painted[instance.mask], ball_picture(0)[instance.mask]))

    def test_supervision_is_named_where_it_is_missing(self):
        frame = vcl.Frame(0, None, 8, 4, False, ())
        with mock.patch.dict(sys.modules, {"supervision": None}):
            with self.assertRaisesRegex(ImportError, "pip install supervision"):
                frame.to_supervision()

    def test_types(self):
        if importlib.util.find_spec("mypy") is None:
            self.skipTest("mypy is not installed")
        result = subprocess.run([sys.executable, "-m", "mypy", "--cache-dir", self.path("cache"), "vcl"],
                                cwd=SOURCE / "python", capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_pip_install(self):
        shutil.copytree(SOURCE / "python", self.path("python"))
        commands = re.search(r"```sh\n(.*?)```", (SOURCE / "docs/python.md").read_text(), re.S)[1]
        environment = {k: v for k, v in os.environ.items() if k not in PACKAGE}
        environment["PATH"] = f"{os.path.dirname(PYTHON)}:{environment['PATH']}"
        pip = subprocess.run(["sh", "-ec", commands], cwd=self.folder, env=environment, capture_output=True, text=True,
                             timeout=PATIENCE)
        if re.search("Could not find a version that satisfies|Could not fetch", pip.stdout + pip.stderr):
            self.skipTest("setuptools cannot be installed: pip reaches no package index")
        self.assertEqual(pip.returncode, 0, pip.stderr)
        make_video(self.path("in.mp4"), frames=3)
        program = "import cv2, vcl, pathlib; vcl.Engine().close(); print(len(list(vcl.segment('in.mp4')))," \
                  " (pathlib.Path(vcl.__file__).parent / 'py.typed').is_file(), vcl.__file__)"
        result = subprocess.run([self.path("venv/bin/python"), "-c", program], cwd=self.folder, env=environment,
                                capture_output=True, text=True, timeout=PATIENCE)
        self.assertRegex(result.stdout, "^3 True .*/venv/", result.stderr)

    def test_documented_program(self):
        blocks = re.findall(r"<!-- run(?:: (.*?))? -->\n+```python\n(.*?)```", (SOURCE / "docs/python.md").read_text(), re.S)
        self.assertGreaterEqual(len(blocks), 4)
        make_video(self.path("in.mp4"), frames=20)
        self.path("docs").symlink_to(SOURCE / "docs")
        self.path("out").mkdir()
        environment = REAL_ENGINE if "VCL_ENGINE" in os.environ else os.environ
        for needed, block in blocks:
            if needed and importlib.util.find_spec(needed) is None:
                continue
            with self.subTest(block):
                result = subprocess.run([sys.executable, "-c", block], cwd=self.folder, capture_output=True, text=True,
                                        timeout=PATIENCE, env=environment | FOUND | PACKAGE)
                self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIsNotNone(cv2.imread(str(self.path("out/dancer.jpg"))))


if __name__ == "__main__":
    unittest.main(verbosity=2)
