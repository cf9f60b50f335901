// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

namespace vcl {

/// Returns the SHA-256 of a file in hexadecimal digits. Throws Error(Unreadable) that names the file.
std::string sha256_of(const std::string& path);

/// The user's models by name: model_folder() of the library. NAME.pth, or with the ending of the authors' file, is the
/// model, and NAME.sha256 is the hash that it had when it came. Methods throw Error that names the file and the cure.
class ModelFolder {
 public:
  /// The folder need not exist.
  ModelFolder();
  /// Creates the folder if it does not exist.
  void create() const;

  /// Returns the file of a model, or an empty string if there is none of that name.
  std::string find(const std::string& name) const;
  /// Returns where a model would be, from the name of its file.
  std::string place(const std::string& name, const std::string& file_name) const;
  /// Returns the hash that the model had when it came, or an empty string if it did not come by these verbs.
  std::string known_hash(const std::string& name) const;
  void remember_hash(const std::string& path, const std::string& hash) const;
  /// Returns the names of all models, in order.
  std::vector<std::string> names() const;

 private:
  std::string folder_;
};

}  // namespace vcl
