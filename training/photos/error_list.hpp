// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <mutex>
#include <set>
#include <string>

namespace vcl::train {

/// A file that lists unusable input: one JSON object per line (`input`, `error`), each input once over all runs that
/// use the file. Any thread may add entries.
class ErrorList {
 public:
  /// Reads the existing entries. The file is written at the first new entry. With several processes, only the one with
  /// `writes` writes it.
  explicit ErrorList(const std::string& path, bool writes = true);
  /// Adds an entry, and prints the first few of a run. Throws Error(Resource) if the file cannot be written.
  void add(const std::string& input, const std::string& error);
  std::size_t count() const;  ///< over all runs
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
  const bool writes_;
  mutable std::mutex mutex_;
  std::set<std::string> inputs_;
  int shown_ = 0;
};

}  // namespace vcl::train
