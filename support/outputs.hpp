// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sys/stat.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace vcl {

/// The ending of a file's name in lower case, with its point: ".mp4" of OUT.MP4. "" is none.
std::string ending_of(const std::string& path);

/// Whether a file's name ends as those of the pictures that are read.
bool is_picture_name(const std::string& path);

/// The files and folders that a run is told to write, checked before any work is done: none may be what the run reads,
/// or another of its outputs, and no other run may be writing it. Devices and pipes may be named twice.
/// Throws Error(Invalid | NotFound | Unreadable) that names the file and the cure.
class Outputs {
 public:
  /// `inputs`: files and folders that the run reads, "" is none; pictures in such a folder are read, too. `pictures`:
  /// more of them, whose folders take no pictures of the run: their names would mix.
  explicit Outputs(const std::vector<std::string>& inputs, const std::vector<std::string>& pictures = {});
  ~Outputs();
  Outputs(const Outputs&) = delete;
  Outputs& operator=(const Outputs&) = delete;

  /// "" is none; "-" is standard output.
  void add_file(const std::string& path);
  /// A picture, one of many, that is neither held nor compared with the others: refused where its folder is one of
  /// pictures that are read.
  void check_picture(const std::string& path) const;
  /// The same for a file of another kind, in whatever folder.
  void check_not_read(const std::string& path) const;
  /// For pictures; makes it. "" is none.
  void add_folder(const std::string& path);

 private:
  using Identity = std::pair<unsigned long, unsigned long>;  // device, inode

  static Identity identity_of(const struct stat& status);
  void add_input(const std::string& path, bool is_picture);
  void check_folder(const std::string& folder, const std::string& path) const;
  void hold(const std::string& path);

  std::set<Identity> files_, folders_;  // that are read
  std::set<Identity> picture_folders_;
  std::set<std::string> named_;
  std::set<Identity> written_;  // of what was named, what is there already
  std::vector<int> locks_;
};

}  // namespace vcl
