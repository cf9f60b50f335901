// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/learning/average_models.hpp"

#include "vcl/error.hpp"

namespace vcl::train {

Model average_models(const std::vector<std::string>& paths) {
  if (paths.size() < 2) throw Error(ErrorKind::Invalid, "an average needs two models or more; name further ones");
  Model average = load_model(paths.back());
  TensorMap& sums = average.weights.tensors();
  for (std::size_t i = 0; i + 1 < paths.size(); ++i) {
    const Model model = load_model(paths[i]);
    const auto differ = [&](const std::string& tensor) {
      return Error(ErrorKind::Invalid, paths[i] + " and " + paths.back() +
                                           " are not the same network: they differ in " + tensor +
                                           "; name models of one network");
    };
    for (const auto& [name, tensor] : model.weights.tensors())
      if (!sums.contains(name)) throw differ(name);
    for (auto& [name, sum] : sums) {
      const auto found = model.weights.tensors().find(name);
      if (found == model.weights.tensors().end() || found->second.sizes() != sum.sizes()) throw differ(name);
      if (sum.is_floating_point()) sum = sum + found->second;
    }
  }
  for (auto& [name, sum] : sums)
    if (sum.is_floating_point()) sum = sum / double(paths.size());
  return average;
}

}  // namespace vcl::train
