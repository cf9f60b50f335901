// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/checkpoint/pickle_opcodes.hpp"

#include <array>
#include <utility>

namespace vcl::pickle {

std::string refused_opcode(std::uint8_t code) {
  constexpr std::array<std::pair<std::uint8_t, const char*>, 16> kRefused{{{'F', "FLOAT"},
                                                                           {'I', "INT"},
                                                                           {'L', "LONG"},
                                                                           {'P', "PERSID"},
                                                                           {'S', "STRING"},
                                                                           {'V', "UNICODE"},
                                                                           {'g', "GET"},
                                                                           {'i', "INST"},
                                                                           {'o', "OBJ"},
                                                                           {'p', "PUT"},
                                                                           {0x82, "EXT1"},
                                                                           {0x83, "EXT2"},
                                                                           {0x84, "EXT4"},
                                                                           {0x92, "NEWOBJ_EX"},
                                                                           {0x97, "NEXT_BUFFER"},
                                                                           {0x98, "READONLY_BUFFER"}}};
  for (const auto& [known, name] : kRefused) {
    if (known == code) return name;
  }
  constexpr const char* kDigits = "0123456789abcdef";
  return std::string("0x") + kDigits[code >> 4] + kDigits[code & 15];
}

}  // namespace vcl::pickle
