// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/saliency/superpixels.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/ximgproc/slic.hpp>

namespace vcl::saliency {
namespace {

constexpr float kCompactness = 20;
constexpr int kIterations = 8;

void measure_regions(const cv::Mat3f& lab, Superpixels& out) {
  std::vector<cv::Vec3d> colour(out.count);
  std::vector<cv::Point2d> position(out.count);
  std::vector<int> area(out.count);
  out.sides.assign(out.count, 0);
  for (int y = 0; y < lab.rows; ++y) {
    for (int x = 0; x < lab.cols; ++x) {
      const int region = out.labels(y, x);
      colour[region] += lab(y, x);
      position[region] += cv::Point2d(x + 0.5, y + 0.5);
      ++area[region];
      out.sides[region] |= (y == 0 ? Superpixels::Top : 0U) | (y == lab.rows - 1 ? Superpixels::Bottom : 0U) |
                           (x == 0 ? Superpixels::Left : 0U) | (x == lab.cols - 1 ? Superpixels::Right : 0U);
    }
  }
  out.colour.resize(out.count);
  out.centre.resize(out.count);
  for (int region = 0; region < out.count; ++region) {
    const double n = std::max(area[region], 1);
    out.colour[region] = colour[region] * (1 / n);
    out.centre[region] = cv::Point2f(position[region].x / n / lab.cols, position[region].y / n / lab.rows);
  }
}

cv::Mat1b find_adjacent(const cv::Mat1i& labels, int count) {
  cv::Mat1b adjacent(count, count, uchar{0});
  const auto link = [&](int a, int b) {
    if (a != b) adjacent(a, b) = adjacent(b, a) = 1;
  };
  for (int y = 0; y < labels.rows; ++y) {
    for (int x = 0; x < labels.cols; ++x) {
      if (x + 1 < labels.cols) link(labels(y, x), labels(y, x + 1));
      if (y + 1 < labels.rows) link(labels(y, x), labels(y + 1, x));
      if (x + 1 < labels.cols && y + 1 < labels.rows) {
        link(labels(y, x), labels(y + 1, x + 1));
        link(labels(y, x + 1), labels(y + 1, x));
      }
    }
  }
  return adjacent;
}

}  // namespace

Superpixels make_superpixels(const cv::Mat3f& lab, int wanted) {
  const int spacing = std::max(2, static_cast<int>(std::lround(std::sqrt(static_cast<double>(lab.total()) / wanted))));
  auto slic = cv::ximgproc::createSuperpixelSLIC(lab, cv::ximgproc::SLIC, spacing, kCompactness);
  slic->iterate(kIterations);
  slic->enforceLabelConnectivity();
  Superpixels regions;
  cv::Mat labels;
  slic->getLabels(labels);
  regions.labels = labels;
  regions.count = slic->getNumberOfSuperpixels();
  measure_regions(lab, regions);
  regions.adjacent = find_adjacent(regions.labels, regions.count);
  return regions;
}

cv::Mat1f colour_distances(const Superpixels& regions) {
  cv::Mat1f distance(regions.count, regions.count, 0.0F);
  for (int a = 0; a < regions.count; ++a) {
    for (int b = 0; b < a; ++b) {
      const cv::Vec3f d = regions.colour[a] - regions.colour[b];
      distance(a, b) = distance(b, a) = std::sqrt(d.dot(d));
    }
  }
  return distance;
}

cv::Mat1b link_border(const Superpixels& regions, const cv::Mat1b& links) {
  cv::Mat1b linked = links.clone();
  for (int a = 0; a < regions.count; ++a) {
    if (!regions.sides[a]) continue;
    for (int b = 0; b < regions.count; ++b) {
      if (regions.sides[b] && a != b) linked(a, b) = 1;
    }
  }
  return linked;
}

cv::Mat1b two_hop_graph(const Superpixels& regions) {
  cv::Mat1b reach = regions.adjacent.clone();
  for (int a = 0; a < regions.count; ++a) {
    for (int b = 0; b < regions.count; ++b) {
      if (regions.adjacent(a, b)) reach.row(a) |= regions.adjacent.row(b);
    }
    reach(a, a) = 0;
  }
  return link_border(regions, reach);
}

cv::Mat1f paint(const Superpixels& regions, const cv::Mat1f& values) {
  cv::Mat1f map(regions.labels.size());
  std::transform(regions.labels.begin(), regions.labels.end(), map.begin(), [&](int region) { return values(region); });
  return map;
}

cv::Mat1f normalised(const cv::Mat1f& map) {
  double low = 0;
  double high = 0;
  cv::minMaxLoc(map, &low, &high);
  if (!(high - low > 1e-12)) return cv::Mat1f::zeros(map.size());
  return (map - low) / (high - low);
}

}  // namespace vcl::saliency
