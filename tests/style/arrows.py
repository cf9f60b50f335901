#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks the code against the floor plan of CONTRIBUTING.md: each room is on it and includes only rooms above it."""
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = {".cpp", ".hpp", ".h", ".cu", ".cuh"}
HOUSES = ["libvcl", "evaluation", "support", "plugins", "tools", "training", "benchmarks"]

# Folders of other houses that a house may include. Programs open the engine as a module; only training and benchmarks
# link it.
WALLS = {
    "libvcl": [],
    "evaluation": ["libvcl"],
    "support": ["libvcl"],
    "plugins": ["libvcl", "support"],
    "tools": ["libvcl", "evaluation", "support", "plugins"],
    "training": ["libvcl", "libvcl/engine", "evaluation", "support"],
    "benchmarks": ["libvcl", "libvcl/engine", "evaluation", "support", "plugins/meta"],
}
# Houses that may include the headers of a library, by the start of the header's name.
LIBRARIES = {
    r"(torch|ATen|c10)/": ["libvcl/engine", "training", "benchmarks"],
    r"(gst/(?!vcl/)|glib)": ["plugins", "tools", "benchmarks"],
    r"opencv2/": ["support", "tools", "training", "benchmarks"],
    r"CLI/": ["support", "tools", "training", "benchmarks"],
}


def rooms_of_the_plan():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    block = re.search(r"<!-- rooms -->\n```\n(.*?)```", text, re.S).group(1)
    return [line.split()[0] for line in block.splitlines() if line.strip()]


def room_of(path, rooms):
    """Returns the folder of a file if it is a room of the plan, else None."""
    folder = path.rsplit("/", 1)[0]
    return folder if folder in rooms else None


def inside(path, folders):
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


def house_of(path):
    return "libvcl/engine" if inside(path, ["libvcl/engine"]) else path.split("/", 1)[0]


def includes(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    for line in re.finditer(r'^\s*#\s*include\s+(["<])([^">]+)[">]', text, re.M):
        yield line.group(1) == '"', line.group(2)


def place_of(header):
    """Returns the path of an included header of the project, or None if it is not of the project."""
    for prefix in ("", "libvcl/include/", "libvcl/private/", "plugins/meta/"):
        if (ROOT / (prefix + header)).is_file():
            return prefix + header
    return None


class Arrows(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rooms = rooms_of_the_plan()
        cls.files = sorted(
            str(path.relative_to(ROOT)) for house in HOUSES for path in (ROOT / house).rglob("*") if path.suffix in SOURCES)

    def test_every_file_lies_in_a_room_of_the_plan(self):
        public = ("libvcl/include/", "libvcl/private/", "plugins/meta/")  # named after their include paths
        self.assertEqual([f for f in self.files if not f.startswith(public) and not room_of(f, self.rooms)], [])
        self.assertEqual([room for room in self.rooms if not (ROOT / room).is_dir()], [])
        self.assertEqual(len(self.rooms), len(set(self.rooms)))

    def test_headers_of_the_project_are_included_from_its_root(self):
        lost = [(f, header) for f in self.files for quoted, header in includes(f) if quoted and not place_of(header)]
        self.assertEqual(lost, [])

    def test_rooms_include_only_rooms_above_them(self):
        wrong = []
        for file in self.files:
            mine = room_of(file, self.rooms)
            for _, header in includes(file):
                place = place_of(header)
                theirs = place and room_of(place, self.rooms)
                if mine and theirs and self.rooms.index(theirs) > self.rooms.index(mine):
                    wrong.append(f"{file} includes {header}, but {theirs} is below {mine}")
        self.assertEqual(wrong, [])

    def test_houses_keep_their_walls(self):
        wrong = []
        for file in self.files:
            mine = file.split("/", 1)[0]
            for _, header in includes(file):
                place = place_of(header)
                if not place or place.split("/", 1)[0] == mine:
                    continue
                if not inside(place, WALLS[mine]) or (house_of(place) == "libvcl/engine" and "libvcl/engine" not in WALLS[mine]):
                    wrong.append(f"{file} includes {header}")
        for file in self.files:
            if inside(file, ["libvcl"]) and house_of(file) != "libvcl/engine":
                wrong += [f"{file} includes {h}" for _, h in includes(file) if place_of(h) and house_of(place_of(h)) == "libvcl/engine"]
        self.assertEqual(wrong, [])

    def test_libraries_stay_where_they_are_needed(self):
        wrong = [
            f"{file} includes {header}" for file in self.files for quoted, header in includes(file)
            for name, folders in LIBRARIES.items()
            if not quoted and re.match(name, header) and not inside(file, folders)
        ]
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main(verbosity=2 if "-v" in sys.argv else 1)
