// SPDX-License-Identifier: LGPL-2.1-or-later
// The input is a pickle, put into files that are right in all else, so that edits need not keep a container in order:
// the .pkl of numpy arrays as it is, and torch.save's two kinds with storages "0" and "1" of 24 and 4 bytes.
#include "fuzz.hpp"
#include "read_weights.hpp"
#include "tests/unit/core_checkpoint_files.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string pickle(vcl::fuzz::text_of(data, size));
  const std::string six(24, '\1'), four(4, '\2');
  vcl::fuzz::read_weights(pickle);
  vcl::fuzz::read_weights(vcl::test::torch_zip(pickle, {{"0", six}, {"1", four}}));
  vcl::fuzz::read_weights(vcl::test::torch_legacy(pickle, {{"0", 6, six}, {"1", 4, four}}));
  return 0;
}
