// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>

#include <map>
#include <memory>

#include "support/outputs.hpp"
#include "tools/images/feature_file.hpp"
#include "tools/images/feature_picture.hpp"
#include "tools/media/picture.hpp"
#include "tools/options.hpp"
#include "tools/verbs.hpp"
#include "vcl/error.hpp"
#include "vcl/feature_colors.hpp"

namespace vcl {
namespace {

struct FeaturesOptions : ImageOptions {
  std::string image, out, pca, attention;
};

void run_features(const FeaturesOptions& options) {
  Outputs outputs({options.image, options.features.model});
  for (const std::string& path : {options.out, options.pca, options.attention}) outputs.add_file(path);
  const cv::Mat image = read_image(options.image, {options.bits, options.quiet});
  FeatureOptions network = options.features;
  network.attention = !options.attention.empty();
  const auto extractor = open_features(network);
  const FeatureMap map = extractor->extract(view_of(image));
  if (network.attention && map.attention.empty())
    throw Error(ErrorKind::Unsupported,
                "--attention: the model has none, only vision transformers do: name one with --model, or use --pca");
  if (!options.out.empty()) write_features(options.out, map, extractor->input(view_of(image)));
  if (!options.pca.empty()) write_png(options.pca, paint_patches(map, FeatureColors().paint(map)));
  if (!options.attention.empty())
    write_png(options.attention, paint_patches(map, heat_colors(AttentionScale().apply(map))));
  if (!options.quiet)
    fmt::print(stderr, "{} channels, {}x{} patches of {} pixels\n", map.channels, map.grid.width, map.grid.height,
               map.stride);
}

}  // namespace

void add_features(CLI::App& app) {
  auto options = std::make_shared<FeaturesOptions>();
  FeaturesOptions& o = *options;
  CLI::App* verb = app.add_subcommand("features", "Compute the patch features of an image");
  verb->add_option("IMAGE", o.image, "image file")->required();
  verb->add_option("--out", o.out, "write a .safetensors file with the features [C, rows, columns] and the input");
  verb->add_option("--pca", o.pca, "write a PNG with the three strongest principal components as colors");
  verb->add_option("--attention", o.attention, "write a PNG of what the layer's class token attends to");
  verb->add_option("--layer", o.features.layer, "transformer block, from 0 (default: the last)")
      ->check(CLI::NonNegativeNumber);
  verb->add_option(
          "--facet", o.features.facet,
          "k (keys, the default), q (queries), v (values), kqv (all three) or t (tokens: what the block returns)")
      ->transform(CLI::CheckedTransformer(std::map<std::string, Facet>{
          {"k", Facet::Key}, {"q", Facet::Query}, {"v", Facet::Value}, {"kqv", Facet::All}, {"t", Facet::Token}}));
  add_image_options(verb, o);
  verb->callback([options] { run_features(*options); });
}

}  // namespace vcl
