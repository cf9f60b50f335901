#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The hash by which libvcl recognizes its engine module changes if and only if the interface between them changes."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADER = "libvcl/loader/engine_module.hpp"


def exporting():
    """All headers of libvcl that declare what it exports: whatever the engine module imports is in one of them."""
    return [p.relative_to(ROOT) for p in (ROOT / "libvcl").rglob("*.hpp") if 'visibility("default")' in p.read_text()]


def headers():
    return [p.relative_to(ROOT) for folder in ("libvcl/include", "libvcl/private", "libvcl/loader") for p in (ROOT / folder).rglob("*.hpp")]


class InterfaceHash(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="with space ")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for header in headers():
            (self.root / header).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / header, self.root / header)

    def run_script(self):
        script = ROOT / "libvcl/loader/interface_hash.py"
        return subprocess.run([sys.executable, script, self.root / "out.hpp", self.root / "out.d", self.root, HEADER],
                              capture_output=True, text=True, check=False)

    def hash(self):
        done = self.run_script()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return (self.root / "out.hpp").read_text(encoding="utf-8")

    def change(self, header, old, new):
        path = self.root / header
        text = path.read_text(encoding="utf-8")
        self.assertIn(old, text)
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def test_a_virtual_function_more_less_or_elsewhere_changes_it(self):
        seen = {self.hash()}
        self.assertEqual(seen, {self.hash()}, "the same headers")
        engine, function = "libvcl/include/vcl/engine.hpp", "virtual void reset() = 0;"
        for new in (f"{function}\n  virtual void more() = 0;", f"virtual void more() = 0;\n  {function}", ""):
            self.change(engine, function, new)
            seen.add(self.hash())
            shutil.copy(ROOT / engine, self.root / engine)
        self.assertEqual(len(seen), 4)

    def test_each_header_of_the_interface_counts_and_is_a_dependency(self):
        before = self.hash()
        dependencies = (self.root / "out.d").read_text(encoding="utf-8").replace("\\ ", " ")
        counted = []
        for header in map(str, headers()):
            (self.root / header).write_text((ROOT / header).read_text(encoding="utf-8") + "// one line more\n")
            if self.hash() != before:
                counted.append(header)
            self.assertEqual(f"{self.root / header}" in dependencies, header in counted, header)
            shutil.copy(ROOT / header, self.root / header)
        self.assertGreater(len(exporting()), 20)
        self.assertEqual({str(header) for header in exporting()} - set(counted), set())
        self.assertIn(HEADER, counted)

    def test_a_header_that_comes_changes_it_and_its_folder_is_a_dependency(self):
        before = self.hash()
        dependencies = (self.root / "out.d").read_text(encoding="utf-8").replace("\\ ", " ")
        for folder in ("libvcl/include/vcl", "libvcl/private/vcl"):
            self.assertIn(f" {self.root / folder} ", dependencies.replace("\n", " "))
            (self.root / folder / "new.hpp").write_text("void more();\n")
            self.assertNotEqual(before, self.hash(), folder)
            (self.root / folder / "new.hpp").unlink()
        self.assertEqual(before, self.hash())

    def test_a_header_that_is_missing_is_named(self):
        (self.root / "libvcl/include/vcl/result.hpp").unlink()
        done = self.run_script()
        self.assertEqual(done.returncode, 1)
        self.assertIn("vcl/result.hpp is in none of", done.stderr)


if __name__ == "__main__":
    unittest.main()
