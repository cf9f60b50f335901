// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>

#include "vcl/mask.hpp"

/// What the randomised tests of the core share. Seeds are fixed: a failure comes again.
namespace vcl::test {

using Rng = std::mt19937_64;

inline int uniform(Rng& rng, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(rng);
}

/// Stripes, noise and boxes; foreground values other than 1 too.
Mask random_mask(Rng& rng, int width, int height);

/// One to three random edits: a byte changed, put in or taken out.
std::string mutated(Rng& rng, std::string text);

/// A folder that goes when the test ends.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::size_t entries() const;

 private:
  std::filesystem::path path_;
};

std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& bytes);

}  // namespace vcl::test
