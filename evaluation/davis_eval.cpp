// SPDX-License-Identifier: LGPL-2.1-or-later
#include "evaluation/davis_eval.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "evaluation/boundary.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

using Labels = std::vector<std::uint8_t>;

std::string shape_text(const LabelVideo& video) {
  return std::to_string(video.frames.size()) + " frames of " + std::to_string(video.size.width) + "x" +
         std::to_string(video.size.height);
}

void check(const LabelVideo& truth, const LabelVideo& result) {
  if (truth.size != result.size || truth.frames.size() != result.frames.size())
    throw Error(ErrorKind::Invalid, "the truth has " + shape_text(truth) + ", the result " + shape_text(result));
}

int largest_label(const Labels& frame, bool void_counts) {
  int largest = 0;
  for (const std::uint8_t label : frame)
    if (void_counts || label != kVoidLabel) largest = std::max(largest, int(label));
  return largest;
}

/// Truth and result as the task defines them: void, objects and background.
struct Pair {
  LabelVideo truth, result;
  int objects = 0, proposals = 0;
};

void drop_ends(LabelVideo& video) {
  if (video.frames.size() < 3)
    throw Error(ErrorKind::Invalid, "a video of " + std::to_string(video.frames.size()) +
                                        " frames has none but the first and the last, which do not count");
  video.frames.erase(video.frames.begin());
  video.frames.pop_back();
}

void void_to_background(LabelVideo& video) {
  for (Labels& frame : video.frames) std::ranges::replace(frame, kVoidLabel, std::uint8_t(0));
}

Pair prepared(LabelVideo truth, LabelVideo result, DavisTask task) {
  if (truth.frames.empty()) throw Error(ErrorKind::Invalid, "a video without frames");
  Pair pair;
  if (task == DavisTask::SingleObject) {
    join_objects(truth);
    join_objects(result);
  }
  pair.objects = task == DavisTask::SingleObject ? 1 : largest_label(truth.frames[0], false);
  pair.proposals = task == DavisTask::Unsupervised ? 0 : pair.objects;
  if (task == DavisTask::Unsupervised) {
    for (const Labels& frame : result.frames) pair.proposals = std::max(pair.proposals, largest_label(frame, true));
    if (pair.proposals > kMostProposals)
      throw Error(ErrorKind::Invalid, "a result with label " + std::to_string(pair.proposals) + ", where at most " +
                                          std::to_string(kMostProposals) + " objects may be proposed");
  } else {
    void_to_background(truth);
    void_to_background(result);
    drop_ends(truth);
    drop_ends(result);
  }
  pair.truth = std::move(truth);
  pair.result = std::move(result);
  return pair;
}

/// Pixel counts of one frame by label in the truth (rows) and in the result, without void pixels of the truth.
class Overlaps {
 public:
  Overlaps(const Labels& truth, const Labels& result) : counts_(256 * 256) {
    for (std::size_t i = 0; i < truth.size(); ++i)
      if (truth[i] != kVoidLabel) ++counts_[truth[i] * 256u + result[i]];
    for (std::size_t t = 0; t < 256; ++t)
      for (std::size_t r = 0; r < 256; ++r) {
        truth_[t] += counts_[t * 256 + r];
        result_[r] += counts_[t * 256 + r];
      }
  }
  double iou(int object, int proposal) const {
    const std::uint64_t both = counts_[std::size_t(object) * 256 + std::size_t(proposal)];
    const std::uint64_t either = truth_[std::size_t(object)] + result_[std::size_t(proposal)] - both;
    return either == 0 ? 1 : double(both) / double(either);
  }

 private:
  std::vector<std::uint32_t> counts_;
  std::array<std::uint64_t, 256> truth_{}, result_{};
};

/// Sets pixels that are void in the truth to background.
Labels without_void(Labels labels, const Labels& truth) {
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (truth[i] == kVoidLabel) labels[i] = 0;
  return labels;
}

/// J and F per frame of each object (rows) with each proposal, and in the last column with nothing.
struct Measures {
  int columns;
  std::vector<std::vector<double>> j, f;
};

Measures measure(const Pair& pair) {
  Measures all{pair.proposals + 1, {}, {}};
  all.j.resize(std::size_t(pair.objects) * std::size_t(all.columns));
  all.f = all.j;
  const Size size = pair.truth.size;
  const int tolerance = boundary_tolerance(size);
  for (std::size_t t = 0; t < pair.truth.frames.size(); ++t) {
    const Labels &truth = pair.truth.frames[t], &result = pair.result.frames[t];
    const Overlaps overlaps(truth, result);
    const auto objects = boundaries_of(without_void(truth, truth), size, pair.objects, tolerance);
    const auto proposals = boundaries_of(without_void(result, truth), size, pair.proposals, tolerance);
    for (int object = 0; object < pair.objects; ++object)
      for (int column = 0; column < all.columns; ++column) {
        const std::size_t at = std::size_t(object) * std::size_t(all.columns) + std::size_t(column);
        const bool nothing = column == pair.proposals;
        const int label = nothing ? kVoidLabel : column + 1;  // a label that no result has
        all.j[at].push_back(overlaps.iou(object + 1, label));
        all.f[at].push_back(
            boundary_f(objects[std::size_t(object)], nothing ? Boundary() : proposals[std::size_t(column)]));
      }
  }
  return all;
}

