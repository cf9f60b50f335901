// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <span>

#include "libvcl/files/spill_file.hpp"
#include "libvcl/results/short_double.hpp"
#include "vcl/json.hpp"

namespace vcl {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMostInMemory = 1 << 20;
constexpr std::size_t kPiece = 1 << 16;

/// Precedes the text of each mask.
struct Header {
  std::uint64_t before;  // position of the track's previous mask
  std::uint64_t frame;
  std::int32_t width, height;
  std::uint64_t length;  // bytes of text
};

}  // namespace

/// All masks in order of arrival. Each one stores the position of its track's previous mask, so memory holds no list of
/// them.
class YtvisResults::Store {
 public:
  std::uint64_t add(std::uint64_t before, std::uint64_t frame, const Rle& mask) {
    const std::string text = rle_to_string(mask);
    const Header header = {before, frame, mask.width, mask.height, text.size()};
    const std::uint64_t position = spilled_ + recent_.size();
    recent_.append(reinterpret_cast<const char*>(&header), sizeof header).append(text);
    if (recent_.size() >= kMostInMemory) spill();
    return position;
  }

  Header header(std::uint64_t position) const {
    Header header;
    read(position, {reinterpret_cast<std::byte*>(&header), sizeof header});
    return header;
  }

  std::string text(std::uint64_t position, const Header& header) const {
    std::string text(header.length, '\0');
    read(position + sizeof header, std::as_writable_bytes(std::span(text)));
    return text;
  }

  /// Returns the positions of a track's masks, by ascending frame.
  std::vector<std::uint64_t> positions(const Track& track) const {
    std::vector<std::uint64_t> positions(track.masks);
    std::uint64_t position = track.last;
    for (auto entry = positions.rbegin(); entry != positions.rend(); ++entry) {
      *entry = position;
      position = header(position).before;
    }
    return positions;
  }

 private:
  void spill() {
    file_.append(std::as_bytes(std::span(recent_)));
    spilled_ += recent_.size();
    recent_.clear();
  }

  void read(std::uint64_t position, std::span<std::byte> bytes) const {
    if (position < spilled_)
      file_.read(position, bytes);
    else
      std::memcpy(bytes.data(), recent_.data() + (position - spilled_), bytes.size());
  }

  SpillFile file_{"YouTube-VIS results"};
  std::uint64_t spilled_ = 0;
  std::string recent_;
};

YtvisResults::YtvisResults(std::int64_t video_id) : video_id_(video_id), store_(std::make_unique<Store>()) {}

YtvisResults::~YtvisResults() = default;

void YtvisResults::add(const FrameResult& frame) {
  for (const Instance& instance : frame.instances) {
    Track& track = tracks_[instance.track_id];
    track.last = store_->add(track.last, frames_, instance.mask);
    track.score_sum += instance.score;
    ++track.masks;
  }
  ++frames_;
}

std::vector<const YtvisResults::Track*> YtvisResults::ranked() const {
  std::vector<const Track*> tracks;
  for (const auto& [id, track] : tracks_) tracks.push_back(&track);
  std::ranges::stable_sort(tracks, std::greater<>{}, &Track::score_sum);
  return tracks;
}

void YtvisResults::for_each_mask(const Track& track, const std::function<void(std::size_t, const Rle&)>& see) const {
  for (const std::uint64_t position : store_->positions(track)) {
    const Header header = store_->header(position);
    see(std::size_t(header.frame), rle_from_string(store_->text(position, header), header.width, header.height));
  }
}

void YtvisResults::write(const std::function<void(std::string_view)>& sink) const {
  std::string piece = "[";
  const auto add = [&](std::string_view text) {
    piece += text;
    if (piece.size() < kPiece) return;
    sink(piece);
    piece.clear();
  };
  const char* between_tracks = "";
  for (const Track* track : ranked()) {
    const double score = short_double(float(track->score_sum / double(frames_)));
    const std::string start = ordered_json{{"video_id", video_id_}, {"category_id", 1}, {"score", score}}.dump();
    add(between_tracks + start.substr(0, start.size() - 1) + ",\"segmentations\":[");
    between_tracks = ",";
    std::uint64_t next = 0;  // frame
    const auto skip_to = [&](std::uint64_t frame) {
      for (; next < frame; ++next) add(next == 0 ? "null" : ",null");
    };
    for (const std::uint64_t position : store_->positions(*track)) {
      const Header header = store_->header(position);
      if (header.frame < next) continue;  // the frame has this id twice
      skip_to(header.frame);
      const ordered_json mask = {{"size", {header.height, header.width}}, {"counts", store_->text(position, header)}};
      add((next++ == 0 ? "" : ",") + mask.dump());
    }
    skip_to(frames_);
    add("]}");
  }
  sink(piece + "]");
}

std::string YtvisResults::to_json() const {
  std::string text;
  write([&text](std::string_view piece) { text += piece; });
  return text;
}

}  // namespace vcl
