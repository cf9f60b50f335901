// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <cstdio>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace vcl::train {

/// Labels as they are made, on disk, so that a run that was killed goes on where it stopped. A record is
/// taken back only whole and with its checksum; what follows the first broken one is made again.
class LabelJournal {
 public:
  /// Opens or starts `path`. `fingerprint` says what is labelled and how: a journal with another one is
  /// refused with Error(Invalid). Throws Error(Resource) when it cannot be written.
  LabelJournal(const std::string& path, const std::string& fingerprint, std::size_t photos);
  ~LabelJournal();
  LabelJournal(const LabelJournal&) = delete;
  LabelJournal& operator=(const LabelJournal&) = delete;

  std::size_t done() const;
  bool has(std::size_t photo) const;
  float weight(std::size_t photo) const { return entries_[photo].weight; }
  /// The label map's bytes.
  std::vector<std::byte> map(std::size_t photo) const;
  /// May be called from several threads.
  void add(std::size_t photo, std::span<const std::byte> map, float weight);
  /// The result is written: the journal goes away.
  void discard();

 private:
  struct Entry {
    std::int64_t at = -1;  ///< where the label map starts; -1: not made yet
    std::uint32_t bytes = 0;
    float weight = 0;
  };
  void take_back(std::int64_t at);
  [[noreturn]] void fail() const;

  const std::string path_;
  std::FILE* file_ = nullptr;
  std::vector<Entry> entries_;
  std::int64_t end_ = 0;
  mutable std::mutex mutex_;
};

}  // namespace vcl::train
