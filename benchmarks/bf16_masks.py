#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What bfloat16 features do to MaskCut's masks: IoU of every float32 mask with the bfloat16 mask of the same image that
is most like it.
    benchmarks/bf16_masks.py PHOTOS [vcl maskcut options...]     PHOTOS: a folder of .jpg files
"""
import collections
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def runs_of(text):
    """COCO's compressed run lengths."""
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
    """[start, end) of the runs of the mask, in order."""
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


def masks(photos, precision, options):
    with tempfile.TemporaryDirectory() as folder:
        listed, out = pathlib.Path(folder, "photos.txt"), pathlib.Path(folder, "masks.json")
        listed.write_text("".join(f"{photo.resolve()}\n" for photo in photos))
        subprocess.run([ROOT / "build/tools/vcl", "maskcut", listed, "--json", out, "--precision", precision, *options],
                       check=True)
        by_image = collections.defaultdict(list)
        for annotation in json.loads(out.read_text())["annotations"]:
            by_image[annotation["image_id"]].append(foreground(runs_of(annotation["segmentation"]["counts"])))
        return by_image


def main():
    photos = sorted(pathlib.Path(sys.argv[1]).glob("*.jpg"))
    exact, narrow = (masks(photos, precision, sys.argv[2:]) for precision in ("fp32", "bf16"))
    best = [[max((iou(mask, other) for other in narrow[image]), default=0) for mask in found]
            for image, found in exact.items()]
    alike, first = [value for image in best for value in image], [image[0] for image in best]
    print(f"{len(photos)} photos, {len(alike)} float32 masks, {sum(map(len, narrow.values()))} bfloat16 masks")
    for name, values in (("first mask", first), ("all masks", alike)):
        print(f"{name}: mean IoU {statistics.mean(values):.4f}, median {statistics.median(values):.4f}, "
              f"{sum(value >= 0.95 for value in values) / len(values):.0%} at least 0.95")


if __name__ == "__main__":
    main()
