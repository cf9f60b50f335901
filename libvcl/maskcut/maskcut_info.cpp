// SPDX-License-Identifier: LGPL-2.1-or-later
#include <array>
#include <charconv>
#include <cstdio>

#include "libvcl/files/mapped_file.hpp"
#include "vcl/maskcut_info.hpp"

namespace vcl {
namespace {

/// Returns the shortest text that reads back as the same number: 0.15, not 0.150000.
std::string shortest(double value) {
  std::array<char, 32> text;
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

/// Returns the 64-bit FNV-1a hash of a file.
std::string hash_of(const std::string& path) {
  std::uint64_t hash = 0xCBF29CE484222325;
  const MappedFile file(path);
  for (const std::byte byte : file.bytes()) hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001B3;
  std::array<char, 20> text;
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(hash));
  return text.data();
}

std::string name_of(CutSign sign) {
  return sign == CutSign::Canonical ? "canonical" : sign == CutSign::Raw ? "raw" : "opposite";
}

}  // namespace

CocoInfo maskcut_info(const MaskCutOptions& cuts, bool crf, Size input, Precision precision, const std::string& from) {
  const std::string number = (cuts.automatic ? "automatic up to " : "") + std::to_string(cuts.masks);
  const std::string size =
      input == Size{} ? "the method's" : std::to_string(input.width) + "x" + std::to_string(input.height);
  return {"MaskCut pseudo masks, tau " + shortest(cuts.tau) + ", N " + number,
          {{"tau", shortest(cuts.tau)},
           {"n", number},
           {"sign", name_of(cuts.sign)},
           {"crf", crf ? "on" : "off"},
           {"size", size},
           {"precision", precision == Precision::Bf16 ? "bf16" : "fp32"},
           {"model", hash_of(from)}}};
}

}  // namespace vcl
