# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl model`: shows, verifies, converts and generates model files."""
import json
import re
import unittest

from support import (DEFAULT_MODEL, REAL_ENGINE, Case, needs_engine, read_safetensors, small_vit, vcl, write_pth,
                     write_safetensors)


class Models(Case):
    def test_pattern_is_verified_and_repeatable(self):
        for name, seed in (("a", "0"), ("b", "0"), ("c", "1")):
            self.assert_done(vcl("model", "pattern", "--arch", "vits16", "--seed", seed, self.path(f"{name}.safetensors")))
        a, b, c = (self.path(f"{name}.safetensors").read_bytes() for name in "abc")
        self.assertEqual(a, b)
        self.assertNotEqual(a, c)
        path = self.path("a.safetensors")
        result = vcl("model", "verify", path)
        self.assert_done(result)
        self.assertIn("150 tensors", result.stdout)
        self.assert_done(vcl("model", "verify", path, "--arch", "vits16"))
        result = vcl("model", "verify", path, "--arch", "vits8")
        self.assert_fails(result, "no vits8", "2 tensors")
        self.assertIn("pos_embed has shape [1, 197, 384] instead of [1, 785, 384]", result.stderr)
        self.assertIn("patch_embed.proj.weight has shape", result.stderr)

    def test_there_is_a_pattern_of_every_official_architecture(self):
        listed = {verb: re.search(r"--arch \S+:\{(.+?)\}", vcl("model", verb, "--help").stdout)[1].split(",")
                  for verb in ("pattern", "verify")}
        self.assertEqual(listed["pattern"], listed["verify"])
        self.assertLessEqual({"vits8", "resnet50", "video_mask2former_r50"}, set(listed["pattern"]))
        path = self.path("pattern.safetensors")
        self.assertLessEqual({"dinov2_vits14_reg", "dinov2_vitl14", "dinov3_vits16plus", "dinov3_vitl16"}, set(listed["pattern"]))
        large = re.compile("dinov[23]_vit[bl]")  # gigabytes; tests/unit/core_model.cpp knows their shapes
        for architecture in filter(lambda name: not large.match(name), listed["pattern"]):
            with self.subTest(architecture):
                self.assert_done(vcl("model", "pattern", "--arch", architecture, path))
                self.assert_done(vcl("model", "verify", path, "--arch", architecture))
                if not architecture.startswith("dinov"):
                    continue
                self.assert_done(vcl("model", "verify", path))
                result = vcl("model", "info", path)
                self.assert_done(result)
                self.assertIn("only training needs it: mask_token\n", result.stdout)

    def test_every_problem_is_named(self):
        tensors = small_vit()
        del tensors["norm.bias"]
        tensors["blocks.1.attn.qkv.bias"] = ([3], [1, 2, 3])
        tensors["surprise"] = ([1], [0])
        tensors["norm.weight"] = ([64], [float("nan")] * 64)
        result = vcl("model", "verify", write_safetensors(self.path("bad.safetensors"), tensors))
        self.assert_fails(result, "bad.safetensors", "4 tensors")
        for line in ("norm.bias is missing", "blocks.1.attn.qkv.bias has shape [3] instead of [192]", "surprise is unexpected",
                     "norm.weight holds values that are infinite"):
            self.assertIn(line, result.stderr)

    def test_checkpoints_convert(self):
        plain = small_vit()
        student = {name: (shape, [2 * value for value in values]) for name, (shape, values) in plain.items()}
        wrapped = {f"module.backbone.{name}": tensor for name, tensor in plain.items()}
        wrapped["module.head.mlp.0.weight"] = ([2, 2], [1, 2, 3, 4])
        write_pth(self.path("plain.pth"), plain)
        write_pth(self.path("full.pth"), wrapped, lambda state: {"student": {}, "teacher": state, "epoch": 7})
        write_pth(self.path("student.pth"), student, lambda state: {"student": state})
        write_safetensors(self.path("wrapped.safetensors"), wrapped)
        out = self.path("out.safetensors")
        for name in ("plain.pth", "full.pth", "wrapped.safetensors"):
            with self.subTest(name):
                self.assert_done(vcl("model", "verify", self.path(name)))
                self.assert_done(vcl("model", "convert", self.path(name), out))
                metadata, tensors = read_safetensors(out)
                self.assertEqual(json.loads(metadata["vcl"])["architecture"], "dino_vit")
                self.assertEqual(set(tensors), set(plain))
                self.assertEqual(tensors["cls_token"][1], [1, 1, 64])
                for got, expected in zip(tensors["cls_token"][2], plain["cls_token"][1]):
                    self.assertAlmostEqual(got, expected, places=6)
                self.assert_done(vcl("model", "verify", out))
        self.assert_done(vcl("model", "convert", self.path("student.pth"), out, "--container", "student"))
        self.assertAlmostEqual(read_safetensors(out)[1]["cls_token"][2][0], 2 * plain["cls_token"][1][0], places=6)

    def test_successors_of_videocutler(self):
        def network(backbone, head, value):
            return {f"{backbone}res5.2.conv3.weight": ([2], [value, 2]), f"{head}predictor.query_feat.weight": ([2], [1, 2])}

        plain = network("backbone.", "sem_seg_head.", 5)
        loss = {"criterion.empty_weight": ([2], [1, 1])}
        quality = {f"sem_seg_head.predictor.maskiou_feature_extractor.maskiou_fc{i}.bias": ([1], [0]) for i in (1, 2)}
        s2d = network("teacher.0.", "teacher.1.", 5) | network("student.0.", "student.1.", 6) | loss
        files = {"s2d": s2d, "s2d-student": network("student.0.", "student.1.", 5) | loss, "autoq": plain | quality | loss,
                 "s2d-wrapped": {f"module.{name}": tensor for name, tensor in s2d.items()}}
        out = self.path("out.safetensors")
        for name, tensors in files.items():
            with self.subTest(name):
                path = self.path("checkpoint.pth")
                write_pth(path, tensors, lambda state: {"model": state, "trainer": {"iteration": 3}, "iteration": 3})
                self.assert_done(vcl("model", "convert", path, out))
                written = read_safetensors(out)[1]
                self.assertEqual(set(written) - set(quality) - set(loss), set(plain))
                self.assertEqual(written["backbone.res5.2.conv3.weight"][2], [5, 2])
                passed_over = [line.split(": ")[1] for line in vcl("model", "info", path).stdout.splitlines()
                               if line.startswith("passed over")]
                self.assertEqual(set(passed_over), set(written) - set(plain))

    def test_info(self):
        write_pth(self.path("plain.pth"), small_vit())
        result = vcl("model", "info", self.path("plain.pth"), "--tensors")
        self.assert_done(result)
        self.assertIn("cls_token F32 [1, 1, 64]", result.stdout)
        self.assertIn(f"tensors: {len(small_vit())}\n", result.stdout)

    @needs_engine
    def test_embedded_model_runs(self):
        self.assert_done(vcl("model", "info"))
        result = vcl("model", "verify", DEFAULT_MODEL, env=REAL_ENGINE)
        self.assert_done(result)
        self.assertIn("runs", result.stdout)

    def test_failures(self):
        other = write_safetensors(self.path("other.safetensors"), {"a.weight": ([2], [1, 2])})
        self.path("text.pth").write_text("no checkpoint")
        out = self.path("out.safetensors")
        self.assert_fails(vcl("model", "verify", other), "other.safetensors", "--arch")
        self.assert_fails(vcl("model", "convert", other, out), "other.safetensors", "no network")
        self.assert_fails(vcl("model", "convert", self.path("none.pth"), out), "none.pth")
        self.assert_fails(vcl("model", "convert", self.path("text.pth"), out), "text.pth")
        self.assert_fails(vcl("model", "convert", other, other), "is the input")
        self.assert_fails(vcl("model", "verify", other, "--container", "teacher"), "teacher")
        self.assert_fails(vcl("model", "pattern", "--arch", "vits16", self.path("none/o.safetensors")), "create it")
        self.assert_fails(vcl("model", "pattern", "--arch", "resnet50", "--rule", "B", out), "leave the rule out")
        self.assertFalse(out.exists())
        for arguments in (("pattern", out), ("pattern", "--arch", "vitl14", out), ("convert", other),
                          ("pattern", "--arch", "vits16", "--rule", "Z", out), ("verify",), ()):
            with self.subTest(arguments):
                self.assertEqual(vcl("model", *arguments).returncode, 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
