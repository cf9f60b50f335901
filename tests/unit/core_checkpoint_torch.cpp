// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "core_random.hpp"
#include "vcl/checkpoint.hpp"

namespace vcl {
namespace {

namespace fs = std::filesystem;

/// A python that has torch: VCL_TORCH_PYTHON, otherwise the one that setup.sh installed LibTorch with. That one may
/// lack what `import torch` needs beyond LibTorch; `pip install typing_extensions numpy` in it mends that.
std::string torch_python() {
  const char* const chosen = std::getenv("VCL_TORCH_PYTHON");
  return chosen != nullptr ? chosen : std::string(VCL_PROJECT_ROOT) + "/.venv/bin/python";
}

void expect_same(const fs::path& path) {
  const Checkpoint file = Checkpoint::open(path.string());
  const SafetensorsFile expected(fs::path(path).replace_extension(".safetensors").string());
  EXPECT_EQ(file.tensors().size(), expected.tensors().size()) << path;
  for (const auto& [name, view] : expected.tensors()) {
    ASSERT_TRUE(file.tensors().contains(name)) << path << ": " << name;
    const TensorView read = file.at(name);
    EXPECT_EQ(read.dtype, view.dtype) << path << ": " << name;
    EXPECT_EQ(read.shape, view.shape) << path << ": " << name;
    EXPECT_TRUE(std::ranges::equal(read.bytes, view.bytes)) << path << ": " << name;
  }
}

TEST(Checkpoint, FilesOfPyTorchAndNumpyAreReadAsTheyReadThem) {
  const test::TemporaryFolder folder;
  const std::string python = torch_python();
  if (access(python.c_str(), X_OK) != 0) {
    GTEST_SKIP() << "this user cannot run " << python << "; set VCL_TORCH_PYTHON to a python that has torch";
  }
  const std::string script = std::string(VCL_PROJECT_ROOT) + "/tests/unit/core_checkpoint_torch.py";
  const std::string command = "'" + python + "' -B '" + script + "' '" + folder.file("") + "'";
  const int status = std::system(command.c_str());
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
    GTEST_SKIP() << "no torch in " << python << "; set VCL_TORCH_PYTHON to a python that has it";
  }
  ASSERT_EQ(status, 0) << command;
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder.file(""))) {
    if (entry.path().extension() != ".pth" && entry.path().extension() != ".pkl") continue;
    expect_same(entry.path());
    ++files;
  }
  EXPECT_GE(files, 8);
}

}  // namespace
}  // namespace vcl
