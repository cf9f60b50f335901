#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that links within the documents lead to an existing file, and to an existing heading of it."""
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def documents():
    for path in sorted(ROOT.rglob("*.md")):
        place = str(path.relative_to(ROOT))
        if not place.startswith(("build", ".venv/", ".work/", "tests/golden/data/")):
            yield path


def without_code(text):
    return re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.S | re.M)


def anchors(path):
    """Returns the anchors of a document's headings, as GitHub and GitLab derive them."""
    found = set()
    for heading in re.findall(r"^#+\s+(.*)$", without_code(path.read_text(encoding="utf-8")), re.M):
        name = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        found.add(re.sub(r"[^\w\- ]", "", name).replace(" ", "-"))
    return found


class Links(unittest.TestCase):
    def test_links_lead_somewhere(self):
        lost = []
        for document in documents():
            text = re.sub(r"`[^`\n]*`", "", without_code(document.read_text(encoding="utf-8")))
            for target in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text):
                if re.match(r"[a-z]+:", target):
                    continue
                file, _, anchor = target.partition("#")
                place = (document.parent / file).resolve() if file else document
                if not place.exists():
                    lost.append(f"{document.relative_to(ROOT)}: {target}: there is no such file")
                elif anchor and place.suffix == ".md" and anchor not in anchors(place):
                    lost.append(f"{document.relative_to(ROOT)}: {target}: there is no such heading")
        self.assertEqual(lost, [])

    def test_lines_are_wrapped(self):
        """Lines have at most 120 columns, except tables, links and code, which cannot be wrapped."""
        long = []
        for document in documents():
            text = without_code(document.read_text(encoding="utf-8"))
            long += [
                f"{document.relative_to(ROOT)}: {line[:60]}..." for line in text.splitlines()
                if len(line) > 120 and not line.startswith("|") and "](" not in line and "<" not in line
            ]
        self.assertEqual(long, [])


if __name__ == "__main__":
    unittest.main()
