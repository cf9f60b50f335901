# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl-train fit` and `pretrain` in several processes: same losses as in one, lost processes, resuming with others."""
import contextlib
import json
import os
import pathlib
import random
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest

from support import PATIENCE, VCL_TRAIN, Case, read_lines, wait_until

# Waiting threads must not spin, because all processes share the cores.
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith(("SLURM", "OMPI", "PMI"))} | {
    "OMP_WAIT_POLICY": "passive"}
# Relative. Several processes sum in another order, which over ten fp32 steps changes the loss by up to 3e-5.
TOLERANCE = 3e-4
# Relative, for bfloat16, which has 8 bits. Another number of processes or another precision changes at most 2e-3.
TOLERANCE_BF16 = 1e-2
# With small steps, weights hardly move. Otherwise a matching that rounding changes, or first steps along gradients that
# are only rounding errors, would make the trainings diverge.
SMALL_STEPS = ("--lr", "1e-6")
# The log first shows step 10, after which a run still takes a while.
STEPS = "40"
# Seconds after which a process counts as lost, longer than any delay on a busy machine.
LOST = "30"


def write_safetensors(path, tensors):
    """Writes tensors: {name: (dtype, shape, bytes)}."""
    header, data = {}, b""
    for name, (kind, shape, content) in tensors.items():
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def make_pack(folder, count=30):
    """Writes a pack of photos of a bright disc on noise, with soft labels and object ids."""
    dice = random.Random(1)
    images, labels = {}, {}
    for k in range(count):
        width, height, radius = dice.randrange(90, 150), dice.randrange(70, 130), dice.uniform(12, 20)
        x0, y0 = dice.uniform(0.35, 0.65) * width, dice.uniform(0.35, 0.65) * height
        inside = bytes((x - x0) ** 2 + (y - y0) ** 2 < radius**2 for y in range(height) for x in range(width))
        pixels = bytes(40 + 140 * i + dice.randrange(30) for i in inside for _ in range(3))
        images[f"image/p{k}"] = ("U8", [height, width, 3], pixels)
        labels[f"soft/p{k}"] = ("U8", [height, width], bytes(255 * i for i in inside))
        labels[f"ids/p{k}"] = ("U8", [height, width], inside)
        labels[f"weight/p{k}"] = ("F32", [], struct.pack("<f", 1))
    write_safetensors(folder / "photos.safetensors", images)
    write_safetensors(folder / "labels.safetensors", labels)


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def losses(folder, name="loss"):
    return {line["step"]: line[name] for line in read_lines(folder / "log.jsonl") if "loss" in line}


def run_quietly(*command):
    subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=PATIENCE)


@contextlib.contextmanager
def namespaces(count):
    """Yields command prefixes, each of which runs a command in its own network namespace. A virtual cable connects the
    first (10.77.<i>.1) with the i-th (10.77.<i>.2). Skips the test if this machine does not allow namespaces."""
    holders = []
    try:
        own = os.readlink("/proc/self/ns/net")
        for _ in range(count):
            holder = subprocess.Popen(["unshare", "--net", "sleep", "600"], stderr=subprocess.DEVNULL)
            holders.append(holder)
            while holder.poll() is None and os.readlink(f"/proc/{holder.pid}/ns/net") == own:
                time.sleep(0.01)
        inside = [["nsenter", "--net", "-t", holder.pid] for holder in holders]
        for prefix in inside:
            run_quietly(*prefix, "ip", "link", "set", "lo", "up")
        for i in range(1, count):
            run_quietly("ip", "link", "add", "vcl1", "netns", holders[i].pid, "type", "veth", "peer", f"vcl{i}", "netns",
                        holders[0].pid)
            for prefix, device, address in (inside[0], f"vcl{i}", 1), (inside[i], "vcl1", 2):
                run_quietly(*prefix, "ip", "address", "add", f"10.77.{i}.{address}/24", "dev", device)
                run_quietly(*prefix, "ip", "link", "set", device, "up")
        ready = True
    except (OSError, subprocess.SubprocessError) as error:
        ready = False
        cause = error
    try:
        if not ready:
            raise unittest.SkipTest(f"network namespaces need root, unshare, nsenter and ip: {cause}")
        yield inside
    finally:
        for holder in holders:
            holder.kill()
            holder.wait()


