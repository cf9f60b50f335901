# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl eval --report`: the page as a browser renders it, and targets to which no page is written."""
import html
import json
import os
import re
import resource
import shutil
import signal
import stat
import struct
import subprocess
import unittest
import zlib

from support import PATIENCE, Case, vcl, write_png

WIDTH, HEIGHT = 64, 48
NASTY = "<script>window.broken=1</script>\"'&<img src=x onerror=broken=1>"

# Runs in the page, and writes what only a browser knows into an additional last element.
PROBE = """
const seen = {violations: []};
document.addEventListener("securitypolicyviolation", event => seen.violations.push(event.blockedURI));
window.addEventListener("load", () => {
  const names = selector => [...document.querySelectorAll(selector)].map(element => element.textContent);
  const canvas = document.createElement("canvas"), context = canvas.getContext("2d", {willReadFrequently: true});
  const look = image => {
    canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
    context.drawImage(image, 0, 0);
    return {alt: image.alt, size: [image.naturalWidth, image.naturalHeight], shown: image.getBoundingClientRect().width,
            middle: [...context.getImageData(32, 24, 1, 1).data], corner: [...context.getImageData(3, 3, 1, 1).data]};
  };
  seen.worst = names("#worst h3"), seen.best = names("#best h3"), seen.notes = names(".note");
  seen.images = [...document.images].map(look);
  seen.broken = window.broken, seen.title = document.title;
  seen.bars = [...document.querySelectorAll("svg rect")].map(bar => bar.getBoundingClientRect().height);
  seen.rows = names("tbody th");
  const rank = [...document.querySelectorAll("thead button")].at(-1);
  rank.click();
  seen.rising = names("tbody th");
  rank.click();
  seen.falling = names("tbody th");
  seen.requests = performance.getEntriesByType("resource").map(entry => entry.name).filter(name => !name.startsWith("data:"));
  seen.wide = document.documentElement.scrollWidth > document.documentElement.clientWidth;
  const end = document.createElement("pre");
  end.id = "seen";
  end.textContent = JSON.stringify(seen);
  document.body.append(end);
});
"""


def rectangle(x, y, width, height):
    """Returns a rectangular mask as column-major run lengths."""
    runs, end = [], 0
    for column in range(x, x + width):
        runs += [column * HEIGHT + y - end, height]
        end = column * HEIGHT + y + height
    return {"size": [HEIGHT, WIDTH], "counts": runs + [WIDTH * HEIGHT - end]}


def write_blue(path, width=WIDTH, height=HEIGHT):
    write_png(path, width, height, zlib.compress(b"".join(b"\0" + b"\0\0\xff" * width for _ in range(height))))


