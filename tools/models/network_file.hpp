// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "vcl/checkpoint.hpp"
#include "vcl/model.hpp"

namespace vcl {

/// The entry of the metadata of model files that holds their configuration.
inline constexpr const char* kModelConfiguration = "vcl";

/// Returns the network in a file. Our models are read unchanged. Names in checkpoints lose the prefixes that training
/// added. `container` is the network of a full checkpoint; empty: as state_dict() chooses.
StateDict network_of(const Checkpoint& file, const std::string& container = {});

/// Returns the configuration of the network as JSON: of the file, or else by its tensors. Empty: unknown.
std::string configuration_in(const Checkpoint& file, const TensorShapes& shapes);

/// Compares the tensors of a file with those of an architecture. Prints what does not fit to standard error, and throws
/// Error(Unreadable) if anything does not. Returns how many tensors there are.
std::size_t check_tensors(const std::string& path, const TensorShapes& expected, const std::string& architecture,
                          const std::string& container = {});

/// Returns what kind of detector a file holds that the engine cannot run, or an empty string: CutLER also publishes
/// detectors of detectron2, with a region proposal network.
std::string detector_in(const Checkpoint& file);

}  // namespace vcl
