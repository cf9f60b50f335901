#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ablates the video stage on available data: trains variants that differ from the baseline in one thing each, from the
same start, with the same number of batches and the same seeds. Measures them and writes OUT/ablation.md.

    benchmarks/ablation.py OUT --images PACK --labels LABELS --init MODEL [options]

LABELS are the baseline's instance labels. A new start resumes the run, and may add seeds or variants. The pack must not
contain any of the measured photos and videos, which is checked by the names of their folders.
"""
import argparse
import json
import os
import pathlib
import re
import shlex
import statistics
import struct
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("VCL_BUILD", ROOT / "build"))
TRAIN, VCL, IMAGE_QUALITY = (BUILD / p for p in ("training/vcl-train", "tools/vcl", "benchmarks/image_quality"))

# Name: (labels, options of fit). The baseline has clips `natural`, three frames and objective `recipe`.
VARIANTS = {
    "baseline": ("given", ""),
    "labels: MaskCut": ("maskcut", ""),
    "labels: MaskCut and CRF": ("maskcut-crf", ""),
    "labels: refined by the start": ("refined", ""),
    "clips: corrected": ("given", "--mode corrected"),
    "clips: reference": ("given", "--mode reference"),
    "frames: 2": ("given", "--frames 2 --batch 12"),  # the same number of frames per batch
    "frames: 5": ("given", "--frames 5 --batch 5"),
    "frames: 10": ("given", "--frames 10 --batch 2"),
    "motion: none": ("given", "--smooth 0"),
    "motion: always": ("given", "--smooth 1"),
    "motion: curved": ("given", "--curve 1"),
    "motion: camera": ("given", "--camera 0.5"),
    "order: changes": ("given", "--reorder 0.5"),
    "objects: come and go": ("given", "--enter-leave 0.3"),
    "appearance: changes": ("given", "--appearance 0.5"),
    "borders: hard": ("given", "--feather 0"),
    "borders: soft": ("given", "--feather 2"),
    "all that moves": ("given", "--smooth 0.65 --curve 1 --camera 0.3 --enter-leave 0.15 --reorder 0.2 --appearance 0.5"),
    "objective: paper": ("given", "--objective paper"),
}
# Figure: (heading, digits).
FIGURES = {
    "jf": ("DAVIS J&F", 3),
    "j": ("DAVIS J", 3),
    "first": ("ECSSD first", 3),
    "best": ("ECSSD best", 3),
    "ap50": ("COCO AP50", 4),
    "ar100": ("COCO AR100", 4),
    "top_iou": ("held-out top", 3),
    "best_iou": ("held-out best", 3),
}


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--images", required=True, help="pack of photos (vcl-train pack)")
    parser.add_argument("--labels", required=True, help="its instance labels (vcl-train pseudo-label)")
    parser.add_argument("--init", required=True, help="network that all variants start from (fit --stage image)")
    parser.add_argument("--encoder", help="network whose features MaskCut cuts [that of --init]")
    parser.add_argument("--steps", type=int, default=int(os.environ.get("STEPS", 1000)), help="batches [$STEPS or 1000]")
    parser.add_argument("--seeds", type=int, default=int(os.environ.get("SEEDS", 3)), help="runs a variant [$SEEDS or 3]")
    parser.add_argument("--batch", type=int, default=8, help="clips [8]")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / "../shared/data",
                        help="folder with davis16, tokencut-ecssd and instances")
    parser.add_argument("--only", action="append", metavar="WORD", help="variants whose name holds WORD, and the baseline")
    parser.add_argument("--variant", action="append", default=[], metavar="NAME=OPTIONS",
                        help="one more, with these options of vcl-train fit")
    return parser.parse_args()


def check_programs():
    for program in TRAIN, VCL, IMAGE_QUALITY:
        if not program.exists():
            sys.exit(f"ablation.py: there is no {program}: run ./setup.sh, or name the build folder in VCL_BUILD")


def variants_of(arguments):
    words = ["baseline", *(arguments.only or [""])]
    chosen = {name: made for name, made in VARIANTS.items() if any(word in name for word in words)}
    usage = subprocess.run([TRAIN, "fit", "--help"], capture_output=True, text=True).stdout
    known = set(re.findall(r"--[\w-]+", usage))
    for name, (_, options) in list(chosen.items()):
        if unknown := set(re.findall(r"--[\w-]+", options)) - known:
            print(f"left out: {name}: this vcl-train fit has no {' '.join(sorted(unknown))}", file=sys.stderr)
            del chosen[name]
    return chosen | {name: ("given", options) for name, _, options in
                     (text.partition("=") for text in arguments.variant)}


def check_pack(images, data):
    """Exits if the pack holds measured photos, as far as their names tell."""
    measured = ["davis16", "tokencut-ecssd", "instances", *(f"{p.name}/frames" for p in (data / "davis16").glob("*"))]
    with open(images, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    for name in header:
        for folder in measured:
            if f"/{folder}/" in name:
                sys.exit(f"{images} holds {name}: photos of {folder} are for measuring, not for training")


class Ablation:
    def __init__(self, arguments):
        self.arguments = arguments
        self.out = arguments.out
        self.commands = []
        self.out.mkdir(parents=True, exist_ok=True)

    def run(self, *command, **options):
        """Runs the command, records it for ablation.md and returns its standard output. Exits if it fails."""
        command = [str(word) for word in command]
        self.commands.append(shlex.join(command))
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True, **options)
        if result.returncode != 0:
            sys.exit(f"{shlex.join(command)} failed: start again to go on")
        return result.stdout

    def labels(self, kind):
        a = self.arguments
        if kind == "given":
            return a.labels
        out = self.out / f"labels-{kind}.safetensors"
        common = ["--images", a.images, "--out", out, "--sheet", out.with_suffix(".png"), "--threads", a.threads]
        if kind == "refined":
            command = [TRAIN, "refine", "--model", a.init, "--labels", a.labels, *common]
        else:
            command = [TRAIN, "pseudo-label", "--source", "maskcut", "--model", a.encoder or a.init, "--crf",
                       "on" if kind == "maskcut-crf" else "off", *common]
        if out.exists():  # vcl-train writes a file completely or not at all
            self.commands.append(shlex.join(map(str, command)))
        else:
            self.run(*command)
        return out

    def fit(self, folder, stage, init, labels, seed, steps, options=()):
        if "--batch" not in options:
            options = [*options, "--batch", self.arguments.batch]
        self.run(TRAIN, "fit", "--stage", stage, "--init", init, "--images", self.arguments.images, "--labels", labels,
                 "--out", folder, "--steps", steps, "--seed", seed, "--threads", self.arguments.threads, *options)
        log = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
        return [line for line in log if "top_iou" in line]

    def davis(self, folder, model):
        results = folder / "davis"
        results.mkdir(exist_ok=True)
        for sequence in sorted((self.arguments.data / "davis16").iterdir()):
            self.run(VCL, "segment", sequence / "frames", "--model", model, "--json", results / f"{sequence.name}.jsonl",
                     "--threshold", 0, "--max-instances", 15, "--threads", self.arguments.threads, stderr=subprocess.DEVNULL)
        figures = json.loads(self.run(VCL, "eval", "davis", "--gt", self.arguments.data / "davis16", "--results", results,
                                      "--json", "-", stderr=subprocess.DEVNULL))["figures"]
        return {"jf": figures["J&F"], "j": figures["J mean"]}

    def images(self, model):
        table = self.run(IMAGE_QUALITY, self.arguments.data, model, "--own-only")
        best, first, _, ap50, _, _, ar100 = table.splitlines()[-1].split()[-7:]
        return {"best": float(best), "first": float(first), "ap50": float(ap50), "ar100": float(ar100)}

    def held_out(self, folder, model):
        """Measures each variant against the baseline's labels, with the figures that fit logs before its first step."""
        first = self.fit(folder / "held-out", "image", model, self.arguments.labels, 1, 1)[0]
        return {name: first[name] for name in ("top_iou", "best_iou")}

    def measure(self, name, kind, options, seed):
        folder = self.out / f"{name.replace(': ', '-').replace(' ', '-')}-{seed}"
        folder.mkdir(exist_ok=True)
        self.commands = []
        labels = self.labels(kind)
        made_by = [str(labels), options, str(self.arguments.init), self.arguments.steps, self.arguments.batch]
        result = folder / "result.json"
        if result.exists():
            kept = json.loads(result.read_text())
            if kept["made_by"] != made_by:
                sys.exit(f"{folder} was made with {kept['made_by']}, this run has {made_by}: name another OUT")
            return kept
        self.fit(folder, "video", self.arguments.init, labels, seed, self.arguments.steps, shlex.split(options))
        model = folder / "model.safetensors"
        figures = self.davis(folder, model) | self.images(model) | self.held_out(folder, model)
        kept = {"made_by": made_by, "figures": figures, "commands": self.commands}
        partial = result.with_suffix(".part")
        partial.write_text(json.dumps(kept, indent=1))
        partial.rename(result)
        return kept