def write_labels(path, labels):
    """Writes rows of labels as a gray PNG."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", len(labels[0]), len(labels), 8, 0, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + bytes(row) for row in labels))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b""))


class Report(Case):
    def write_videos(self, shifts):
        """Writes truth and results of three frames per video. shifts: {video: pixels between truth and result in x}."""
        truth = {"videos": [], "categories": [{"id": 1}], "annotations": []}
        results = []
        for i, (name, shift) in enumerate(shifts.items()):
            truth["videos"].append({"id": i, "width": WIDTH, "height": HEIGHT,
                                    "file_names": [f"{name}/{t}.png" for t in range(3)]})
            truth["annotations"].append({"id": i + 1, "video_id": i, "category_id": 1,
                                         "segmentations": [rectangle(22, 14, 20, 20)] * 3})
            results.append({"video_id": i, "category_id": 1, "score": 0.5,
                            "segmentations": [rectangle(22 + shift, 14, 20, 20)] * 3})
        self.path("gt.json").write_text(json.dumps(truth))
        self.path("results.json").write_text(json.dumps(results))

    def ytvis(self, *arguments, **options):
        return vcl("eval", "ytvis", "--gt", self.path("gt.json"), "--results", self.path("results.json"), *arguments, **options)

    def browse(self, page):
        """Loads the page in a browser and returns the findings of PROBE."""
        text = page.read_text()
        self.assertIsNone(re.search(r"(src|href)=\"(?!data:)|https?:|url\(|@import", text), "the page needs nothing else")
        probed = self.path("probed.html")
        probed.write_text(text.replace("<main>", f"<script>{PROBE}</script><main>", 1))
        run = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-extensions", "--enable-logging=stderr", f"--user-data-dir={self.path('profile')}",
             "--window-size=1280,1000", "--dump-dom", probed.as_uri()],
            capture_output=True, text=True, timeout=PATIENCE)
        self.assertNotIn("CONSOLE", run.stderr)
        found = re.search(r'<pre id="seen">(.*?)</pre>', run.stdout, re.DOTALL)
        self.assertTrue(found, run.stderr[-2000:])
        return json.loads(html.unescape(found[1]))

    def assert_color(self, pixel, *color):
        for got, want in zip(pixel, color):
            self.assertAlmostEqual(got, want, delta=14, msg=f"{pixel}")

    @unittest.skipUnless(shutil.which("chromium"), "chromium is not installed")
    def test_page_in_a_browser(self):
        shifts = {"good": 0, "fair": 2, "poor": 12, NASTY.replace("/", ""): 22}
        self.write_videos(shifts)
        (self.path("frames/good")).mkdir(parents=True)
        for t in range(3):
            write_blue(self.path(f"frames/good/{t}.png"))
        self.assert_done(self.ytvis("--report", self.path("r.html"), "--frames", self.path("frames"),
                                    "--json", self.path("r.json")))
        seen = self.browse(self.path("r.html"))
        good, fair, poor, nasty = shifts
        self.assertEqual(seen["worst"], [nasty, poor], "names are text, the worst is first")
        self.assertEqual(seen["best"], [good, fair])
        self.assertEqual(seen["rows"], [nasty, poor, fair, good])
        self.assertNotIn("broken", seen)
        self.assertEqual((seen["requests"], seen["violations"], seen["wide"]), ([], [], False))
        # The page has all pictures: truth and result of three frames per video.
        self.assertEqual(len(seen["images"]), 4 * 3 * 2)
        for image in seen["images"]:
            self.assertEqual(image["size"], [WIDTH, HEIGHT])
            self.assertGreater(image["shown"], 100)
        truth, result = [i for i in seen["images"] if i["alt"].startswith("good, frame 0")]
        self.assertIn("IoU 1.00", result["alt"])
        self.assert_color(truth["corner"], 0, 0, 255)
        self.assert_color(truth["middle"], 69, 48, 178)  # blended with 0.3 orange
        self.assert_color(result["middle"], 115, 80, 128)  # blended with half orange
        truth, result = [i for i in seen["images"] if i["alt"].startswith(nasty + ", frame 0")]
        self.assert_color(truth["middle"], 110, 92, 50)  # without a frame, on a plain background
        self.assert_color(result["middle"], 58, 64, 72)  # the result's mask is elsewhere
        self.assertIn("IoU 0.00", result["alt"])
        self.assertEqual(len(seen["notes"]), 3, "where there are no frames it says so")
        self.assertEqual(len(seen["bars"]), 4)
        self.assertTrue(all(height > 20 for height in seen["bars"]))
        rows = json.loads(self.path("r.json").read_text())["videos"]
        self.assertEqual([row["best IoU"] for row in rows], [1, 18 / 22, 8 / 32, 0])
        self.assertEqual(seen["rising"], seen["rows"])
        self.assertEqual(seen["falling"], seen["rows"][::-1])

    def test_pages_of_images_and_sequences(self):
        mask = rectangle(10, 10, 20, 20)
        self.path("gt.json").write_text(json.dumps({
            "images": [{"id": i, "width": WIDTH, "height": HEIGHT, "file_name": name}
                       for i, name in enumerate(["../out.png", "/etc/out.png", "wide.png", "pipe.png", "huge.png", "in.png"])],
            "annotations": [{"image_id": i, "category_id": 1, "area": 400, "segmentation": mask} for i in range(6)]}))
        self.path("results.json").write_text(json.dumps(
            [{"image_id": i, "category_id": 1, "score": 0.5, "segmentation": mask} for i in range(6)]))
        frames = self.path("frames")
        frames.mkdir()
        write_blue(self.path("out.png"))
        write_blue(frames / "in.png")
        write_blue(frames / "wide.png", 128, 48)
        write_png(frames / "huge.png", 2**30, 2**30, b"")
        os.mkfifo(frames / "pipe.png")
        self.assert_done(vcl("eval", "coco", "--gt", self.path("gt.json"), "--results", self.path("results.json"),
                             "--report", self.path("r.html"), "--frames", frames))
        text = self.path("r.html").read_text()
        self.assertEqual(text.count("<img"), 2 * 6)
        notes = html.unescape("\n".join(re.findall('class="note">(.*?)<', text)))
        for problem in ("'../out.png' is outside", "'/etc/out.png' is outside", "128x48 pixels", "pipe.png", "huge.png"):
            self.assertIn(problem, notes)
        self.assertNotIn("in.png", notes)

        os.makedirs(os.fsencode(self.path("davis")) + b"/\xff<b>/masks")
        [sequence] = self.path("davis").iterdir()
        (sequence / "frames").mkdir()
        for t in range(3):
            write_labels(sequence / f"masks/{t}.png", [[1] * 8 + [2] * 4 + [0] * 4] * 12)
            write_blue(sequence / f"frames/{t}.png", 16, 12)
        shutil.copytree(sequence / "masks", self.path("found") / sequence.name)
        arguments = ("eval", "davis", "--gt", self.path("davis"), "--results", self.path("found"), "--report", self.path("d.html"))
        result = vcl(*arguments, "--json", self.path("r.json"), text=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        text = self.path("d.html").read_text(encoding="utf-8")
        self.assertIn("ground truth, objects: 2", text)
        self.assertIn("<h3>\N{REPLACEMENT CHARACTER}&lt;b&gt;</h3>", text)
        self.assertEqual(text.count("<img"), 6)
        self.assertNotIn('class="note"', text, "frames are found beside the masks")
        self.assertEqual(json.loads(self.path("r.json").read_text())["figures"]["IDF1"], 1)
        self.assertEqual(vcl(*arguments, "--task", "single-object", text=False).returncode, 0)
        self.assertNotIn("objects: 2", self.path("d.html").read_text(encoding="utf-8"))

    def test_what_no_page_is_written_to(self):
        self.write_videos({"a": 0})
        before = {name: self.path(name).read_bytes() for name in ("gt.json", "results.json")}
        for target, *words in ((self.path("none/r.html"), "none"), (self.folder, "folder"), ("-", "--report"),
                               (self.path("gt.json"), "input"), (self.path("results.json"), "input")):
            self.assert_fails(self.ytvis("--report", target), *words)
        self.assert_fails(self.ytvis("--report", self.path("r"), "--json", self.path("r")), "two outputs")
        self.assert_fails(self.ytvis("--report", "/dev/full"), "/dev/full", "space")
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/full").st_mode))
        self.assertEqual(self.ytvis("--frames", self.folder).returncode, 2, "frames are for the page")
        self.assertEqual(before, {name: self.path(name).read_bytes() for name in before})

        def full_disk():  # limits files to 1,000 bytes
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

        self.path("r.html").write_text("the page of yesterday")
        self.assert_fails(self.ytvis("--report", self.path("r.html"), preexec_fn=full_disk), "r.html", "space")
        self.assertEqual(self.path("r.html").read_text(), "the page of yesterday")
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["gt.json", "r.html", "results.json"])


if __name__ == "__main__":
    unittest.main()
