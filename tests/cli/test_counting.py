# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts of the examples that count tracks: on places with known counts, and equal in both languages on a video."""
import sys
import unittest

from support import BUILD, SOURCE
from test_examples import PYTHON, Examples

sys.path.insert(0, str(SOURCE / "examples/python"))
import count  # noqa: E402

COUNT_PY = [PYTHON, SOURCE / "examples/python/count.py"]
COUNT = [BUILD / "examples/count"]


def counts(counter, *frames):
    """Returns what the counter says after frames of {track: place}."""
    for frame in frames:
        for track, place in frame.items():
            counter.note(track, place)
    return counter.describe()


class Counts(unittest.TestCase):
    def crossings(self, *frames, line=(50, 0, 50, 100)):  # downwards: its right is where x is small
        text = counts(count.Line(*line), *frames)
        left, right = (int(part.rsplit(" ", 1)[1]) for part in text.splitlines())
        return left, right

    def test_a_line(self):
        there, back, far = {1: (60, 50)}, {1: (40, 50)}, {1: (60, 150)}
        self.assertEqual(self.crossings(there), (0, 0))
        self.assertEqual(self.crossings(there, back), (0, 1))
        self.assertEqual(self.crossings(back, there), (1, 0))
        self.assertEqual(self.crossings(there, back, line=(50, 100, 50, 0)), (1, 0))
        self.assertEqual(self.crossings(there, back, there, back, there), (1, 1))  # once for each direction
        self.assertEqual(self.crossings(there, {}, {}, back), (0, 1))  # missing in between
        self.assertEqual(self.crossings(far, {1: (40, 150)}), (0, 0))  # beside the line
        self.assertEqual(self.crossings({1: (60, 50), 2: (40, 20)}, {1: (40, 50), 2: (60, 20)}), (1, 1))

    def test_a_switched_id_is_no_crossing_and_a_second_visitor(self):
        self.assertEqual(self.crossings({1: (60, 50)}, {2: (40, 50)}), (0, 0))
        text = counts(count.Zone(0, 0, 100, 100), {1: (60, 50)}, {1: (60, 50)}, {2: (40, 50)})
        self.assertEqual(text.splitlines(), ["in the zone: 2", "track 1: 2 frames", "track 2: 1 frames"])

    def test_a_zone_holds_its_first_edges_only(self):
        inside, outside = [(10, 20), (29.5, 59.5)], [(30, 30), (20, 60), (9.5, 30), (20, 19.5)]
        for place in inside + outside:
            text = counts(count.Zone(10, 20, 20, 40), {1: place})
            self.assertEqual(text.splitlines()[0], f"in the zone: {int(place in inside)}", place)


class OnVideo(Examples):
    def test_both_languages_count_the_balls(self):
        """Track 1 moves right from x = 60 to 98, and track 2 left from 250 to 231, or the other way round."""
        uri = self.two_balls()[0].as_uri()
        expected = {("line", "80,0,80,120"): "to the left: 1\nto the right: 0\n",
                    ("line", "240,0,240,120"): "to the left: 0\nto the right: 1\n",
                    ("line", "160,0,160,120"): "to the left: 0\nto the right: 0\n"}
        for arguments, text in expected.items():
            for program in (COUNT_PY, COUNT):
                self.assertEqual(self.run_example(*program, uri, *arguments).stdout, text)
        for zone, visitors in (("0,0,320,120", 2), ("0,0,160,120", 1), ("140,0,40,120", 0)):
            texts = [self.run_example(*program, uri, "zone", zone).stdout for program in (COUNT_PY, COUNT)]
            self.assertEqual(texts[0], texts[1])
            lines = texts[0].splitlines()
            self.assertEqual(lines[0], f"in the zone: {visitors}")
            self.assertEqual([line.split(": ")[1] for line in lines[1:]], visitors * ["20 frames"])

    def test_wrong_arguments(self):
        uri = self.path("none.mp4").as_uri()
        for program, status in ((COUNT_PY, 1), (COUNT, 2)):
            for arguments in ([], [uri], [uri, "line", "1,2,3"], [uri, "zone", "1,2,3,4,5"], [uri, "area", "1,2,3,4"],
                              [uri, "line", "a,b,c,d"]):
                self.assertIn("usage", self.run_example(*program, *arguments, status=status).stderr)
            self.assertNotEqual(self.run_example(*program, uri, "line", "1,2,3,4", status=1).stderr, "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
