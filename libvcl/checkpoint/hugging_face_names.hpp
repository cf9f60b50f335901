// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "vcl/checkpoint.hpp"

namespace vcl {

/// Maps names in the network to names in the file.
using NamesInFile = std::map<std::string, std::string>;

/// Names in the file of queries, keys and values of one tensor; an empty one is zero.
using Thirds = std::array<std::string, 3>;

/// If these are Hugging Face's names of DINOv2 or DINOv3 (method.md 1.7), gives the tensors the names of the authors,
/// moves those that are thirds of a tensor to the result, and leaves names that it does not know as they are. Throws
/// Error(Unreadable) if names of the authors are among them.
std::map<std::string, Thirds> take_hugging_face_names(NamesInFile& names, const std::string& path);

/// Joins thirds along their first side to the tensor `name`, which becomes `joined`, and returns its bytes. Throws
/// Error(Unreadable) if they do not fit each other.
std::shared_ptr<const std::vector<std::byte>> join_parts(const Checkpoint& checkpoint, const std::string& name,
                                                         const Thirds& parts, TensorView& joined);

}  // namespace vcl
