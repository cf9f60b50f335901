// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <optional>

#include "support/outputs.hpp"
#include "tools/verbs.hpp"
#include "vcl/checkpoint.hpp"
#include "vcl/engine.hpp"
#include "vcl/error.hpp"
#include "vcl/model.hpp"

namespace vcl {
namespace {

constexpr const char* kDTypeNames[] = {"U8", "I8", "I16", "I32", "I64", "F16", "BF16", "F32", "F64", "BOOL"};
constexpr const char* kConfiguration = "vcl";  // the metadata entry of model files

std::size_t value_count(const std::vector<std::int64_t>& shape) {
  std::size_t count = 1;
  for (const std::int64_t side : shape) count *= std::size_t(side);
  return count;
}

/// Returns the network in a file. Our models are read unchanged. Names in checkpoints lose the prefixes that training
/// added.
StateDict network_of(const Checkpoint& file, const std::string& container) {
  return state_dict(file, {container, !file.metadata().contains(kConfiguration)});
}

std::string configuration_in(const Checkpoint& file, const TensorShapes& shapes) {
  const auto given = file.metadata().find(kConfiguration);
  return given != file.metadata().end() ? given->second : configuration_of(shapes);
}

/// Names what a network does not need of its file.
void print_passed_over(const Checkpoint& file) {
  if (file.tensors().empty()) return;
  const TensorShapes shapes = tensor_shapes(network_of(file, "").tensors);
  const std::string architecture = architecture_of(configuration_in(file, shapes));
  for (const auto& [name, shape] : shapes)
    if (only_training_needs(architecture, name)) fmt::print("passed over, only training needs it: {}\n", name);
}

void print_model_info(const std::string& path, bool lists_tensors) {
  const Checkpoint file = Checkpoint::open(path);
  std::size_t bytes = 0, values = 0;
  for (const auto& [name, tensor] : file.tensors()) {
    values += value_count(tensor.shape);
    bytes += value_count(tensor.shape) * dtype_size(tensor.dtype);
  }
  fmt::print("file: {}\ntensors: {}\nvalues: {}\nbytes: {}\n", path, file.tensors().size(), values, bytes);
  for (const auto& [key, value] : file.metadata()) fmt::print("{}: {}\n", key, value);
  print_passed_over(file);
  if (!lists_tensors) return;
  for (const auto& [name, tensor] : file.tensors())
    fmt::print("{} {} [{}]\n", name, kDTypeNames[int(tensor.dtype)], fmt::join(tensor.shape, ", "));
}

void print_verified(const std::string& path, std::size_t tensors, const std::string& architecture) {
  fmt::print("{}: {} tensors, all of {} and no other\n", path, tensors, architecture);
}

void verify_model(const std::string& path, const std::string& architecture, const std::string& container) {
  const Checkpoint file = Checkpoint::open(path);
  const StateDict network = network_of(file, container);
  const TensorShapes shapes = tensor_shapes(network.tensors);
  const std::string named = architecture_of(configuration_in(file, shapes));
  if (architecture.empty() && named == "video_mask2former") {
    open_engine({.model = path});
    fmt::print("{}: {} tensors, with which the {} runs\n", path, shapes.size(), named);
    return;
  }
  const TensorShapes expected = architecture.empty() ? vit_tensors_like(shapes) : official_tensors(architecture);
  if (expected.empty() || (architecture.empty() && named != "dino_vit"))
    throw Error(ErrorKind::Unsupported, fmt::format("'{}' {}; name an official network with --arch: {}", path,
                                                    named.empty() ? "does not tell what network it is"
                                                                  : "holds a " + named + ", whose sizes are free",
                                                    fmt::join(official_architectures(), ", ")));
  std::vector<std::string> problems = tensor_problems(shapes, expected);
  for (const auto& [name, tensor] : network.tensors)
    if (!only_training_needs(named, name) && !is_finite(tensor))
      problems.push_back(name + " holds values that are infinite or no numbers");
  for (const std::string& problem : problems) fmt::print(stderr, "{}\n", problem);
  const std::string name = architecture.empty() ? named : architecture;
  if (!problems.empty())
    throw Error(ErrorKind::Unreadable,
                fmt::format("'{}' is no {}: {} tensors do not fit, as listed above; get the file again "
                            "or name another architecture",
                            path, name, problems.size()));
  print_verified(path, shapes.size(), name);
}

void convert_model(const std::string& in, const std::string& out, const std::string& container) {
  Outputs outputs({in});
  outputs.add_file(out);
  const Checkpoint file = Checkpoint::open(in);
  const StateDict network = network_of(file, container);
  const std::string configuration = configuration_in(file, tensor_shapes(network.tensors));
  if (configuration.empty())
    throw Error(ErrorKind::Unsupported,
                fmt::format("'{}' holds no network that vcl knows; vision transformers of DINO, DINOv2 and DINOv3, and "
                            "video_mask2former_r50 "
                            "can be converted (vcl model info --tensors lists what there is)",
                            in));
  write_safetensors(out, network.tensors, {{"format", "pt"}, {kConfiguration, configuration}});
  fmt::print(stderr, "{} tensors of a {}\n", network.tensors.size(), architecture_of(configuration));
}

struct ModelOptions {
  std::string path, out, architecture, container, seed = "0";
  std::optional<char> rule;
  bool lists_tensors = false;
};

void add_info(CLI::App* verb, const std::shared_ptr<ModelOptions>& options) {
  CLI::App* info = verb->add_subcommand("info", "Print the content of a weights file");
  info->add_option("MODEL", options->path, "model file or checkpoint; the default model if not given");
  info->add_flag("--tensors", options->lists_tensors, "list every tensor with its type and shape");
  info->callback([options] {
    print_model_info(options->path.empty() ? default_model_path() : options->path, options->lists_tensors);
  });
}

void add_verify(CLI::App* verb, const std::shared_ptr<ModelOptions>& options) {
  CLI::App* verify =
      verb->add_subcommand("verify", "Check the tensors of a file against its architecture, or against --arch");
  verify->add_option("MODEL", options->path, "model file or checkpoint")->required();
  verify->add_option("--arch", options->architecture, "official architecture")
      ->check(CLI::IsMember(official_architectures()));
  verify->add_option("--container", options->container, "network of a full checkpoint: teacher, student, ...");
  verify->callback([options] { verify_model(options->path, options->architecture, options->container); });
}

void add_convert(CLI::App* verb, const std::shared_ptr<ModelOptions>& options) {
  CLI::App* convert = verb->add_subcommand("convert", "Convert an official checkpoint to a model file");
  convert->add_option("IN", options->path, "checkpoint (.pth, .pkl) or .safetensors file")->required();
  convert->add_option("OUT", options->out, "model file to write (.safetensors)")->required();
  convert->add_option("--container", options->container, "network of a full checkpoint: teacher, student, ...");
  convert->callback([options] { convert_model(options->path, options->out, options->container); });
}

void add_pattern(CLI::App* verb, const std::shared_ptr<ModelOptions>& options) {
  CLI::App* pattern = verb->add_subcommand("pattern", "Write a model whose weights come from a formula, for tests");
  pattern->add_option("--out,OUT", options->out, "model file to write (.safetensors)")->required();
  pattern->add_option("--arch", options->architecture, "official architecture")
      ->required()
      ->check(CLI::IsMember(official_architectures()));
  pattern->add_option("--seed", options->seed, "any text (default 0)");
  pattern->add_option("--rule", options->rule, "scales of the weights of a vision transformer: A (the default), B or C")
      ->check(CLI::IsMember({"A", "B", "C"}));
  pattern->callback([options] {
    Outputs outputs({});
    outputs.add_file(options->out);
    write_pattern_model(options->out, options->architecture, options->seed, options->rule);
  });
}

}  // namespace

void add_model(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("model", "Inspect, check, convert and make model files");
  verb->require_subcommand(1);
  const auto options = std::make_shared<ModelOptions>();
  add_info(verb, options);
  add_verify(verb, options);
  add_convert(verb, options);
  add_pattern(verb, options);
}

}  // namespace vcl
