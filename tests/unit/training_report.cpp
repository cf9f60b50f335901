// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <regex>

#include "temporary_folder.hpp"
#include "training/learning/schedule.hpp"
#include "training/report/curves.hpp"
#include "training/report/html_report.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// How often each element occurs; fails where a tag is not closed in its place.
std::map<std::string, int> parse_elements(const std::string& page) {
  std::map<std::string, int> elements;
  std::vector<std::string> open;
  const std::regex tag("<(/?)([a-z0-9]+)([^<>]*)>");
  for (std::sregex_iterator match(page.begin(), page.end(), tag), end; match != end; ++match) {
    const std::string name = (*match)[2], rest = (*match)[3];
    if ((*match)[1].length() > 0) {
      EXPECT_FALSE(open.empty()) << name;
      if (open.empty()) return elements;
      EXPECT_EQ(open.back(), name);
      open.pop_back();
      continue;
    }
    ++elements[name];
    if (!rest.ends_with('/') && name != "meta" && name != "img") open.push_back(name);
  }
  EXPECT_TRUE(open.empty());
  return elements;
}

std::string from_base64(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    if (c == '=') break;
    group = group << 6 | std::uint32_t(digits.find(c));
    if ((bits += 6) >= 8) bytes += char(group >> (bits -= 8) & 255);
  }
  return bytes;
}

TEST(TrainingReport, PageShowsCurvesExamplesAndSettings) {
  const TemporaryFolder folder;
  std::vector<nlohmann::json> lines;
  for (int step = 10; step <= 3000; step += 10)
    lines.push_back({{"step", step},
                     {"seconds", step / 2.0},
                     {"loss", step == 50 ? std::numeric_limits<double>::quiet_NaN() : 30.0 / step},
                     {"lr", 1e-3},
                     {"note", "text is no curve"}});
  lines.push_back({{"step", 3000}, {"seconds", 1500}, {"top_iou", 0.75}});
  std::string picture = "\x89PNG any bytes ";
  for (int i = 0; i < 256; ++i) picture += char(i);
  for (int more = 0; more < 3; ++more) {  // every length modulo 3
    picture += 'x';
    std::ofstream(folder / "examples.png", std::ios::binary | std::ios::trunc) << picture;
    std::ofstream(folder / "settings.json", std::ios::trunc) << R"({"init": "<b>&\"", "batch": 8})";
    write_html_report(folder / "", lines);
    const std::string page = read_file(folder / "report.html");
    const std::map<std::string, int> elements = parse_elements(page);
    EXPECT_EQ(elements.at("svg"), 3) << "loss, lr and top_iou";
    EXPECT_EQ(elements.at("polyline"), 5) << "training's have a running mean beside";
    EXPECT_EQ(elements.at("img"), 1);
    EXPECT_FALSE(elements.contains("b")) << "settings are text";
    EXPECT_NE(page.find("&lt;b&gt;&amp;&quot;"), std::string::npos);
    EXPECT_EQ(page.find("nan"), std::string::npos);
    EXPECT_NE(page.find("<tr><th>top_iou</th><td>0.75</td></tr>"), std::string::npos);
    const std::string begin = "data:image/png;base64,";
    const std::size_t at = page.find(begin) + begin.size();
    EXPECT_EQ(from_base64(page.substr(at, page.find('"', at) - at)), picture);
    EXPECT_EQ(page.find("http"), std::string::npos) << "needs nothing from elsewhere";
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "report.html.part"));
  EXPECT_THROW(write_html_report(folder / "missing", lines), Error);
}

TEST(TrainingReport, ARangeShowsNearlyEverything) {
  Curve curve{"loss", {}, {}};
  for (int i = 0; i < 1000; ++i) {
    curve.x.push_back(i);
    curve.y.push_back(i == 3 ? 1e9 : 1 + i % 7);
  }
  const CurveRange range = range_of(curve);
  EXPECT_EQ(range.left, 0);
  EXPECT_EQ(range.right, 999);
  EXPECT_EQ(range.bottom, 1);
  EXPECT_EQ(range.top, 7);
  const CurveRange few = range_of({"x", {0, 1, 2, 3}, {4, 9, 1, 2}});
  EXPECT_EQ(few.top, 9) << "of few values all are seen";
  for (const double value : {0.0, 2.0, -3e-4}) {
    const CurveRange flat = range_of({"x", {5}, {value}});
    EXPECT_GT(flat.right, flat.left);
    EXPECT_GT(flat.top, flat.bottom);
  }
}

TEST(TrainingSchedule, RatesFollowTheirKind) {
  const Schedule cosine{.kind = "cosine", .drops = {}, .warm_up = 10};
  EXPECT_DOUBLE_EQ(rate_share(cosine, 0, 0), 0.1);
  EXPECT_DOUBLE_EQ(rate_share(cosine, 9, 0), 1);
  EXPECT_NEAR(rate_share(cosine, 100, 0.5), 0.5, 1e-12);
  EXPECT_NEAR(rate_share(cosine, 100, 1), 0, 1e-12);
  const Schedule step{.kind = "step", .drops = {0.5, 0.75}, .warm_up = 0};
  EXPECT_DOUBLE_EQ(rate_share(step, 0, 0), 1);
  EXPECT_DOUBLE_EQ(rate_share(step, 1, 0.49), 1);
  EXPECT_DOUBLE_EQ(rate_share(step, 1, 0.5), 0.1);
  EXPECT_NEAR(rate_share(step, 1, 0.75), 0.01, 1e-12);
  const Schedule constant{.kind = "constant", .drops = {}, .warm_up = 4};
  EXPECT_DOUBLE_EQ(rate_share(constant, 1, 0), 0.5);
  EXPECT_DOUBLE_EQ(rate_share(constant, 1000, 1), 1);
  EXPECT_THROW(rate_share({.kind = "linear", .drops = {}, .warm_up = 0}, 0, 0), Error);
}

}  // namespace
}  // namespace vcl::train
