// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace vcl {

/// Results as they are made, on disk, so that a run that was killed goes on where it stopped. A record is taken back
/// only whole and with its checksum; what follows the first broken one is made again. Memory: 16 bytes an item.
class Journal {
 public:
  /// Opens or starts `path` for items 0 .. items - 1. `fingerprint`, one line, says what the results depend on, in
  /// parts set off by "; ": a journal with another one is refused with Error(Invalid) that shows the first part that
  /// differs. Error(Resource): it cannot be written, or another process has it open.
  /// `sizes`: bytes of each record, where they are known; one of another size is no whole record.
  Journal(const std::string& path, const std::string& fingerprint, std::size_t items,
          std::vector<std::size_t> sizes = {});
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  std::size_t done() const;
  bool has(std::size_t item) const;
  /// The record of an item that has one.
  std::vector<std::byte> read(std::size_t item) const;
  /// The first bytes of it, as many as `start` holds.
  void read_start(std::size_t item, std::span<std::byte> start) const;
  /// May be called from several threads. Error(Resource), a full disk above all, leaves what was added before.
  void add(std::size_t item, std::span<const std::byte> record);
  /// The result is written: the journal goes away.
  void discard();

 private:
  struct Entry {
    std::int64_t at = -1;  ///< where the record starts; -1: not made yet
    std::uint32_t bytes = 0;
  };
  void open_alone();
  void start(const std::string& fingerprint);
  void take_back(std::int64_t at);
  void read_at(std::int64_t at, std::span<std::byte> bytes) const;
  [[noreturn]] void fail(int code) const;

  const std::string path_;
  int fd_ = -1;
  const std::vector<std::size_t> sizes_;
  std::vector<Entry> entries_;
  std::int64_t end_ = 0;
  mutable std::mutex mutex_;
};

}  // namespace vcl
