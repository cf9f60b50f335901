#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints the table of docs/performance.md for single images: times, their share of the floor (the roofline), and the
speedup over the authors' Python on one thread. The authors' seconds (below) are scaled by the speed of matrix products
on both machines. Figures are medians of five runs. An idle machine gives the best figures.
    benchmarks/images.py [BUILD [IMAGE]]
"""
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
REPETITIONS = 5

# Seconds of the authors' code on one thread of a CPU that reaches 82 GFLOP/s in the calibration product.
AUTHORS_GFLOPS = 82
AUTHORS = {
    "vits16": {"features": 0.93, "cuts": 3 * (0.015 + 0.073), "crf": 3 * 0.28, "image": 2.1},
    "vits8": {"features": 14.7, "cuts": 3 * (0.41 + 5.7), "crf": 3 * 0.32, "image": 32.8},
}
GRID = {"vits16": 30, "vits8": 60}
CHANNELS, BLOCKS, PIXELS = 384, 12, 480 * 480


def features_gflop(architecture):
    """Returns the GFLOP of the matrix products: patch embedding, all blocks but the last, and the keys of the last."""
    patches = GRID[architecture] ** 2
    tokens = patches + 1
    block = 24 * tokens * CHANNELS**2 + 4 * tokens**2 * CHANNELS
    embedding = 2 * patches * CHANNELS * 3 * (480 // GRID[architecture]) ** 2
    return (embedding + (BLOCKS - 1) * block + 2 * patches * CHANNELS**2) * 1e-9


def cuts_gflop(architecture):
    """Returns the GFLOP of half the Gram matrix, which is enough. The eigensolver's products are cache look-ups."""
    return GRID[architecture] ** 4 * CHANNELS * 1e-9


def crf_gbytes(masks=3, steps=10):
    """Returns the GB moved: offsets and weights of both lattices (3 and 6 vertices per pixel) for splat and slice, and
    the values of the masks."""
    lattices = 2 * (3 + 6) * 8 * PIXELS
    values = 2 * 2 * 4 * masks * PIXELS
    return (steps + 1) * (lattices + values) * 1e-9


def run(program, image):
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        status = subprocess.run(
            [program, f"--benchmark_out={out.name}", "--benchmark_out_format=json",
             f"--benchmark_repetitions={REPETITIONS}", "--benchmark_report_aggregates_only=true",
             "--benchmark_enable_random_interleaving=true",
             "--benchmark_filter=^(calibration|memory|features|cuts|image)|^crf/masks:3", image],
            stdout=sys.stderr).returncode
        if status != 0:
            sys.exit(f"images.py: {program} failed, as said above")
        results = json.load(open(out.name))["benchmarks"]
    return {r["run_name"].removesuffix("/real_time"): r for r in results if r["aggregate_name"] == "median"}


def table(results, threads):
    suffix = f"/threads:{threads}"
    seconds = lambda name: results[name + suffix]["real_time"] / 1e3
    gflops = results["calibration_product" + suffix]["GFLOP/s"]
    gbytes = results["memory_copy" + suffix]["GB/s"]
    scale = AUTHORS_GFLOPS / results["calibration_product/threads:1"]["GFLOP/s"]
    rows = [f"| {threads} thread{'s' * (threads > 1)} ({gflops:.0f} GFLOP/s, {gbytes:.0f} GB/s) "
            "| S/16 | of the floor | authors / ours | S/8 | of the floor | authors / ours |",
            "|---|---|---|---|---|---|---|"]
    stages = {
        "features": lambda a: (seconds(f"features/{a}"), features_gflop(a) / gflops, AUTHORS[a]["features"]),
        "three cuts": lambda a: (seconds(f"cuts/grid:{GRID[a]}"), cuts_gflop(a) / gflops, AUTHORS[a]["cuts"]),
        "CRF of three masks": lambda a: (seconds("crf/masks:3"), crf_gbytes() / gbytes, AUTHORS[a]["crf"]),
        "whole image, no CRF": lambda a: (seconds(f"image/{a}/cuts"), None, None),
        "whole image": lambda a: (seconds(f"image/{a}/crf"), None, AUTHORS[a]["image"]),
    }
    for stage, of in stages.items():
        cells = []
        for architecture in GRID:
            taken, floor, authors = of(architecture)
            ratio = f"{authors * scale / taken:.1f}" if authors and threads == 1 else ""  # theirs has one thread
            cells += [f"{taken:.3f} s", f"{floor / taken:.0%}" if floor else "", ratio]
        rows.append(f"| {stage} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build")
    image = sys.argv[2] if len(sys.argv) > 2 else str(ROOT / "tests/golden/data/images/img_a.png")
    program = build / "benchmarks/images"
    if not program.exists():
        sys.exit(f"images.py: there is no {program}: it needs Google Benchmark; as root: apt-get install libbenchmark-dev, "
                 f"then: meson setup --reconfigure {build} && ninja -C {build}")
    results = run(program, image)
    for threads in (1, 2):
        print(table(results, threads), "\n")


if __name__ == "__main__":
    main()
