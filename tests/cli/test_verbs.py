# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl` and `vcl-train` refuse unknown verbs and list the known ones, whatever other arguments are given."""
import re
import subprocess
import unittest

from support import VCL, VCL_TRAIN

COMMANDS = [[VCL], [VCL, "model"], [VCL, "eval"], *([[VCL_TRAIN]] if VCL_TRAIN else [])]


def run(*command):
    return subprocess.run(command, capture_output=True, text=True)


def verbs_of(command):
    """Returns the verbs that the command's help lists."""
    _, _, listed = run(*command, "--help").stdout.partition("Subcommands:\n")
    return re.findall(r"^  ([\w-]+)", listed, re.MULTILINE)


class Verbs(unittest.TestCase):
    def test_unknown_ones_are_refused_with_those_that_there_are(self):
        for command in COMMANDS:
            verbs = verbs_of(command)
            self.assertGreater(len(verbs), 2)
            for words in (["nonsense"], ["nonsense", "--help"], ["--help", "nonsense"], ["nonsense", verbs[0]], [""]):
                with self.subTest(command=command, words=words):
                    result = run(*command, *words)
                    self.assertEqual((result.returncode, result.stdout), (2, ""))
                    unknown = next(word for word in words if word != "--help")
                    self.assertIn(f"has no verb '{unknown}'; its verbs are {', '.join(verbs)}\n", result.stderr)

    def test_known_ones_have_a_help(self):
        for command in COMMANDS:
            for verb in verbs_of(command):
                with self.subTest(command=command, verb=verb):
                    for words in ([verb, "--help"], ["--help", verb]):
                        result = run(*command, *words)
                        self.assertEqual((result.returncode, result.stderr), (0, ""))
                        self.assertIn(f" {verb} [OPTIONS]", result.stdout)

    def test_numbers_that_mean_nothing_are_refused(self):
        for option, value, word in (("--threshold", "nan", "not a number"), ("--fps", "-NAN", "not a number"),
                                    ("--min-area", "-1", "negative"), ("--window", "257", "256"),
                                    ("--stride", "1000", "256"), ("--threshold", "inf", "range")):
            with self.subTest(option=option, value=value):
                result = run(VCL, "segment", "in.mp4", "--json", "-", option, value)
                self.assertEqual((result.returncode, result.stdout), (2, ""))
                self.assertIn(word, result.stderr)
                self.assertIn(option, result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