def cell(values, digits):
    mean = f"{statistics.mean(values):.{digits}f}"
    return f"{mean} ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else mean


def write_table(arguments, results):
    """Writes ablation.md. results: {variant: [result of measure() per seed]}"""
    heads = [heading for heading, _ in FIGURES.values()]
    lines = [f"# Ablation: {arguments.steps} batches of {arguments.batch} clips from `{arguments.init}`", "",
             "Mean and standard deviation over seeds. The baseline: clips `natural`, three frames, objective `recipe`. "
             "DAVIS: all tracks, assigned by the truth (`vcl eval davis`); ECSSD and COCO: own masks of single photos "
             "(`image_quality --own-only`); held out: against the baseline's pseudo labels.", "",
             "| variant | seeds | " + " | ".join(heads) + " |", "|---" * (len(heads) + 2) + "|"]
    for name, runs in results.items():
        cells = [cell([run["figures"][figure] for run in runs], digits) for figure, (_, digits) in FIGURES.items()]
        lines.append(f"| {name} | {len(runs)} | " + " | ".join(cells) + " |")
    lines += ["", "## Commands", "Of the first seed each; measuring is the same for all."]
    for i, (name, runs) in enumerate(results.items()):
        commands = [c for c in runs[0]["commands"] if i == 0 or (" fit --stage video " in c or "label" in c.split()[1])]
        lines += ["", f"{name}:", "```sh", *commands, "```"]
    partial = arguments.out / "ablation.md.part"
    partial.write_text("\n".join(lines) + "\n")
    partial.rename(arguments.out / "ablation.md")


def main():
    arguments = read_arguments()
    check_programs()
    check_pack(arguments.images, arguments.data)
    variants, ablation = variants_of(arguments), Ablation(arguments)
    plan = [(seed, name) for seed in range(1, arguments.seeds + 1) for name in variants]  # all variants early
    results, seconds = {name: [] for name in variants}, []
    for i, (seed, name) in enumerate(plan):
        left = f", about {statistics.mean(seconds) * (len(plan) - i) / 60:.0f} min left" if seconds else ""
        print(f"== {i + 1} of {len(plan)}: {name}, seed {seed}{left}", file=sys.stderr, flush=True)
        start = time.monotonic()
        results[name].append(ablation.measure(name, *variants[name], seed))
        if time.monotonic() - start > 1:  # otherwise the result already existed
            seconds.append(time.monotonic() - start)
        write_table(arguments, {name: runs for name, runs in results.items() if runs})
    print((arguments.out / "ablation.md").read_text())


if __name__ == "__main__":
    main()