/// Measures the task's objects and proposals, without void.
TrackConsistency consistency_of(const Pair& pair) {
  LabelVideo result = pair.result;
  for (std::size_t t = 0; t < result.frames.size(); ++t)
    result.frames[t] = without_void(std::move(result.frames[t]), pair.truth.frames[t]);
  return track_consistency(label_tracks(pair.truth), label_tracks(result));
}

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}

/// Returns the frame that ends quarter `quarter` - 1 and starts quarter `quarter` (0..4) of `n` frames.
std::size_t quarter_end(std::size_t quarter, std::size_t n) {
  return std::size_t(std::nearbyint(1 + double(n - 1) * double(quarter) / 4 + 1e-10)) - 1;
}

DavisMeasure summary(std::vector<double> frames) {
  DavisMeasure measure;
  const std::span<const double> all = frames;
  const auto quarter = [&](std::size_t i) {
    return mean(
        all.subspan(quarter_end(i, all.size()), quarter_end(i + 1, all.size()) - quarter_end(i, all.size()) + 1));
  };
  measure.mean = mean(all);
  measure.recall = double(std::ranges::count_if(all, [](double value) { return value > 0.5; })) / double(all.size());
  measure.decay = quarter(0) - quarter(3);
  measure.frames = std::move(frames);
  return measure;
}

/// Returns the column of the proposal for each object: the one-to-one matching with the largest sum. Objects get
/// nothing only if there are fewer proposals than objects.
std::vector<int> assigned(const Similarity& similarity, const Measures& measures) {
  Similarity cost{similarity.rows, std::max(similarity.rows, similarity.cols), {}};
  for (int row = 0; row < cost.rows; ++row) {
    const std::size_t nothing = std::size_t(row + 1) * std::size_t(measures.columns) - 1;
    for (int column = 0; column < cost.cols; ++column)
      cost.values.push_back(column < similarity.cols ? -similarity.at(row, column)
                                                     : -(mean(measures.j[nothing]) + mean(measures.f[nothing])) / 2);
  }
  std::vector<int> columns = assign_min_cost(cost);
  for (int& column : columns) column = std::min(column, similarity.cols);
  return columns;
}

}  // namespace

DavisVideo davis_scores(const LabelVideo& truth, const LabelVideo& result, DavisTask task) {
  check(truth, result);
  const Pair pair = prepared(truth, result, task);
  const Measures measures = measure(pair);
  DavisVideo video;
  if (task != DavisTask::SingleObject) video.consistency = consistency_of(pair);
  std::vector<int> columns(std::size_t(pair.objects));
  std::iota(columns.begin(), columns.end(), 0);
  if (task == DavisTask::Unsupervised) {
    video.similarity = {pair.objects, pair.proposals, {}};
    for (std::size_t at = 0; at < measures.j.size(); ++at)
      if (int(at) % measures.columns != pair.proposals)
        video.similarity.values.push_back((mean(measures.j[at]) + mean(measures.f[at])) / 2);
    columns = assigned(video.similarity, measures);
  }
  for (int object = 0; object < pair.objects; ++object) {
    const int column = columns[std::size_t(object)];
    const std::size_t at = std::size_t(object) * std::size_t(measures.columns) + std::size_t(column);
    video.objects.push_back(
        {object + 1, column == pair.proposals ? 0 : column + 1, summary(measures.j[at]), summary(measures.f[at])});
  }
  return video;
}

DavisMeans davis_means(const std::vector<DavisObject>& objects) {
  DavisMeans means;
  const auto mean_of = [&](auto value) {
    double sum = 0;
    for (const DavisObject& object : objects) sum += value(object);
    return sum / double(objects.size());
  };
  means.j_mean = mean_of([](const DavisObject& object) { return object.j.mean; });
  means.j_recall = mean_of([](const DavisObject& object) { return object.j.recall; });
  means.j_decay = mean_of([](const DavisObject& object) { return object.j.decay; });
  means.f_mean = mean_of([](const DavisObject& object) { return object.f.mean; });
  means.f_recall = mean_of([](const DavisObject& object) { return object.f.recall; });
  means.f_decay = mean_of([](const DavisObject& object) { return object.f.decay; });
  means.jf = (means.j_mean + means.f_mean) / 2;
  return means;
}

void join_objects(LabelVideo& video) {
  for (Labels& frame : video.frames)
    for (std::uint8_t& label : frame) label = label != 0 && label != kVoidLabel;
}

}  // namespace vcl
