// SPDX-License-Identifier: LGPL-2.1-or-later
// Pattern weights of the video network and its backbone against tests/golden/data/video/keys.json.
#include <cstring>
#include <numeric>

#include "golden_files.hpp"
#include "vcl/model.hpp"

namespace vcl {
namespace {

using nlohmann::json;

/// What keys.json says about a tensor, computed with its own scale and shift.
std::vector<float> expected_values(const json& key, std::size_t count) {
  if (key["kind"] == "const") return key["value"];
  std::vector<float> values = pattern_values(golden::seed(), key["name"], count);
  const float scale = key["a"], shift = key["b"];
  for (float& value : values) value = value * scale + shift;
  return values;
}

void expect_key(const json& key, const std::vector<float>& values) {
  const std::vector<float> expected = expected_values(key, values.size());
  ASSERT_EQ(values.size(), expected.size());
  EXPECT_EQ(std::memcmp(values.data(), expected.data(), values.size() * sizeof(float)), 0) << "to the bit";
  if (key.contains("first")) {
    const std::vector<float> first = key["first"];
    ASSERT_GE(values.size(), first.size());
    EXPECT_TRUE(std::equal(first.begin(), first.end(), values.begin()));
  }
  if (key.contains("sum")) {
    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    EXPECT_NEAR(sum, key["sum"].get<double>(), 1e-12 * double(values.size()));  // only the order of the sum may differ
  }
}

TEST(GoldenPattern, VideoNetworkAndItsBackbone) {
  VCL_GOLDEN_FOLDER(folder, "video");
  TensorShapes network = official_tensors("video_mask2former_r50"), backbone = official_tensors("resnet50");
  const json keys = golden::read_json(folder + "/keys.json");
  for (const json& key : keys["state_dict"]) {
    const std::string name = key["name"];
    SCOPED_TRACE(name);
    ASSERT_TRUE(network.contains(name));
    EXPECT_EQ(network[name], key["shape"].get<std::vector<std::int64_t>>());
    expect_key(key, pattern_tensor(golden::seed(), name, network[name]));
    network.erase(name);
    EXPECT_EQ(backbone.erase(name), name.starts_with("backbone.") ? 1U : 0U);
  }
  EXPECT_TRUE(network.empty());
  EXPECT_TRUE(backbone.empty());
}

}  // namespace
}  // namespace vcl
