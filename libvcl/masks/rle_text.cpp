// SPDX-License-Identifier: LGPL-2.1-or-later
#include <cstdint>

#include "libvcl/masks/run_builder.hpp"
#include "vcl/error.hpp"
#include "vcl/mask.hpp"

namespace vcl {

namespace {

// A number is split into groups of 5 bits, lowest first. The top bit of the last group is the sign.
constexpr int kGroupBits = 5;
constexpr std::int64_t kGroupMask = 0x1f;
constexpr std::int64_t kSignBit = 0x10;
constexpr std::int64_t kMoreFollow = 0x20;
constexpr char kFirstCharacter = '0';
constexpr int kMostGroups = 12;  // 60 bits: more than any legal number, and far from overflow

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorKind::Unreadable, "mask run lengths: " + why);
}

void check_size(int width, int height) {
  if (width < 0 || height < 0) refuse("the size is negative");
  if (std::int64_t(width) * height > kMaxMaskPixels) refuse("the size is above the limit of 2^30 pixels");
}

/// Collects untrusted runs one by one and checks each.
class CheckedRuns {
 public:
  CheckedRuns(int width, int height) : rle_{width, height, {}}, left_(std::int64_t(width) * height) {}

  void add(std::int64_t run) {
    if (run < 0) refuse("a run is negative");
    if (run > left_) refuse("the runs sum to more than the mask's size");
    left_ -= run;
    builder_.add(foreground_, static_cast<std::uint32_t>(run));
    foreground_ = !foreground_;
  }

  Rle finish() {
    if (left_ != 0) refuse("the runs sum to less than the mask's size");
    rle_.runs = builder_.take();
    return std::move(rle_);
  }

 private:
  Rle rle_;
  std::int64_t left_;
  bool foreground_ = false;
  RunBuilder builder_;
};

/// Reads the number at `position` and advances past it.
std::int64_t read_number(std::string_view text, std::size_t& position) {
  std::int64_t number = 0;
  for (int group = 0;; ++group) {
    if (position == text.size()) refuse("the text ends inside a number");
    if (group == kMostGroups) refuse("a number is too long");
    const std::int64_t code = std::int64_t(static_cast<unsigned char>(text[position++])) - kFirstCharacter;
    if (code < 0 || code > (kGroupMask | kMoreFollow)) refuse("a character is not from '0' to 'o'");
    number |= (code & kGroupMask) << (kGroupBits * group);
    if (code & kMoreFollow) continue;
    if (code & kSignBit) number -= std::int64_t(1) << (kGroupBits * (group + 1));
    return number;
  }
}

void append_number(std::string& text, std::int64_t number) {
  bool more = true;
  while (more) {
    const std::int64_t group = number & kGroupMask;
    number >>= kGroupBits;
    more = number != (group & kSignBit ? -1 : 0);
    text.push_back(static_cast<char>(kFirstCharacter + group + (more ? kMoreFollow : 0)));
  }
}

}  // namespace

Rle rle_from_counts(std::span<const std::int64_t> counts, int width, int height) {
  check_size(width, height);
  CheckedRuns runs(width, height);
  for (const std::int64_t run : counts) runs.add(run);
  return runs.finish();
}

Rle rle_from_string(std::string_view text, int width, int height) {
  check_size(width, height);
  CheckedRuns runs(width, height);
  std::int64_t before = 0, two_before = 0;
  std::size_t position = 0;
  for (std::size_t index = 0; position < text.size(); ++index) {
    std::int64_t run = read_number(text, position);
    if (index > 2) run += two_before;
    runs.add(run);
    two_before = before;
    before = run;
  }
  return runs.finish();
}

std::string rle_to_string(const Rle& rle) {
  std::string text;
  for (std::size_t i = 0; i < rle.runs.size(); ++i) {
    append_number(text, std::int64_t(rle.runs[i]) - (i > 2 ? std::int64_t(rle.runs[i - 2]) : 0));
  }
  return text;
}

}  // namespace vcl
