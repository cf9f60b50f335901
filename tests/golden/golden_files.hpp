// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

/// Where the reference numbers are and how to read them; no Torch here.
namespace vcl::golden {

/// The folder <name> of $VCL_GOLDEN_DIR, "" where that has none (then skip). Without that variable, the folder of
/// tests/golden/data, else the one beside the project. Throws, and so fails the test, where there is none.
std::string folder(const std::string& name);
/// The same, "" where there is none anywhere: of reference numbers that the project does not hold itself.
std::string find_folder(const std::string& name);
/// The seed string of the pattern values.
std::string seed();
/// What the golden tests of the engine compute on: $VCL_TEST_DEVICE, else cpu.
std::string device();
/// Throws, and so fails the test, when the file cannot be read.
nlohmann::json read_json(const std::string& path);

}  // namespace vcl::golden

#define VCL_GOLDEN_FOLDER(variable, name)                   \
  const std::string variable = ::vcl::golden::folder(name); \
  if (variable.empty()) GTEST_SKIP() << "$VCL_GOLDEN_DIR has no folder " << name
