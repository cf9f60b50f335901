// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs a fuzzer without libFuzzer: over every file of a corpus, its beginnings, and random edits of it.
#include <filesystem>

#include "fuzz.hpp"
#include "tests/unit/core_random.hpp"

namespace {

constexpr int kEdits = 20, kBeginnings = 10;

void run(const std::string& bytes) {
  const std::string exact(bytes.begin(), bytes.end());  // no spare room behind the end
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(exact.data()), exact.size());
}

}  // namespace

int main(int argc, char** argv) {
  vcl::test::Rng rng(1);
  int files = 0;
  for (const char* folder : std::vector<const char*>(argv + 1, argv + argc))
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
      const std::string bytes = vcl::test::read_file(file.path().string());
      run(bytes);
      for (int i = 0; i < kBeginnings; ++i)
        run(bytes.substr(0, std::size_t(vcl::test::uniform(rng, 0, int(bytes.size())))));
      for (int i = 0; i < kEdits; ++i) run(vcl::test::mutated(rng, bytes));
      ++files;
    }
  std::printf("%d files\n", files);
  return files > 0 ? 0 : 1;
}
