// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/models/model_folder.hpp"
#include "tools/models/model_verbs.hpp"
#include "tools/models/network_file.hpp"
#include "tools/models/published.hpp"
#include "vcl/engine.hpp"

namespace vcl {
namespace {

constexpr const char* kDTypeNames[] = {"U8", "I8", "I16", "I32", "I64", "F16", "BF16", "F32", "F64", "BOOL"};
constexpr const char* kFormatNames[] = {"safetensors", "PyTorch", "PyTorch before 1.6", "pickle of numpy arrays"};

constexpr const char* kUsesOfFeatures = "vcl features, vcl maskcut, vcl-train pseudo-label; dinofeatures, maskcut";
constexpr const char* kUsesOfVideo = "vcl segment, vcl-vis-segment; vcl-train fit --init";

std::size_t value_count(const std::vector<std::int64_t>& shape) {
  std::size_t count = 1;
  for (const std::int64_t side : shape) count *= std::size_t(side);
  return count;
}

/// Returns the length of a side of a tensor, or 0 if it is not there.
std::int64_t side(const TensorShapes& shapes, const char* name, std::size_t which) {
  const auto found = shapes.find(name);
  return found != shapes.end() && which < found->second.size() ? found->second[which] : 0;
}

std::size_t depth_of(const TensorShapes& shapes) {
  std::size_t depth = 0;
  while (shapes.contains(fmt::format("blocks.{}.norm1.weight", depth))) ++depth;
  return depth;
}

void print_vit(const TensorShapes& shapes) {
  const std::int64_t patch = side(shapes, "patch_embed.proj.weight", 3);
  fmt::print("network: vision transformer of {} blocks with {} channels, patches of {} pixels\n", depth_of(shapes),
             side(shapes, "cls_token", 2), patch);
  fmt::print("input: RGB, sides that are multiples of {} pixels\nused by: {}\n", patch, kUsesOfFeatures);
}

void print_video_network(const TensorShapes& shapes, const nlohmann::json& configuration) {
  fmt::print("network: VideoMask2Former with {} queries\n",
             side(shapes, "sem_seg_head.predictor.query_feat.weight", 0));
  fmt::print("input: RGB{}, about {} pixels, windows of {} frames\nused by: {}\n",
             configuration.contains("motion") ? " and motion" : "", configuration.value("canvas_pixels", 0),
             configuration.value("window", 0), kUsesOfVideo);
}

void print_passed_over(const TensorShapes& shapes, const std::string& architecture) {
  for (const auto& [name, shape] : shapes)
    if (only_training_needs(architecture, name)) fmt::print("passed over, only training needs it: {}\n", name);
}

/// Prints what the network is, what it is good for, and what it does not need of its file.
void print_network(const Checkpoint& file) {
  if (const std::string detector = detector_in(file); !detector.empty())
    return fmt::print("network: {}; gst-vcl does not run it\n", detector);
  if (file.tensors().empty()) return;
  const TensorShapes shapes = tensor_shapes(network_of(file).tensors);
  const std::string text = configuration_in(file, shapes);
  const auto configuration = nlohmann::json::parse(text, nullptr, false);
  const std::string architecture = architecture_of(text);
  if (architecture == "dino_vit")
    print_vit(shapes);
  else if (architecture == "video_mask2former")
    print_video_network(shapes, configuration);
  else if (architecture == "dino_resnet")
    fmt::print("network: ResNet-50\nused by: {}\n", kUsesOfFeatures);
  else
    fmt::print("network: {}\n", architecture.empty() ? "none that gst-vcl knows" : architecture);
  print_passed_over(shapes, architecture);
}

void print_info(const std::string& path, bool lists_tensors) {
  const Checkpoint file = Checkpoint::open(path);
  const std::filesystem::path name(path);
  const PublishedModel* published = published_model(name.stem());
  if (published == nullptr) published = published_file(name.filename());
  std::size_t bytes = 0, values = 0;
  for (const auto& [tensor_name, tensor] : file.tensors()) {
    values += value_count(tensor.shape);
    bytes += value_count(tensor.shape) * dtype_size(tensor.dtype);
  }
  fmt::print("file: {}\nformat: {}\nsha256: {}\n", path, kFormatNames[int(file.format())], sha256_of(path));
  print_network(file);
  if (published != nullptr)
    fmt::print("by its name: {}\nlicense, if so: {} ({})\n", published->about, published->license, published->page);
  fmt::print("tensors: {}\nvalues: {}\nbytes: {}\n", file.tensors().size(), values, bytes);
  for (const auto& [key, value] : file.metadata()) fmt::print("{}: {}\n", key, value);
  if (!lists_tensors) return;
  for (const auto& [tensor_name, tensor] : file.tensors())
    fmt::print("{} {} [{}]\n", tensor_name, kDTypeNames[int(tensor.dtype)], fmt::join(tensor.shape, ", "));
}

struct InfoOptions {
  std::string model;
  bool lists_tensors = false;
};

}  // namespace

void add_model_info(CLI::App& model) {
  CLI::App* info = model.add_subcommand("info", "Print what a model file is and holds");
  const auto options = std::make_shared<InfoOptions>();
  info->add_option("MODEL", options->model, "name, model file or checkpoint; the default model if not given");
  info->add_flag("--tensors", options->lists_tensors, "list every tensor with its type and shape");
  info->callback([options] { print_info(model_path(options->model), options->lists_tensors); });
}

}  // namespace vcl
