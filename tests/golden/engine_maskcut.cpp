// SPDX-License-Identifier: LGPL-2.1-or-later
// MaskCut from given features against the authors' program (tests/golden/data/maskcut/README.md states the tolerances
// and their reasons).
#include "libvcl/engine/maskcut/maskcut.hpp"

#include <algorithm>
#include <cmath>

#include "engine_golden.hpp"
#include "libvcl/engine/device.hpp"
#include "libvcl/engine/maskcut/ncut.hpp"

namespace vcl {
namespace {

using nlohmann::json;

PatchMask patches(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kByte).contiguous();
  return PatchMask(flat.const_data_ptr<std::uint8_t>(), flat.const_data_ptr<std::uint8_t>() + flat.numel());
}

PatchMask inverted(PatchMask mask) {
  for (auto& patch : mask) patch = !patch;
  return mask;
}

at::Tensor features_of(const SafetensorsFile& file, const json& info) {
  const at::Tensor raw = golden::tensor(file, "Fq").to(at::kFloat);
  return ((raw - 128) / 32)
      .view({raw.size(0), info["grid"][0].get<int>(), info["grid"][1].get<int>()})
      .to(open_exact_device(golden::device()));
}

// Up to its own sign, within `tolerance` of the largest magnitude.
void expect_vector(const std::vector<double>& v, const at::Tensor& expected, double tolerance) {
  const at::Tensor got = at::tensor(v);
  const double largest = expected.abs().max().item<double>();
  const double error =
      std::min((got - expected).abs().max().item<double>(), (got + expected).abs().max().item<double>());
  EXPECT_LE(error, tolerance * largest);
}

CutRejection rejection_of(const std::string& name) {
  if (name == "size") return CutRejection::Size;
  if (name == "iou") return CutRejection::Repeat;
  return CutRejection::None;
}

void expect_output(const std::vector<CutStep>& steps, int i, const at::Tensor& expected, const json& info) {
  const Size size{info["output_size"][1].get<int>(), info["output_size"][0].get<int>()};
  const Size grid{info["grid"][1].get<int>(), info["grid"][0].get<int>()};
  if (expected.size(0) == size.height && expected.size(1) == size.width)
    EXPECT_EQ(cut_masks(steps, grid, size)[i].pixels, patches(expected));
  else
    EXPECT_EQ(steps[i].output, patches(expected));
}

void expect_step(const std::vector<CutStep>& steps, int i, const json& golden_step, const SafetensorsFile& file,
                 const std::string& prefix, const json& info) {
  const CutStep& step = steps[i];
  const auto tensor = [&](const char* name) { return golden::tensor(file, prefix + name); };
  EXPECT_NEAR(step.eigenvalue, golden_step["lambda2"].get<double>(), 1e-9 * golden_step["lambda2"].get<double>());
  expect_vector(step.vector, tensor("v"), 1e-7);
  EXPECT_EQ(step.painting, patches(tensor("painting")));
  EXPECT_EQ(step.split.above, patches(tensor("bipartition")));
  EXPECT_EQ(step.split.corners, golden_step["corners"].get<int>());
  EXPECT_EQ(step.split.reversed, golden_step["reversed"].get<bool>());
  expect_output(steps, i, tensor("out"), info);
  if (golden_step["seed_ties"] == 1) {
    EXPECT_EQ(step.split.seed, golden_step["seed"].get<int>());
  }
  if (golden_step["tie_components"] != 1) return;
  EXPECT_TRUE(step.component[golden_step["seed"].get<int>()]);
  EXPECT_EQ(step.component, patches(tensor("component")));
  EXPECT_EQ(step.rejection, rejection_of(golden_step["rejected"]));
  EXPECT_EQ(step.accepted, patches(tensor("accepted")));
  // Known to single precision; comparable only if the mask before was.
  if (golden_step["iou_prev"].is_number() && info["runs_comparable"].get<bool>()) {
    EXPECT_NEAR(step.previous_iou, golden_step["iou_prev"].get<double>(), 1e-6);
  }
}

void expect_run(const std::string& run, CutSign sign, json info, const SafetensorsFile& file) {
  SCOPED_TRACE(run);
  MaskCutOptions options{info["tau"].get<double>(), info["N"].get<int>(), sign};
  const at::Tensor features = features_of(file, info);
  const std::vector<CutStep> steps = maskcut(features, options);
  const json& golden_steps = info[run];
  ASSERT_EQ(steps.size(), golden_steps.size());
  info["runs_comparable"] = true;
  for (int i = 0; i < int(steps.size()); ++i) {
    SCOPED_TRACE("iteration " + std::to_string(i));
    if (i > 0 && golden_steps[i - 1]["tie_components"] != 1) info["runs_comparable"] = false;
    expect_step(steps, i, golden_steps[i], file, run + "." + std::to_string(i) + ".", info);
    EXPECT_FALSE(steps[i].degenerate);
  }
  const EdgeMatrix edges(features.flatten(1), options.tau);
  EXPECT_EQ(edges.times(at::ones({edges.patches()}, at::kDouble)).sum().item<double>(),
            golden_steps[0]["edges"].get<double>());
}

// Five patches like nothing else: the first bipartition is defined, which of them is the mask is not. Or all features
// equal: any vector is right.
void expect_degenerate(const json& info, const SafetensorsFile& file) {
  const std::vector<CutStep> steps =
      maskcut(features_of(file, info), {info["tau"].get<double>(), info["N"].get<int>()});
  ASSERT_EQ(steps.size(), info["N"].get<std::size_t>());
  const json& first = info["canon"][0];
  const double lambda2 = first["lambda2"].get<double>();
  const bool constant = first["rel_gap"].get<double>() < 1e-9;
  EXPECT_NEAR(steps[0].eigenvalue, lambda2, (constant ? 1e-9 : 1e-6) * lambda2);
  EXPECT_EQ(steps[0].degenerate, constant);
  if (constant) return;
  const PatchMask expected = patches(golden::tensor(file, "canon.0.bipartition"));
  EXPECT_TRUE(steps[0].split.above == expected || steps[0].split.above == inverted(expected));
  EXPECT_EQ(std::count(steps[0].output.begin(), steps[0].output.end(), 1), 1);
}

TEST(GoldenMaskCut, AllCases) {
  VCL_GOLDEN_FOLDER(folder, "maskcut");
  const json cases = golden::read_json(folder + "/cases.json");
  ASSERT_FALSE(cases.empty());
  for (const auto& [name, info] : cases.items()) {
    SCOPED_TRACE(name);
    const SafetensorsFile file(folder + "/" + name + ".safetensors");
    if (info["degenerate"].get<bool>()) {
      expect_degenerate(info, file);
      continue;
    }
    expect_run("canon", CutSign::Canonical, info, file);
    if (info.contains("anti")) expect_run("anti", CutSign::Opposite, info, file);
  }
}

}  // namespace
}  // namespace vcl
