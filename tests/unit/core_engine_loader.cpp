// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "core_random.hpp"
#include "vcl/engine.hpp"
#include "vcl/error.hpp"
#include "vcl/maskcut.hpp"

namespace vcl {
namespace {

std::string refusal(const EngineOptions& options, ErrorKind kind) {
  try {
    open_engine(options);
    return "nothing was refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    return error.what();
  }
}

void expect_contains(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

// One test: what is loaded stays loaded for the life of the process.
TEST(OpenEngine, BadModulesAreErrorsWithACureAndGoodOnesLoadAfterwards) {
  const test::TemporaryFolder folder;
  for (const std::string& content : {std::string(), std::string("no library"),
                                     std::string("\x7f"
                                                 "ELF")}) {
    const std::string path = folder.file("broken.so");
    test::write_file(path, content);
    ::setenv("VCL_ENGINE_MODULE", path.c_str(), 1);
    const std::string text = refusal({}, ErrorKind::Library);
    expect_contains(text, path);
    expect_contains(text, "./setup.sh");
  }
  ::setenv("VCL_ENGINE_MODULE", folder.file("missing.so").c_str(), 1);
  expect_contains(refusal({}, ErrorKind::Library), folder.file("missing.so"));
  ::setenv("VCL_ENGINE_MODULE", VCL_NOT_AN_ENGINE, 1);
  expect_contains(refusal({}, ErrorKind::Library), "is no engine of this gst-vcl");
  ::setenv("VCL_ENGINE_MODULE", VCL_STALE_ENGINE, 1);
  const std::string stale = refusal({}, ErrorKind::Library);
  expect_contains(stale, std::string(VCL_STALE_ENGINE) + " is the engine of another build of gst-vcl");
  expect_contains(stale, "build or install both together");

  ::setenv("VCL_ENGINE_MODULE", VCL_FAKE_ENGINE, 1);
  EXPECT_EQ(open_engine({})->latency_frames(), 41);
  EngineOptions options;
  options.device = "none";
  options.model = "given";
  EXPECT_EQ(refusal(options, ErrorKind::NotFound), "model given") << "the module's own error comes through";

  FrameView frame;
  frame.size = {5, 4};
  const FeatureMap features = open_features({.model = {}, .threads = 7})->extract(frame);
  EXPECT_EQ(features.values, std::vector<float>(20, 7));
  EXPECT_THROW(open_features({.model = {}, .layer = 99}), Error);
  const std::vector<CutStep> cuts = maskcut(features, {.masks = 2}, 3, "cuda:12");
  EXPECT_EQ(cuts.size(), 2u);
  EXPECT_EQ(cuts[0].split.seed, 3);
  EXPECT_EQ(cuts[0].split.corners, 7) << "the length of the device's name";
  EXPECT_THROW(maskcut({}), Error);
  ::unsetenv("VCL_ENGINE_MODULE");
}

TEST(FinishCuts, AsksTheEngineModuleForTheCrfOfADevice) {
  ::setenv("VCL_ENGINE_MODULE", VCL_FAKE_ENGINE, 1);
  // A dark picture with a bright block, and a cut of the block.
  std::vector<std::uint8_t> rgb(3 * 32 * 32, 20);
  const FeatureMap features{1, {4, 4}, 8, {32, 32}, std::vector<float>(16, 0)};
  CutStep step;
  step.output.assign(16, 0);
  for (const int patch : {5, 6, 9, 10}) step.output[std::size_t(patch)] = 1;
  for (int y = 8; y < 24; ++y) std::fill_n(rgb.begin() + 3 * (32 * y + 8), 3 * 16, std::uint8_t(220));
  FrameView frame;
  frame.size = {32, 32};
  frame.planes[0] = rgb.data();
  frame.strides[0] = 3 * 32;

  const auto finish = [&](const std::string& device) {
    return finish_cuts({step}, features.grid, features.input, frame, {.device = device}).at(0);
  };
  const Mask processor = finish("cpu");
  EXPECT_EQ(processor.at(0, 0), 0);
  EXPECT_EQ(finish("auto").pixels, processor.pixels) << "the module left it to the processor";
  EXPECT_EQ(finish("cuda").at(0, 0), 1) << "the module's own masks";
  EXPECT_THROW(finish("cuda:9"), Error);
  ::unsetenv("VCL_ENGINE_MODULE");
}

TEST(DefaultModelPath, FollowsTheEnvironmentAndTheBuildTree) {
  ::unsetenv("VCL_MODEL_DIR");
  EXPECT_TRUE(std::filesystem::equivalent(default_model_path(), VCL_BUILD_ROOT "/models/vcl-tiny.safetensors"));
  ::setenv("VCL_MODEL_DIR", "/some/folder", 1);
  EXPECT_EQ(default_model_path(), "/some/folder/vcl-tiny.safetensors");
  ::unsetenv("VCL_MODEL_DIR");
}

}  // namespace
}  // namespace vcl
