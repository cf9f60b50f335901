# SPDX-License-Identifier: LGPL-2.1-or-later
"""Installs with `meson install` into a folder, and uses the command, the plugin and programs built with pkg-config."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from support import BUILD, PATIENCE, SOURCE, Case, decode_counts, make_video, read_lines

C_PROGRAM = r"""
#include <gst/vcl/gstvclfeaturesmeta.h>
#include <gst/vcl/gstvclinstancesmeta.h>
int main (int argc, char **argv) {
  gst_init (&argc, &argv);
  GstBuffer *buffer = gst_buffer_new ();
  GstVclInstancesMeta *meta = gst_buffer_add_vcl_instances_meta (buffer, 8, 4);
  gboolean added = gst_vcl_instances_meta_add_instance (meta, 7, 0.5f, GST_VCL_INSTANCE_FLAG_NEW, "922000;", NULL);
  guint64 area = gst_vcl_instance_get_area (gst_vcl_instances_meta_find_track (meta, 7));
  gboolean features = gst_buffer_get_vcl_features_meta (buffer) != NULL;
  gst_buffer_unref (buffer);
  return added && area == 6 && !features ? 0 : 1;
}
"""

CPP_PROGRAM = r"""
#include <vcl/mask.hpp>
int main() { return vcl::rle_area(vcl::rle_from_string("922000;", 8, 4)) == 6 ? 0 : 1; }
"""


# The example of docs/embedding.md, with a video of one frame.
C_API_PROGRAM = re.search(r"```c\n(.*?)```", (SOURCE / "docs/embedding.md").read_text(), re.S)[1] + r"""
int main(void) {
  static unsigned char pixels[16 * 16];
  VclEngineOptions options = {.struct_size = sizeof options, .window = 1};
  VclFrame frame = {.struct_size = sizeof frame, .width = 16, .height = 16, .format = VCL_PIXEL_FORMAT_GRAY8,
                    .planes = {pixels}, .strides = {16}};
  VclEngine *engine;
  pixels[5 * 16 + 7] = 255;
  if (vcl_engine_new(&options, &engine) != VCL_OK || vcl_engine_push(engine, &frame, 0, 1) != VCL_OK) {
    puts(vcl_error_message());
    return 1;
  }
  print_ready_results(engine);
  vcl_engine_free(engine);
  return 0;
}
"""


class Installed(Case):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        root = folder.name
        subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", root], check=True,
                       capture_output=True, timeout=PATIENCE)
        cls.root = pathlib.Path(root)
        cls.prefix = next(cls.root.rglob("bin/vcl")).parent.parent
        cls.libdir = next(cls.root.rglob("libvcl.so")).parent
        for package in cls.libdir.glob("pkgconfig/*.pc"):  # replaces the prefix by the one below DESTDIR
            lines = package.read_text().splitlines()
            lines[lines.index(next(line for line in lines if line.startswith("prefix=")))] = f"prefix={cls.prefix}"
            package.write_text("\n".join(lines) + "\n")
        cls.environment = os.environ | {
            "PKG_CONFIG_PATH": str(cls.libdir / "pkgconfig"), "LD_LIBRARY_PATH": str(cls.libdir)}

    def pkg_config(self, package):
        return subprocess.run(["pkg-config", "--cflags", "--libs", package], env=self.environment, check=True,
                              capture_output=True, text=True).stdout.split()

    def compile_and_run(self, compiler, source, text, package):
        self.path(source).write_text(text)
        program = self.path("program")
        subprocess.run([*compiler, self.path(source), "-o", program, *self.pkg_config(package)], check=True)
        return subprocess.run([program], env=self.environment, check=True, capture_output=True, text=True).stdout

    def test_c_program(self):
        self.compile_and_run(["cc", "-Wall", "-Werror"], "program.c", C_PROGRAM, "gst-vcl-1.0")

    def test_program_of_the_c_api(self):
        printed = self.compile_and_run(["cc", "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror"], "program.c",
                                       C_API_PROGRAM, "libvcl-1.0")
        [counts] = re.fullmatch("frame 0: track 1, (.*)\n", printed).groups()
        self.assertEqual(decode_counts(counts), [7 * 16 + 5, 1, 256 - 7 * 16 - 5 - 1])

    def test_cpp_program(self):
        self.compile_and_run(["c++", "-std=c++20", "-Wall", "-Werror"], "program.cpp", CPP_PROGRAM, "libvcl-1.0")

    def test_each_header_compiles_alone(self):
        folder = self.prefix / "include/vcl-1.0"
        headers = sorted(path.relative_to(folder) for path in folder.rglob("*.h*"))
        names = "engine error features frame geometry json mask maskcut precision region result".split()
        self.assertEqual([str(h) for h in headers if h.suffix == ".hpp"], [f"vcl/{name}.hpp" for name in names])
        self.assertEqual([h.name for h in headers if h.suffix == ".h"],
                         ["gstvclfeaturesmeta.h", "gstvclinstancesmeta.h", "vcl.h"])
        cpp, c = ["c++", "-std=c++20", "-x", "c++"], ["cc", "-std=c99", "-x", "c"]
        for header in headers:
            package = "gst-vcl-1.0" if header.parts[0] == "gst" else "libvcl-1.0"
            for compiler in [cpp] if header.suffix == ".hpp" else [cpp, c]:
                with self.subTest(header, compiler=compiler[0]):
                    self.path("alone").write_text(f"#include <{header}>\n#include <{header}>\nint main(void) {{ return 0; }}\n")
                    subprocess.run([*compiler, "-fsyntax-only", "-pedantic", "-Wall", "-Wextra", "-Werror", self.path("alone"),
                                    *self.pkg_config(package)], check=True)

    def test_nothing_names_the_source_tree(self):
        libtorch = str(SOURCE / ".venv").encode()  # here setup.sh installs and the engine finds it
        files = [path for path in self.root.rglob("*") if path.is_file() and path.suffix != ".pc"]
        self.assertGreater(len(files), 10)
        self.assertEqual([path for path in files if str(SOURCE).encode() in path.read_bytes().replace(libtorch, b"")], [])

    def test_command_uses_the_installed_plugin(self):
        video = make_video(self.path("in.mp4"), frames=5)
        environment = {k: v for k, v in os.environ.items() if k not in ("GST_PLUGIN_PATH", "GST_PLUGIN_PATH_1_0")}
        result = subprocess.run([self.prefix / "bin/vcl", "segment", video, "--json", self.path("o.jsonl")], env=environment,
                                capture_output=True, text=True, timeout=PATIENCE)
        self.assert_done(result)
        self.assertEqual(len(read_lines(self.path("o.jsonl"))), 5)

    def test_elements_from_the_installed_place(self):
        environment = os.environ | {"GST_PLUGIN_PATH": str(self.libdir / "gstreamer-1.0"),
                                    "GST_REGISTRY": str(self.path("registry.bin"))}
        for element in ("vcl-vis-segment", "vcl-overlay", "vcl-export", "dinofeatures", "maskcut"):
            text = subprocess.run(["gst-inspect-1.0", element], env=environment, check=True, capture_output=True, text=True)
            self.assertIn(str(self.libdir), text.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
