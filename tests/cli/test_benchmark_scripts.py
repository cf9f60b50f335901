# SPDX-License-Identifier: LGPL-2.1-or-later
"""The scripts in benchmarks/ say what to do if a program that they need is not built."""
import os
import subprocess
import unittest

from support import SOURCE, Case


class NothingBuilt(Case):
    def assert_says(self, command, cure, status=1):
        script, *arguments = command
        result = subprocess.run([SOURCE / "benchmarks" / script, *arguments], capture_output=True, text=True,
                                env=os.environ | {"VCL_BUILD": str(self.folder)})
        self.assertEqual((result.returncode, result.stdout), (status, ""))
        self.assertIn(cure, result.stderr)
        self.assertNotIn("Traceback", result.stderr)

    def test_the_cure_is_named(self):
        self.assert_says(["images.py", self.folder], "apt-get install libbenchmark-dev")
        self.assert_says(["bf16_masks.py", "segment", "in.mp4"], "./setup.sh")
        self.assert_says(["bf16_masks.py"], "benchmarks/bf16_masks.py segment VIDEO")
        self.assert_says(["ablation.py", self.folder, "--images", "p", "--labels", "l", "--init", "m"], "./setup.sh")


if __name__ == "__main__":
    unittest.main(verbosity=2)
