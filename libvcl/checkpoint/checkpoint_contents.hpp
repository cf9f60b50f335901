// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "libvcl/checkpoint/pickle_value.hpp"
#include "libvcl/checkpoint/stored_tensor.hpp"
#include "libvcl/files/mapped_file.hpp"
#include "vcl/checkpoint.hpp"

namespace vcl {

/// The contents that all formats have in common.
struct CheckpointContents {
  CheckpointFormat format = CheckpointFormat::Safetensors;
  std::map<std::string, StoredTensor> tensors;
  std::set<std::string> containers;
  std::map<std::string, std::string> left_out, metadata;
};

// One reader per format. Each fills in the bytes of the heap's storages and returns the saved value.
pickle::Ref read_torch_zip(pickle::Heap& heap);
/// Reads a pickle of numpy arrays or a legacy file of torch.save, which also begins with a pickle, and sets `format`.
pickle::Ref read_pickle_file(pickle::Heap& heap, CheckpointFormat& format);

/// Names every tensor below `root` by its path: the keys of dictionaries and positions in lists, joined by dots.
void name_tensors(const pickle::Heap& heap, pickle::Ref root, CheckpointContents& contents);

}  // namespace vcl
