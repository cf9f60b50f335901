// SPDX-License-Identifier: LGPL-2.1-or-later
#include "options.hpp"

#include <charconv>

namespace vcl {
namespace {

bool parse_side(std::string_view text, int& side) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), side);
  return error == std::errc() && end == text.data() + text.size() && side >= 1 && side <= kMaxInputSide;
}

bool parse_size(std::string_view text, Size& size) {
  const std::size_t x = text.find('x');
  if (x == text.npos) return parse_side(text, size.width) && parse_side(text, size.height);
  return parse_side(text.substr(0, x), size.width) && parse_side(text.substr(x + 1), size.height);
}

}  // namespace

void add_image_options(CLI::App* verb, ImageOptions& options) {
  FeatureOptions& o = options.features;
  verb->add_option("--model", o.model, "model file; the embedded one by default");
  verb->add_option("--device", o.device, "auto, cpu, cuda or cuda:N");
  verb->add_option("--threads", o.threads, "CPU threads; 0: all usable ones")->check(CLI::Range(0, 256));
  verb->add_option("--precision", o.precision,
                   "fp32 (the default), or bf16: several times faster on processors and GPUs that have instructions "
                   "for it, slower on others")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, Precision>{{"fp32", Precision::Fp32}, {"bf16", Precision::Bf16}}));
  verb->add_option_function<std::string>(
          "--size", [&o](const std::string& text) { parse_size(text, o.input); },
          "scale images to WxH, or to a square (480 by default)")
      ->check([](const std::string& text) {
        Size size;
        return parse_size(text, size)
                   ? ""
                   : text + " is not a size: give W or WxH, sides from 1 to " + std::to_string(kMaxInputSide);
      });
  verb->add_flag("--quiet", options.quiet, "print errors only");
}

}  // namespace vcl
