// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/pretrain/views.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "training/clips/warp.hpp"

namespace vcl::train {
namespace {

/// A planar RGB image with values 0..1.
struct Image {
  int side;
  std::vector<float> values;
  float* plane(int channel) { return values.data() + std::size_t(channel) * side * side; }
  std::size_t pixels() const { return std::size_t(side) * side; }
};

Image random_crop(const Photo& photo, int side, double least_area, double most_area, Random& random) {
  const double area = double(photo.size.width) * photo.size.height;
  const double aspect = random.log_uniform(3.0 / 4, 4.0 / 3), share = random.uniform(least_area, most_area);
  const double width = std::min(std::sqrt(area * share * aspect), double(photo.size.width));
  const double height = std::min(std::sqrt(area * share / aspect), double(photo.size.height));
  Pose pose;
  pose.centre_x = width / 2 + random.uniform() * (photo.size.width - width);
  pose.centre_y = height / 2 + random.uniform() * (photo.size.height - height);
  pose.scale_x = width / side * (random.chance(0.5) ? -1 : 1);
  pose.scale_y = height / side;
  const Affine map = affine_of(pose, side / 2.0, side / 2.0);
  Image image{side, std::vector<float>(3 * std::size_t(side) * side)};
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      std::array<float, 3> rgb;
      sample_area<3>(photo.rgb, photo.size, map, x, y, samples_for(map), rgb.data());
      for (int c = 0; c < 3; ++c) image.plane(c)[std::size_t(y) * side + x] = rgb[c] / 255;
    }
  return image;
}

float grey_of(float r, float g, float b) {
  return 0.299F * r + 0.587F * g + 0.114F * b;
}

/// Changes brightness, contrast about the mean gray, saturation, and hue as a rotation of the color plane (YIQ).
void jitter_colours(Image& image, Random& random) {
  const float brightness = float(random.uniform(0.6, 1.4)), contrast = float(random.uniform(0.6, 1.4));
  const double saturation = random.uniform(0.8, 1.2), hue = random.uniform(-0.1, 0.1) * 2 * std::numbers::pi;
  const float c = float(saturation * std::cos(hue)), s = float(saturation * std::sin(hue));
  double sum = 0;
  for (std::size_t i = 0; i < image.pixels(); ++i)
    sum += grey_of(image.plane(0)[i], image.plane(1)[i], image.plane(2)[i]);
  const float mean = brightness * float(sum / double(image.pixels()));
  for (std::size_t i = 0; i < image.pixels(); ++i) {
    float rgb[3];
    for (int k = 0; k < 3; ++k) rgb[k] = (brightness * image.plane(k)[i] - mean) * contrast + mean;
    const float grey = grey_of(rgb[0], rgb[1], rgb[2]);
    const float u = 0.596F * rgb[0] - 0.274F * rgb[1] - 0.322F * rgb[2],
                v = 0.211F * rgb[0] - 0.523F * rgb[1] + 0.312F * rgb[2];
    const float turned_u = c * u - s * v, turned_v = s * u + c * v;
    image.plane(0)[i] = std::clamp(grey + 0.956F * turned_u + 0.621F * turned_v, 0.0F, 1.0F);
    image.plane(1)[i] = std::clamp(grey - 0.272F * turned_u - 0.647F * turned_v, 0.0F, 1.0F);
    image.plane(2)[i] = std::clamp(grey - 1.106F * turned_u + 1.703F * turned_v, 0.0F, 1.0F);
  }
}

void remove_colours(Image& image) {
  for (std::size_t i = 0; i < image.pixels(); ++i) {
    const float grey = grey_of(image.plane(0)[i], image.plane(1)[i], image.plane(2)[i]);
    for (int k = 0; k < 3; ++k) image.plane(k)[i] = grey;
  }
}

/// Blurs one line of `count` values `step` apart. The border is repeated.
void blur_line(float* line, int count, std::size_t step, const std::vector<float>& kernel,
               std::vector<float>& scratch) {
  const int radius = int(kernel.size()) - 1;
  for (int i = 0; i < count; ++i) {
    float sum = kernel[0] * line[i * step];
    for (int k = 1; k <= radius; ++k)
      sum += kernel[k] * (line[std::max(0, i - k) * step] + line[std::min(count - 1, i + k) * step]);
    scratch[i] = sum;
  }
  for (int i = 0; i < count; ++i) line[i * step] = scratch[i];
}

void blur(Image& image, double sigma) {
  std::vector<float> kernel, scratch(image.side);
  double sum = -1;
  for (int k = 0; k <= int(std::ceil(2 * sigma)); ++k) {
    kernel.push_back(float(std::exp(-k * k / (2 * sigma * sigma))));
    sum += 2 * kernel.back();
  }
  for (float& weight : kernel) weight = float(weight / sum);
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < image.side; ++y)
      blur_line(image.plane(c) + std::size_t(y) * image.side, image.side, 1, kernel, scratch);
    for (int x = 0; x < image.side; ++x) blur_line(image.plane(c) + x, image.side, image.side, kernel, scratch);
  }
}

void solarise(Image& image) {
  for (float& value : image.values) value = value >= 0.5F ? 1 - value : value;
}

void change_look(Image& image, double blur_chance, double solarise_chance, Random& random) {
  if (random.chance(0.8)) jitter_colours(image, random);
  if (random.chance(0.2)) remove_colours(image);
  // The original's 0.1 to 2 pixels are for sides of 224 pixels.
  if (random.chance(blur_chance)) blur(image, random.uniform(0.1, 2) * std::max(0.25, image.side / 224.0));
  if (random.chance(solarise_chance)) solarise(image);
}

void append(const Image& image, std::vector<std::uint8_t>& bytes) {
  for (float value : image.values) bytes.push_back(std::uint8_t(std::clamp(value, 0.0F, 1.0F) * 255 + 0.5F));
}

}  // namespace

Views make_views(const Photo& photo, const ViewSettings& settings, Random& random) {
  Views views;
  for (int i = 0; i < 2; ++i) {
    Image image = random_crop(photo, settings.global_side, settings.smallest_global, 1, random);
    change_look(image, i == 0 ? 1 : 0.1, i == 0 ? 0 : 0.2, random);
    append(image, views.globals);
  }
  for (int i = 0; i < settings.locals; ++i) {
    Image image = random_crop(photo, settings.local_side, settings.smallest_local, settings.smallest_global, random);
    change_look(image, 0.5, 0, random);
    append(image, views.locals);
  }
  return views;
}

}  // namespace vcl::train
