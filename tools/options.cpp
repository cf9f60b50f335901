// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/options.hpp"

#include <map>

#include "vcl/error.hpp"

namespace vcl {

void add_precision(CLI::App* verb, Precision& precision) {
  verb->add_option("--precision", precision,
                   "fp32 (the default) or bf16, which is faster on processors and GPUs that have instructions for it, "
                   "and slower on others")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, Precision>{{"fp32", Precision::Fp32}, {"bf16", Precision::Bf16}}));
}

void add_bits(CLI::App* verb, int& bits) {
  verb->add_option("--bits", bits, "bits that pictures with samples of 16 bits hold, such as 12; 16 by default")
      ->check(CLI::Range(9, 16));
}

void add_image_options(CLI::App* verb, ImageOptions& options) {
  FeatureOptions& o = options.features;
  verb->add_option("--model", o.model, "model file, or a name (vcl model get); the default model if not given");
  verb->add_option("--device", o.device, "auto, cpu, cuda or cuda:N");
  verb->add_option("--threads", o.threads, "CPU threads; 0: all usable processors")->check(CLI::Range(0, 256));
  add_precision(verb, o.precision);
  verb->add_option_function<std::string>(
      "--size",
      [&o](const std::string& text) {
        try {
          o.input = input_size_from_text(text);
        } catch (const Error& error) {
          throw CLI::ValidationError("--size", error.what());
        }
      },
      "scale images to WxH, or to a square with this side (default 480)");
  add_bits(verb, options.bits);
  verb->add_flag("--quiet", options.quiet, "print errors only");
}

}  // namespace vcl
