// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core_random.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace vcl::test {

namespace fs = std::filesystem;

Mask random_mask(Rng& rng, int width, int height) {
  Mask mask(width, height);
  if (mask.pixels.empty()) return mask;
  const auto value = [&] { return std::uint8_t(uniform(rng, 0, 1) ? 1 : uniform(rng, 2, 255)); };
  switch (uniform(rng, 0, 3)) {
    case 0: {  // noise, from nearly empty to nearly full
      const int percent = uniform(rng, 0, 100);
      for (std::uint8_t& pixel : mask.pixels) pixel = uniform(rng, 0, 99) < percent ? value() : std::uint8_t(0);
      break;
    }
    case 1:  // all or nothing
      std::fill(mask.pixels.begin(), mask.pixels.end(), std::uint8_t(uniform(rng, 0, 1)));
      break;
    default:  // boxes, which touch the borders often
      for (int n = uniform(rng, 1, 4); n > 0; --n) {
        const int left = uniform(rng, 0, width - 1), right = uniform(rng, left, width - 1);
        const int top = uniform(rng, 0, height - 1), bottom = uniform(rng, top, height - 1);
        const std::uint8_t fill = uniform(rng, 0, 3) ? value() : std::uint8_t(0);
        for (int y = top; y <= bottom; ++y) {
          for (int x = left; x <= right; ++x) mask.at(x, y) = fill;
        }
      }
  }
  return mask;
}

std::string mutated(Rng& rng, std::string text) {
  for (int edits = uniform(rng, 1, 3); edits > 0; --edits) {
    const auto at = [&](std::size_t end) { return std::size_t(uniform(rng, 0, int(end))); };
    const char byte = char(uniform(rng, 0, 255));
    switch (text.empty() ? 0 : uniform(rng, 0, 3)) {
      case 0:
        text.insert(at(text.size()), 1, byte);
        break;
      case 1:
        text.erase(at(text.size() - 1), 1);
        break;
      case 2:
        text[at(text.size() - 1)] = byte;
        break;
      default:  // stays near what is legal
        text[at(text.size() - 1)] = text[at(text.size() - 1)];
    }
  }
  return text;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "vcl-unit-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot create " + name);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::size_t TemporaryFolder::entries() const {
  return std::size_t(std::distance(fs::directory_iterator(path_), fs::directory_iterator()));
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

}  // namespace vcl::test
