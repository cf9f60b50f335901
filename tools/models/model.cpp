// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <optional>

#include "support/outputs.hpp"
#include "tools/models/model_verbs.hpp"
#include "tools/models/network_file.hpp"
#include "tools/verbs.hpp"
#include "vcl/checkpoint.hpp"
#include "vcl/engine.hpp"
#include "vcl/error.hpp"
#include "vcl/model.hpp"

namespace vcl {
namespace {

void print_verified(const std::string& path, std::size_t tensors, const std::string& architecture) {
  fmt::print("{}: {} tensors, all of {} and no other\n", path, tensors, architecture);
}

void verify_model(const std::string& path, const std::string& architecture, const std::string& container) {
  if (!architecture.empty())
    return print_verified(path, check_tensors(path, official_tensors(architecture), architecture, container),
                          architecture);
  const Checkpoint file = Checkpoint::open(path);
  const TensorShapes shapes = tensor_shapes(network_of(file, container).tensors);
  const std::string named = architecture_of(configuration_in(file, shapes));
  if (named == "video_mask2former") {
    open_engine({.model = path});
    fmt::print("{}: {} tensors, with which the {} runs\n", path, shapes.size(), named);
    return;
  }
  const TensorShapes expected = vit_tensors_like(shapes);
  if (expected.empty() || named != "dino_vit")
    throw Error(ErrorKind::Unsupported, fmt::format("'{}' {}; name an official network with --arch: {}", path,
                                                    named.empty() ? "does not tell what network it is"
                                                                  : "holds a " + named + ", whose sizes are free",
                                                    fmt::join(official_architectures(), ", ")));
  print_verified(path, check_tensors(path, expected, named, container), named);
}

void convert_model(const std::string& in, const std::string& out, const std::string& container) {
  Outputs outputs({in});
  outputs.add_file(out);
  const Checkpoint file = Checkpoint::open(in);
  const StateDict network = network_of(file, container);
  const std::string configuration = configuration_in(file, tensor_shapes(network.tensors));
  if (configuration.empty())
    throw Error(ErrorKind::Unsupported,
                fmt::format("'{}' holds no network that vcl knows: transformers of DINO, DINOv2 and DINOv3, and "
                            "video_mask2former_r50 can be converted (vcl model info --tensors lists what there is)",
                            in));
  write_safetensors(out, network.tensors, {{"format", "pt"}, {kModelConfiguration, configuration}});
  fmt::print(stderr, "{} tensors of a {}\n", network.tensors.size(), architecture_of(configuration));
}

struct ModelOptions {
  std::string path, out, architecture, container, seed = "0";
  std::optional<char> rule;
};

void add_verify(CLI::App* verb, const std::shared_ptr<ModelOptions>& options) {
  CLI::App* verify =
      verb->add_subcommand("verify", "Check the tensors of a file against its architecture, or against --arch");
  verify->add_option("MODEL", options->path, "model file or checkpoint")->required();
  verify->add_option("--arch", options->architecture, "official architecture")
      ->check(CLI::IsMember(official_architectures()));
  verify->add_option("--container", options->container, "network of a full checkpoint: teacher, student, ...");
  verify->callback([options] { verify_model(model_path(options->path), options->architecture, options->container); });
}

void add_convert(CLI::App* verb, const std::shared_ptr<ModelOptions>& options) {
  CLI::App* convert = verb->add_subcommand("convert", "Convert an official checkpoint to a model file");
  convert->add_option("IN", options->path, "checkpoint (.pth, .pkl) or .safetensors file")->required();
  convert->add_option("OUT", options->out, "model file to write (.safetensors)")->required();
  convert->add_option("--container", options->container, "network of a full checkpoint: teacher, student, ...");
  convert->callback([options] { convert_model(model_path(options->path), options->out, options->container); });
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
  CLI::App* verb = app.add_subcommand("model", "Get, inspect, check, convert and make models");
  verb->require_subcommand(1);
  const auto options = std::make_shared<ModelOptions>();
  add_model_get(*verb);
  add_model_add(*verb);
  add_model_info(*verb);
  add_verify(verb, options);
  add_convert(verb, options);
  add_pattern(verb, options);
}

}  // namespace vcl
