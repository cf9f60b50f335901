// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include <cstdlib>

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
  expect_contains(refusal({}, ErrorKind::Library), kOpenEngineSymbol);

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
  const std::vector<CutStep> cuts = maskcut(features, {.masks = 2}, 3);
  EXPECT_EQ(cuts.size(), 2u);
  EXPECT_EQ(cuts[0].split.seed, 3);
  EXPECT_THROW(maskcut({}), Error);
  ::unsetenv("VCL_ENGINE_MODULE");
}

TEST(DefaultModelPath, FollowsTheEnvironmentAndTheBuildTree) {
  ::unsetenv("VCL_MODEL_DIR");
  EXPECT_EQ(default_model_path(), VCL_PROJECT_ROOT "/models/vcl-tiny.safetensors");
  ::setenv("VCL_MODEL_DIR", "/some/folder", 1);
  EXPECT_EQ(default_model_path(), "/some/folder/vcl-tiny.safetensors");
  ::unsetenv("VCL_MODEL_DIR");
}

}  // namespace
}  // namespace vcl
