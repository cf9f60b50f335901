// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/files/atomic_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

#include "temporary_folder.hpp"

namespace vcl {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, std::string_view text) {
  AtomicFile file(path.string());
  file.write(std::as_bytes(std::span(text)), 0);
  file.finish();
}

std::string read(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct AtomicFiles : testing::Test {
  TemporaryFolder folder;
  fs::path at(const char* name) const { return folder / name; }
};

TEST_F(AtomicFiles, KeepTheModeOfTheFileThatTheyReplace) {
  std::ofstream(at("private")) << "old";
  for (const fs::perms mode : {fs::perms(0600), fs::perms(0640), fs::perms(0664)}) {
    fs::permissions(at("private"), mode);
    write(at("private"), "new");
    EXPECT_EQ(fs::status(at("private")).permissions(), mode);
  }
  EXPECT_EQ(read(at("private")), "new");
}

TEST_F(AtomicFiles, FollowLinksAlsoToNothing) {
  std::ofstream(at("real")) << "old";
  fs::create_symlink("real", at("link"));
  fs::create_symlink("link", at("link of link"));
  fs::create_symlink(at("not yet"), at("dangling"));
  write(at("link of link"), "new");
  write(at("dangling"), "there");
  EXPECT_EQ(read(at("real")), "new");
  EXPECT_EQ(read(at("not yet")), "there");
  for (const char* link : {"link", "link of link", "dangling"}) EXPECT_TRUE(fs::is_symlink(at(link))) << link;
}

TEST_F(AtomicFiles, LeaveNothingUnlessFinished) {
  std::ofstream(at("kept")) << "old";
  {
    const AtomicFile file(at("kept").string());
    file.write(std::as_bytes(std::span(std::string_view("half"))), 0);
  }
  EXPECT_EQ(read(at("kept")), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(at("")), {}), 1);
}

}  // namespace
}  // namespace vcl
