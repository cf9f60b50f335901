// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <mutex>
#include <set>
#include <string>

namespace vcl::train {

/// Input that could not be used, kept in a file: a JSON object a line (`input`, `error`), each input once, over all
/// runs that use the file. Any thread may add.
class ErrorList {
 public:
  /// Takes up what the file holds; it is written from the first entry on, by the one of several processes that
  /// `writes`.
  explicit ErrorList(const std::string& path, bool writes = true);
  /// Also on the terminal, the first few of a run. Throws Error(Resource) when it cannot be written.
  void add(const std::string& input, const std::string& error);
  std::size_t count() const;  ///< of all runs
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
  const bool writes_;
  mutable std::mutex mutex_;
  std::set<std::string> inputs_;
  int shown_ = 0;
};

}  // namespace vcl::train
