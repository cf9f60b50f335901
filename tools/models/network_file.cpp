// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/models/network_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "vcl/error.hpp"

namespace vcl {

StateDict network_of(const Checkpoint& file, const std::string& container) {
  return state_dict(file, {container, !file.metadata().contains(kModelConfiguration)});
}

std::string configuration_in(const Checkpoint& file, const TensorShapes& shapes) {
  const auto given = file.metadata().find(kModelConfiguration);
  return given != file.metadata().end() ? given->second : configuration_of(shapes);
}

std::size_t check_tensors(const std::string& path, const TensorShapes& expected, const std::string& architecture,
                          const std::string& container) {
  const Checkpoint file = Checkpoint::open(path);
  if (const std::string detector = detector_in(file); !detector.empty())
    throw Error(
        ErrorKind::Unsupported,
        fmt::format("'{}' is {}, which gst-vcl does not run; vcl model get lists what it runs", path, detector));
  const StateDict network = network_of(file, container);
  const TensorShapes shapes = tensor_shapes(network.tensors);
  std::vector<std::string> problems = tensor_problems(shapes, expected);
  const std::string kind = architecture_of(configuration_in(file, shapes));
  for (const auto& [name, tensor] : network.tensors)
    if (!only_training_needs(kind, name) && !is_finite(tensor))
      problems.push_back(name + " holds values that are infinite or no numbers");
  for (const std::string& problem : problems) fmt::print(stderr, "{}\n", problem);
  if (!problems.empty())
    throw Error(ErrorKind::Unreadable,
                fmt::format("'{}' is no {}: {} tensors do not fit, as listed above; get the file again "
                            "or name another architecture",
                            path, architecture, problems.size()));
  return shapes.size();
}

std::string detector_in(const Checkpoint& file) {
  const auto has = [&](const char* part) {
    return std::ranges::any_of(file.tensors(),
                               [&](const auto& tensor) { return tensor.first.find(part) != std::string::npos; });
  };
  if (!has("roi_heads.") || !has("proposal_generator.")) return "";
  return has("roi_heads.box_head.1.") ? "a Cascade Mask R-CNN of detectron2, as CutLER publishes"
                                      : "a Mask R-CNN of detectron2, as CutLER publishes";
}

}  // namespace vcl
