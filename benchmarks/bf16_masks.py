#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures the effect of bfloat16 on masks: the IoU of each float32 mask with the best bfloat16 mask of the same image.
    benchmarks/bf16_masks.py maskcut PHOTOS [vcl maskcut options...]     PHOTOS: a folder of .jpg files
    benchmarks/bf16_masks.py segment VIDEO [vcl segment options...]      VIDEO: a file, or a folder of frames
"""
import collections
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
VCL = pathlib.Path(os.environ.get("VCL_BUILD", ROOT / "build")) / "tools/vcl"


def runs_of(text):
    """Decodes COCO's compressed run lengths into a list of runs."""
    counts, at = [], 0
    while at < len(text):
        value, shift, more = 0, 0, True
        while more:
            byte = ord(text[at]) - 48
            value |= (byte & 31) << shift
            more, shift, at = byte & 32, shift + 5, at + 1
        if byte & 16:
            value -= 1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
    return counts


def foreground(counts):
    """Returns [start, end) of each foreground run, in order."""
    spans, position = [], 0
    for i, count in enumerate(counts):
        if i % 2:
            spans.append((position, position + count))
        position += count
    return spans


def iou(a, b):
    both, i, j = 0, 0, 0
    while i < len(a) and j < len(b):
        both += max(0, min(a[i][1], b[j][1]) - max(a[i][0], b[j][0]))
        if a[i][1] < b[j][1]:
            i += 1
        else:
            j += 1
    area = lambda spans: sum(end - start for start, end in spans)
    return both / (area(a) + area(b) - both)


def segmentations(verb, source, folder, precision, options):
    """Returns (image or frame, mask) pairs, with the best masks of each image first."""
    out = pathlib.Path(folder, "masks.json")
    if verb == "maskcut":
        listed = pathlib.Path(folder, "photos.txt")
        listed.write_text("".join(f"{photo.resolve()}\n" for photo in sorted(source.glob("*.jpg"))))
        source = listed
    command = [VCL, verb, source, "--json", out, "--precision", precision, *options]
    if subprocess.run(command).returncode != 0:
        sys.exit(f"bf16_masks.py: vcl {verb} failed, as said above")
    if verb == "maskcut":
        return [(mask["image_id"], mask["segmentation"]) for mask in json.loads(out.read_text())["annotations"]]
    frames = map(json.loads, out.read_text().splitlines())
    return [(frame["frame"], mask["segmentation"]) for frame in frames for mask in frame["instances"]]


def masks(verb, source, precision, options):
    with tempfile.TemporaryDirectory() as folder:
        by_image = collections.defaultdict(list)
        for image, segmentation in segmentations(verb, source, folder, precision, options):
            by_image[image].append(foreground(runs_of(segmentation["counts"])))
        return by_image


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("maskcut", "segment"):
        sys.exit(__doc__)
    if not VCL.exists():
        sys.exit(f"bf16_masks.py: there is no {VCL}: run ./setup.sh, or name the build folder in VCL_BUILD")
    verb, source, options = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
    exact, narrow = (masks(verb, source, precision, options) for precision in ("fp32", "bf16"))
    best = [[max((iou(mask, other) for other in narrow[image]), default=0) for mask in found]
            for image, found in exact.items()]
    alike, first = [value for image in best for value in image], [image[0] for image in best]
    print(f"{len(exact)} images with masks, {len(alike)} float32 masks, {sum(map(len, narrow.values()))} bfloat16 masks")
    for name, values in (("first mask", first), ("all masks", alike)):
        print(f"{name}: mean IoU {statistics.mean(values):.4f}, median {statistics.median(values):.4f}, "
              f"{sum(value >= 0.95 for value in values) / len(values):.0%} at least 0.95")


if __name__ == "__main__":
    main()
