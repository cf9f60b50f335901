// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sys/stat.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace vcl {

/// Returns the file extension in lower case, with its dot: ".mp4" for OUT.MP4, or "" if there is none.
std::string ending_of(const std::string& path);

/// Returns whether the file extension is that of a readable picture.
bool is_picture_name(const std::string& path);

/// The files and folders that a run will write. They are checked before any work is done: none may be read by the run,
/// be named twice, or be written by another run. Devices and pipes may be named twice. Throws Error(Invalid | NotFound
/// | Unreadable) that names the file and the cure.
class Outputs {
 public:
  /// `inputs` are files and folders that the run reads ("": none, fd://0: standard input, which may be a file);
  /// pictures in such a folder count as read. `pictures` are more inputs. The run may not write pictures into their
  /// folders, because the names would mix.
  explicit Outputs(const std::vector<std::string>& inputs, const std::vector<std::string>& pictures = {});
  ~Outputs();
  Outputs(const Outputs&) = delete;
  Outputs& operator=(const Outputs&) = delete;

  /// "" means none, "-" standard output.
  void add_file(const std::string& path);
  /// Throws if a picture would overwrite an input or lie in a folder of input pictures. The picture is one of many, so
  /// it is not locked and not compared with other outputs.
  void check_picture(const std::string& path) const;
  /// Throws if a file would overwrite an input, whatever its kind and folder.
  void check_not_read(const std::string& path) const;
  /// Adds a folder for pictures, and creates it. "" means none.
  void add_folder(const std::string& path);

 private:
  using Identity = std::pair<unsigned long, unsigned long>;  // device, inode

  static Identity identity_of(const struct stat& status);
  void add_input(const std::string& path, bool is_picture);
  void check_folder(const std::string& folder, const std::string& path) const;
  void hold(const std::string& path);

  std::set<Identity> files_, folders_;  // inputs
  std::set<Identity> picture_folders_;
  std::set<std::string> named_;
  std::set<Identity> written_;  // existing files among the outputs
  std::vector<int> locks_;
};

}  // namespace vcl
