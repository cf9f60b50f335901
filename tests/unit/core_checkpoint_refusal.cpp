// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include "core_checkpoint_files.hpp"
#include "core_memory_file.hpp"
#include "vcl/checkpoint.hpp"
#include "vcl/error.hpp"

namespace vcl::test {

std::optional<std::string> refusal(const std::string& bytes) {
  const MemoryFile memory(bytes);
  const std::string path = memory.path();
  try {
    const Checkpoint file = Checkpoint::open(path);
    for (const auto& [name, tensor] : file.tensors()) {
      const TensorView view = file.at(name);
      std::size_t size = dtype_size(view.dtype);
      for (const std::int64_t side : view.shape) size *= std::size_t(side);
      EXPECT_EQ(view.bytes.size(), size);
      EXPECT_EQ(view.shape, tensor.shape);
      volatile int sum = 0;  // every byte is there
      for (const std::byte byte : view.bytes) sum = sum + int(byte);
    }
    return std::nullopt;
  } catch (const Error& error) {
    EXPECT_TRUE(error.kind() == ErrorKind::Unreadable || error.kind() == ErrorKind::Unsupported) << error.what();
    const std::string message = error.what();
    EXPECT_TRUE(message.starts_with(path + ": ")) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    return message.substr(path.size() + 2);
  }
}

}  // namespace vcl::test
