// SPDX-License-Identifier: LGPL-2.1-or-later
// Features, cuts, the CRF and the video network on a device, as a Markdown table. Each row shows the share of the
// device's optimum: the counted work of the method, divided by the rate of a plain matrix product or copy that is
// measured in the same run.
//   gpu [--device cuda] [--quick]
// Networks have pattern weights (vcl model pattern), which cost as much as real ones. --quick selects small sizes for a
// trial.
#include <c10/core/InferenceMode.h>

#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "benchmarks/speed/gpu_measure.hpp"
#include "benchmarks/speed/made_up_photo.hpp"
#include "benchmarks/speed/random_network.hpp"
#include "libvcl/crf/crf_lattices.hpp"
#include "libvcl/engine/device.hpp"
#include "libvcl/engine/dino/preprocess.hpp"
#include "libvcl/engine/dino/vit.hpp"
#include "libvcl/engine/maskcut/cuda_crf.hpp"
#include "libvcl/engine/maskcut/maskcut.hpp"
#include "libvcl/engine/video/video_mask2former.hpp"
#include "vcl/model.hpp"

namespace vcl {
namespace {

struct Run {
  at::Device device = at::kCPU;
  bool quick = false;
  double seconds = 0.5;  // per round
  Floor floor{};
};

/// `least` is the minimum time in seconds, or 0 if none is computed.
void print_row(const std::string& what, double seconds, int images, double least) {
  std::printf("| %s | %.3f | %.1f | ", what.c_str(), 1e3 * seconds, images / seconds);
  least > 0 ? std::printf("%.1f %% |\n", 100 * least / seconds) : std::printf("- |\n");
  std::fflush(stdout);
}

Weights pattern_weights(const std::string& architecture, at::Device device) {
  TensorMap map;
  for (const auto& [name, shape] : official_tensors(architecture))
    map.emplace(name, at::tensor(pattern_tensor("benchmark", name, shape, 'B')).view(shape).to(device));
  return Weights(std::move(map));
}

Weights converted(const Weights& weights, at::ScalarType type) {
  TensorMap map;
  for (const auto& [name, tensor] : weights.tensors()) map.emplace(name, tensor.to(type));
  return Weights(std::move(map));
}

/// Returns the FLOPs for the keys of one image: the matrix products of all blocks except the last, and the key third of
/// the last.
double feature_flops(const Weights& weights, int side) {
  const double channels = double(vit_channels(weights)), patch = double(vit_patch(weights));
  const double patches = side / patch * (side / patch), tokens = patches + 1;
  const int depth = (weights / "blocks").count();
  const double hidden = double(weights["blocks.0.mlp.fc1.weight"].size(0));
  const double block = 2 * tokens * channels * (4 * channels + 2 * hidden) + 4 * tokens * tokens * channels;
  return 2 * patches * 3 * patch * patch * channels + (depth - 1) * block + 2 * patches * channels * channels;
}

void measure_features(const Run& run, const std::string& architecture) {
  const int side = run.quick ? 96 : kSide;
  const Weights weights = pattern_weights(architecture, run.device);
  const double flops = feature_flops(weights, side);
  struct Precision {
    const char* name;
    at::ScalarType type;
    bool tf32;
    double rate;
  };
  std::vector<Precision> precisions{{"fp32", at::kFloat, false, run.floor.fp32}};
  if (run.device.is_cuda()) precisions.push_back({"tf32", at::kFloat, true, run.floor.tf32});
  precisions.push_back({"bf16", at::kBFloat16, false, run.floor.bf16});
  for (const Precision& precision : precisions) {
    at::globalContext().setAllowTF32CuBLAS(precision.tf32);
    const Weights own = converted(weights, precision.type);
    VitPositions positions;
    for (const int batch : {1, run.quick ? 4 : 32}) {
      const at::Tensor images = at::randn({batch, 3, side, side}, run.device).to(precision.type);
      const double seconds =
          seconds_of(run.device, run.seconds, [&] { vit_features(images, own, {}, Facet::Key, &positions); });
      print_row("features " + architecture + " " + precision.name + ", batch " + std::to_string(batch), seconds, batch,
                batch * flops / precision.rate);
    }
  }
  at::globalContext().setAllowTF32CuBLAS(false);
}

/// Measures the conversion of a video-sized photo to the network's input: scaling on the CPU, like Pillow, and copying.
void measure_input(const Run& run) {
  const Size size{1280, 720};
  std::vector<std::uint8_t> rgb(3 * 1280 * 720);
  for (std::size_t i = 0; i < rgb.size(); ++i) rgb[i] = std::uint8_t(i * 2654435761u >> 24);
  const double seconds = seconds_of(run.device, run.seconds, [&] {
    vit_input_resized(rgb.data(), size, {kSide, kSide}, 8).to(run.device);
  });
  print_row("input of a 1280x720 photo (processor and copy)", seconds, 1,
            2.0 * 3 * kSide * kSide * 4 / run.floor.bytes);
}

/// Measures three cuts. The minimum is one product of all features, and per cut one read of the similarity of patches
/// as bytes.
void measure_cuts(const Run& run, const std::string& architecture) {
  const int side = run.quick ? 96 : kSide;
  const Weights weights = pattern_weights(architecture, run.device);
  const std::vector<std::uint8_t> rgb = made_up_photo();
  const at::Tensor image = vit_input_resized(rgb.data(), {kSide, kSide}, {side, side}, int(vit_patch(weights)));
  const at::Tensor features = vit_features(image.to(run.device), weights)[0];
  const double patches = double(features.size(1) * features.size(2)), channels = double(features.size(0));
  const double least = 2 * patches * patches * channels / run.floor.fp32 + 3 * patches * patches / run.floor.bytes;
  const double seconds = seconds_of(run.device, run.seconds, [&] { maskcut(features); });
  print_row("3 cuts of " + std::to_string(int(patches)) + " patches (" + architecture + ")", seconds, 1, least);
  if (run.device.is_cpu()) return;
  const double copy = seconds_of(run.device, run.seconds, [&] { features.cpu().to(run.device); });
  print_row("their features to the host and back", copy, 1, 2.0 * double(features.nbytes()) / run.floor.bytes);
}

/// Returns the bytes that a mean field step moves for four masks if nothing is read twice from memory.
template <int D>
double step_bytes(const PermutohedralLattice<D>& lattice) {
  using Lattice = PermutohedralLattice<D>;
  constexpr double kValue = 16;
  const double vertices = double(lattice.vertices()), points = double(lattice.points());
  const double splat =
      points * kValue + points * Lattice::kCorners * sizeof(typename Lattice::Member) + vertices * kValue;
  const double blur = Lattice::kCorners * vertices * (2 * kValue + sizeof(typename Lattice::Neighbours));
  const double slice = vertices * kValue + points * Lattice::kCorners * sizeof(typename Lattice::Corner);
  return splat + blur + slice;
}

double crf_bytes(const std::vector<std::uint8_t>& rgb, Size size, const CrfSettings& settings) {
  ThreadTeam team(1);
  const double pixels = double(size.width) * size.height;
  const double step =
      step_bytes(position_lattice(size, settings.position_deviation, team)) +
      step_bytes(appearance_lattice(rgb.data(), size, settings.appearance_deviation, settings.color_deviation, team));
  return settings.iterations * (step + pixels * 2 * 16);  // also reads the bias and writes the field
}

void measure_crf(const Run& run) {
  const Size size{kSide, kSide};
  const std::vector<std::uint8_t> rgb = made_up_photo();
  const std::vector<Mask> masks = coarse_masks(3);
  const CrfSettings settings;
  const double least = crf_bytes(rgb, size, settings) / run.floor.bytes;
  if (run.device.is_cuda() && has_cuda_crf()) {
    std::vector<at::Tensor> planes;
    for (const Mask& mask : masks) planes.push_back(at::tensor(mask.pixels, at::kByte).view({kSide, kSide}));
    const at::Tensor given = at::stack(planes).to(run.device),
                     image = at::tensor(rgb, at::kByte).view({kSide, kSide, 3}).to(run.device);
    CrfSettings none = settings;
    none.iterations = 0;
    print_row("CRF 480x480, lattices alone",
              seconds_of(run.device, run.seconds, [&] { cuda_crf_field(image, given, none); }), 1, 0);
    print_row("CRF 480x480, 3 masks",
              seconds_of(run.device, run.seconds, [&] { cuda_crf_field(image, given, settings); }), 1, least);
    print_row("the same from and to the host",
              seconds_of(run.device, run.seconds, [&] { cuda_refine(rgb, size, settings, masks, run.device); }), 1,
              least);
  }
  const double processor = seconds_of(at::kCPU, run.seconds, [&] { DenseCrf(rgb, size, settings).refine(masks); });
  print_row("CRF 480x480, 3 masks, on one thread of the processor", processor, 1, 0);
}

/// Measures the published video network on clips of 640x384, from images to the queries of the last prediction. One
/// frame has 122 GFLOP, counted in the authors' program.
void measure_video(const Run& run) {
  constexpr double kFlops = 122e9, kPixels = 640 * 384;
  const VideoConfig config;
  const Weights weights = random_network(run.device);
  const std::int64_t width = run.quick ? 96 : 640, height = run.quick ? 64 : 384;
  for (const int frames : run.quick ? std::vector{1, 2} : std::vector{1, 2, 4, 8, 16, 32}) {
    const at::Tensor images =
        at::randn({frames, 3, height, width}, run.device).contiguous(at::MemoryFormat::ChannelsLast);
    const double seconds = seconds_of(
        run.device, run.seconds, [&] { decode_clip(frame_features(images, weights, config), 1, weights, config); });
    print_row("video network R50, T=" + std::to_string(frames), seconds, frames,
              frames * kFlops * double(width * height) / kPixels / run.floor.fp32);
  }
}

void print_all(Run run) {
  const c10::InferenceMode no_gradients;
  run.seconds = run.quick ? 0.01 : 0.5;
  run.floor = measure_floor(run.device, run.quick ? 256 : 8192, run.seconds);
  std::printf("Measured: product fp32 %.1f, tf32 %.1f, bf16 %.1f TFLOP/s; copy %.2f TB/s\n\n", run.floor.fp32 * 1e-12,
              run.floor.tf32 * 1e-12, run.floor.bf16 * 1e-12, run.floor.bytes * 1e-12);
  std::printf("| work | ms | images/s | share of the floor |\n|---|---|---|---|\n");
  for (const char* architecture : {"vits16", "vits8", "vitb8"})
    if (!run.quick || std::strcmp(architecture, "vits16") == 0) measure_features(run, architecture);
  measure_input(run);
  for (const char* architecture : {"vits16", "vits8"}) measure_cuts(run, architecture);
  measure_crf(run);
  measure_video(run);
}

}  // namespace
}  // namespace vcl

int main(int argc, char** argv) {
  std::string device = "auto";
  vcl::Run run;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--device" && i + 1 < argc) {
      device = argv[++i];
    } else if (option == "--quick") {
      run.quick = true;
    } else {
      std::fprintf(stderr, "usage: gpu [--device auto|cpu|cuda[:N]] [--quick]\n");
      return 2;
    }
  }
  try {
    run.device = vcl::open_exact_device(device);
    vcl::use_threads(0);
    vcl::print_all(run);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gpu: %s\n", error.what());
    return 1;
  }
  return 0;
}
