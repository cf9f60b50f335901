// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include "core_checkpoint_files.hpp"
#include "core_random.hpp"

namespace vcl {
namespace {

using test::floats;
using test::Pickle;
using test::refusal;
using test::small_numpy;
using test::torch_legacy;
using test::torch_zip;
using test::zip;

const std::string kSix = floats({0, 1, 2, 3, 4, 5});

Pickle small_state(bool legacy) {
  Pickle pickle;
  pickle.dict().mark().text("model").ordered_dict().mark();
  pickle.text("a").tensor("FloatStorage", "0", 6, 0, {3, 2}, {1, 3}, legacy);
  pickle.text("b").tensor("ByteStorage", "1", 3, 1, {2}, {1}, legacy).set_items();
  pickle.text("args").global("argparse", "Namespace").raw(")\x81").dict().text("lr").real(0.1).set_item().build();
  pickle.text("epoch").integer(70000);
  return pickle.set_items();
}

std::vector<std::string> small_files() {
  const std::string pickle = small_state(false).stop();
  return {torch_zip(pickle, {{"0", kSix}, {"1", "abc"}}),
          zip({{"x/data.pkl", pickle, 0, 8}, {"x/data/0", kSix, 0, 8}, {"x/data/1", "abc"}}, {.zip64 = true}),
          torch_legacy(small_state(true).stop(), {{"1", 3, "abc"}, {"0", 6, kSix}}), small_numpy()};
}

TEST(HostileCheckpoint, EveryTruncationIsRefused) {
  for (const std::string& whole : small_files()) {
    EXPECT_EQ(refusal(whole), std::nullopt);
    for (std::size_t length = 0; length < whole.size(); ++length) {
      EXPECT_TRUE(refusal(whole.substr(0, length))) << length << " of " << whole.size() << " bytes";
    }
    EXPECT_TRUE(refusal(whole + "x"));
  }
}

TEST(HostileCheckpoint, MutatedFilesAreWholeOrRefused) {
  test::Rng rng(3);
  int refused = 0;
  const auto files = small_files();
  for (int trial = 0; trial < 3000; ++trial) refused += refusal(test::mutated(rng, files[trial % 4])).has_value();
  EXPECT_GT(refused, 1000);
}

TEST(HostileCheckpoint, FlippedBitsAreReadOrRefused) {
  test::Rng rng(4);
  for (const std::string& whole : small_files()) {
    for (int trial = 0; trial < 1500; ++trial) {
      std::string flipped = whole;
      flipped[std::size_t(test::uniform(rng, 0, int(whole.size()) - 1))] ^= char(1 << test::uniform(rng, 0, 7));
      refusal(flipped);
    }
  }
}

/// Pickles of random opcodes meet states that no edit of a good file reaches.
TEST(HostileCheckpoint, RandomPicklesAreReadOrRefused) {
  test::Rng rng(5);
  const auto chance = [&](int high) { return test::uniform(rng, 0, high); };
  const std::vector<std::string> parts{"(",
                                       "0",
                                       "1",
                                       "2",
                                       "N",
                                       "R",
                                       "Q",
                                       "a",
                                       "b",
                                       "d",
                                       "}",
                                       "e",
                                       "]",
                                       "l",
                                       "s",
                                       "t",
                                       ")",
                                       "u",
                                       "\x81",
                                       "\x85",
                                       "\x86",
                                       "\x87",
                                       "\x88",
                                       "\x8f",
                                       "\x90",
                                       "\x91",
                                       "\x93",
                                       "\x94",
                                       "K\x01",
                                       "K\x02",
                                       "U\x02"
                                       "f4",
                                       "X\x01" + std::string(3, '\0') + "0",
                                       "h" + std::string(1, '\0'),
                                       "h\x01",
                                       "q" + std::string(1, '\0'),
                                       "q\x01",
                                       "cnumpy\ndtype\n",
                                       "cnumpy\nndarray\n",
                                       "ccollections\nOrderedDict\n",
                                       "cargparse\nNamespace\n",
                                       "c_codecs\nencode\n",
                                       "cnumpy._core.numeric\n_frombuffer\n",
                                       "cnumpy.core.multiarray\n_reconstruct\n",
                                       "ctorch._utils\n_rebuild_tensor_v2\n",
                                       "ctorch\nSize\n",
                                       Pickle().tuple({2, 3}).stop().substr(2, 6),
                                       Pickle().storage("FloatStorage", "0", 6).stop().substr(2, 56),
                                       "C\x04"
                                       "abcd",
                                       "\x8a\x0a"
                                       "0123456789"};
  int read = 0;
  for (int trial = 0; trial < 6000; ++trial) {
    Pickle pickle;
    for (int n = chance(30); n > 0; --n) pickle.raw(parts[std::size_t(chance(int(parts.size()) - 1))]);
    read += !refusal(torch_zip(pickle.stop(), {{"0", kSix}}));
  }
  EXPECT_GT(read, 20) << "some must be in order";
}

}  // namespace
}  // namespace vcl
