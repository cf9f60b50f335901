// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace vcl {

/// Stores results on disk while they are made, so that an interrupted run can continue. A record is restored only if it
/// is complete and its checksum matches; everything after the first broken record is dropped. Needs 16 bytes of memory
/// per item.
class Journal {
 public:
  /// Opens or creates `path` for items 0 .. items - 1. `fingerprint` is one line that states what the results depend
  /// on, in parts separated by "; ". A journal with another fingerprint is refused with Error(Invalid) that shows the
  /// first part that differs. Throws Error(Resource) if the file cannot be written or another process has it open.
  /// `sizes` are the bytes of each record, if known; a record of another size counts as broken.
  Journal(const std::string& path, const std::string& fingerprint, std::size_t items,
          std::vector<std::size_t> sizes = {});
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  std::size_t done() const;
  bool has(std::size_t item) const;
  /// Returns the record of an item, which must exist.
  std::vector<std::byte> read(std::size_t item) const;
  /// Reads the first bytes of a record, as many as `start` holds.
  void read_start(std::size_t item, std::span<std::byte> start) const;
  /// May be called from several threads. Error(Resource), such as a full disk, leaves earlier records intact.
  void add(std::size_t item, std::span<const std::byte> record);
  /// Removes the journal, once the result is written.
  void discard();

 private:
  struct Entry {
    std::int64_t at = -1;  ///< start of the record; -1: not made yet
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