class Distributed(Case):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.pack = pathlib.Path(folder.name)
        make_pack(cls.pack)
        # The reference for the dense stage.
        out = cls.pack / "one"
        command = [VCL_TRAIN, *cls.fit("--steps", STEPS), "--out", out]
        subprocess.run(list(map(str, command)), check=True, capture_output=True, env=ENVIRONMENT, timeout=PATIENCE)
        cls.dense = losses(out)

    @classmethod
    def fit(cls, *options, stage="dense", batch=4, precision="fp32"):
        return ["fit", "--stage", stage, "--images", cls.pack / "photos.safetensors", "--labels",
                cls.pack / "labels.safetensors", "--batch", batch, "--canvas", "2048", "--precision", precision,
                "--device", "cpu", *options]

    def pretrain(self, *options):
        return ["pretrain", "--images", self.pack / "photos.safetensors", "--arch", "resnet-tiny", "--batch", "7",
                "--global", "64", "--local", "32", "--locals", "2", "--prototypes", "64", "--device", "cpu", *options]

    def start(self, count, out, arguments, host="127.0.0.1", inside=lambda rank: [], **variables):
        """Starts the processes and returns them. Their standard error goes to <out>.<rank>.txt."""
        port, processes = free_port(), []
        for rank in range(count):
            own = {"RANK": rank, "WORLD_SIZE": count, "LOCAL_RANK": rank, "MASTER_ADDR": host, "MASTER_PORT": port}
            command = [*inside(rank), VCL_TRAIN, *arguments, "--out", self.path(out)]
            with open(self.path(f"{out}.{rank}.txt"), "w") as text:
                processes.append(subprocess.Popen(
                    list(map(str, command)), stderr=text,
                    env=ENVIRONMENT | {k: str(v) for k, v in (own | variables).items()}))
        self.addCleanup(self.end, processes)
        return processes

    @staticmethod
    def end(processes):
        for process in processes:
            process.kill()
            process.wait()

    def said(self, out, rank):
        return self.path(f"{out}.{rank}.txt").read_text()

    def run_all(self, count, out, arguments, **options):
        for rank, process in enumerate(self.start(count, out, arguments, **options)):
            self.assertEqual(process.wait(PATIENCE), 0, self.said(out, rank))
        return losses(self.path(out))

    def wait_for_steps(self, out, process):
        """Waits until the log has a line with a loss."""
        def logged():
            with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
                return bool(losses(self.path(out)))

        self.assertTrue(wait_until(logged, process), self.said(out, 0))

    def assert_same_gradients(self, one, several):
        norms = [losses(self.path(out), "gradient_norm")[10] for out in (one, several)]
        self.assertAlmostEqual(*norms, delta=10 * TOLERANCE * norms[0])

    def assert_same(self, one, several, tolerance=TOLERANCE):
        self.assertGreater(len(one), 0)
        self.assertEqual(one.keys(), several.keys())
        for step, loss in one.items():
            self.assertAlmostEqual(several[step], loss, delta=tolerance * abs(loss), msg=f"step {step}")

    def test_dense_stage_and_another_number_of_processes(self):
        self.assert_same(self.dense, self.run_all(2, "two", self.fit("--steps", STEPS)))
        # One of three processes is asked to stop. Two processes resume the run, then one.
        processes = self.start(3, "parts", self.fit("--steps", STEPS))
        self.wait_for_steps("parts", processes[0])
        processes[1].send_signal(signal.SIGTERM)
        for rank, process in enumerate(processes):
            self.assertEqual(process.wait(PATIENCE), 0, self.said("parts", rank))
        self.assertTrue(self.path("parts/model.safetensors").exists())
        self.assertEqual([self.said("parts", rank) for rank in (1, 2)], ["", ""], "only the first one speaks")
        self.run_all(2, "parts", self.fit("--steps", STEPS))
        self.assert_same(self.dense, losses(self.path("parts")))

    def test_bfloat16(self):
        arguments = self.fit("--steps", STEPS, precision="bf16")
        one = self.run_all(1, "one", arguments)
        self.assertNotEqual(one, self.dense, "of another precision")
        self.assert_same(one, self.run_all(3, "three", arguments), TOLERANCE_BF16)
        self.assert_same(one, self.dense, TOLERANCE_BF16)

    def test_image_stage(self):
        arguments = self.fit("--steps", "10", *SMALL_STEPS, stage="image")
        one = self.run_all(1, "one", arguments)
        self.assert_same(one, self.run_all(3, "three", arguments))
        self.assert_same_gradients("one", "three")

    def test_video_stage_with_the_papers_clips_and_objective(self):
        arguments = self.fit("--steps", "10", "--frames", "2", "--mode", "corrected", "--objective", "paper",
                             *SMALL_STEPS, stage="video", batch=3)
        one = self.run_all(1, "one", arguments)
        self.assert_same(one, self.run_all(3, "three", arguments))
        self.assert_same_gradients("one", "three")

    def test_pretraining(self):
        arguments = self.pretrain("--steps", "10", *SMALL_STEPS)
        one = self.run_all(1, "one", arguments)
        self.assertEqual(len(one), 2)
        self.assert_same(one, self.run_all(3, "three", arguments))
        self.assert_same_gradients("one", "three")

    def test_a_lost_process_ends_the_others_with_a_checkpoint(self):
        processes = self.start(3, "out", self.fit("--steps", STEPS))
        self.wait_for_steps("out", processes[0])
        processes[1].kill()
        for rank in (0, 2):
            self.assertEqual(processes[rank].wait(PATIENCE), 1, self.said("out", rank))
            complaint = self.said("out", rank).splitlines()[-1]
            self.assertIn(f"vcl-train: lost process 1 of 3 on {socket.gethostname()}", complaint)
            self.assertIn("--out", complaint)
        self.assertTrue(self.path("out/checkpoint.safetensors").exists(), self.said("out", 0))
        self.assertFalse(self.path("out/model.safetensors").exists(), "it was to be killed before the end")
        # Resumes after the last complete step, with the same losses.
        self.run_all(2, "out", self.fit("--steps", STEPS))
        self.assertIn("going on from step", self.said("out", 0))
        self.assert_same(self.dense, losses(self.path("out")))

    def test_a_silent_process_is_given_up(self):
        processes = self.start(2, "out", self.fit("--steps", "100000", "--worker-timeout", LOST))
        self.wait_for_steps("out", processes[0])
        processes[1].send_signal(signal.SIGSTOP)
        self.assertEqual(processes[0].wait(PATIENCE), 1)
        self.assertIn("lost process 1 of 2", self.said("out", 0))
        self.assertTrue(self.path("out/checkpoint.safetensors").exists())

    def test_when_the_first_one_is_lost_the_others_say_so(self):
        processes = self.start(2, "out", self.fit("--steps", "100000"))
        self.wait_for_steps("out", processes[0])
        processes[0].kill()
        self.assertEqual(processes[1].wait(PATIENCE), 1)
        self.assertIn("lost process 0 of 2", self.said("out", 1))

    def test_what_cannot_be(self):
        bad_photos = self.path("bad.safetensors")
        bad_photos.write_bytes(b"no photos")
        for arguments, variables, word in [
            (self.fit("--steps", "1"), {"RANK": "7"}, "RANK"),
            (self.fit("--steps", "1"), {"MASTER_ADDR": "nobody.invalid", "RANK": "1"}, "nobody.invalid"),
            (self.fit("--steps", "1", "--worker-timeout", "1"), {}, "cannot join"),  # no other process joins
        ]:
            with self.subTest(word):
                (process,) = self.start(1, "out", arguments, **({"WORLD_SIZE": 2} | variables))
                self.assertEqual(process.wait(PATIENCE), 1)
                self.assertIn(word, self.said("out", 0))
        for arguments, word in [(self.fit("--steps", "1", batch=1), "--batch 1"),
                                (self.fit("--steps", "1", "--init", bad_photos), "bad.safetensors")]:
            with self.subTest(word):
                for rank, process in enumerate(self.start(2, "out", arguments)):
                    self.assertEqual(process.wait(PATIENCE), 1)
                    self.assertIn(word, self.said("out", rank))

    def test_across_networks(self):
        with namespaces(2) as inside:
            there = {"host": "10.77.1.1", "inside": lambda rank: inside[rank]}
            self.assert_same(self.dense, self.run_all(2, "two", self.fit("--steps", STEPS), **there))
            # The link goes down: no connection breaks, but no process answers.
            processes = self.start(2, "cut", self.fit("--steps", "100000", "--worker-timeout", LOST), **there)
            self.wait_for_steps("cut", processes[0])
            run_quietly(*inside[1], "ip", "link", "set", "vcl1", "down")
            for rank, process in enumerate(processes):
                self.assertEqual(process.wait(PATIENCE), 1)
                self.assertIn(f"lost process {1 - rank} of 2", self.said("cut", rank))
            self.assertTrue(self.path("cut/checkpoint.safetensors").exists())

    def test_processes_with_other_options_are_refused(self):
        port = free_port()
        outs = []
        for rank in (0, 1):
            (process,) = self.start(1, f"out{rank}", self.fit("--steps", "1", "--seed", str(rank)), WORLD_SIZE=2,
                                    RANK=rank, MASTER_PORT=port)
            outs.append(process)
        for rank, process in enumerate(outs):
            self.assertEqual(process.wait(PATIENCE), 1)
            self.assertIn("another seed", self.said(f"out{rank}", 0))


if __name__ == "__main__":
    unittest.main(verbosity=2)
