// SPDX-License-Identifier: LGPL-2.1-or-later
// Lists of photos, shards and merging; the runs themselves are tested through the command (test_pseudo_label.py).
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

#include "support/parallel.hpp"
#include "temporary_folder.hpp"
#include "training/labels/annotate_photos.hpp"
#include "training/labels/annotation_record.hpp"
#include "training/labels/merge_annotations.hpp"
#include "training/photos/photo_files.hpp"
#include "training/photos/tar_members.hpp"
#include "vcl/coco.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

namespace fs = std::filesystem;

void write_file(const std::string& path, const std::string& bytes) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> names_of(const std::vector<PhotoFile>& photos) {
  std::vector<std::string> names;
  for (const PhotoFile& photo : photos) names.push_back(photo.name);
  return names;
}

using Names = std::vector<std::string>;

TEST(PhotoFiles, FoldersOfAnyLayout) {
  const TemporaryFolder folder;
  for (const char* name :
       {"in/top.jpg", "in/b/2.png", "in/b/1.JPG", "in/a/deep/er/x.tiff", "in/a/new\nline \"q\".jpg", "in/b/notes.md"})
    write_file(folder / name, "x");
  fs::create_directory_symlink("..", folder / "in/b/loop");
  fs::create_symlink("self.jpg", folder / "in/b/self.jpg");
  ASSERT_EQ(mkfifo((folder / "in/b/pipe.jpg").c_str(), 0600), 0);
  const PhotoFiles photos = find_photos({folder / "in"});
  EXPECT_EQ(names_of(photos.found),
            (Names{"a/deep/er/x.tiff", "a/new\nline \"q\".jpg", "b/1.JPG", "b/2.png", "b/self.jpg", "in/top.jpg"}));
  EXPECT_TRUE(photos.skipped.empty());
  EXPECT_THROW(read_photo(photos.found[4]), Error) << "a link to itself";
  fs::remove(folder / "in/b/1.JPG");
  EXPECT_THROW(read_photo(photos.found[2]), Error) << "gone since it was listed";
  EXPECT_THROW(read_photo({"pipe", folder / "in/b/pipe.jpg"}), Error) << "must not wait for a writer";
}

/// Root reads everything: only as another user something is locked.
class AsOrdinaryUser {
 public:
  AsOrdinaryUser() : was_root_(geteuid() == 0 && setresuid(kNobody, kNobody, 0) == 0) {}
  ~AsOrdinaryUser() {
    if (was_root_ && setresuid(0, 0, 0) != 0) std::abort();
  }
  AsOrdinaryUser(const AsOrdinaryUser&) = delete;
  AsOrdinaryUser& operator=(const AsOrdinaryUser&) = delete;

 private:
  static constexpr uid_t kNobody = 65534;
  const bool was_root_;
};

TEST(PhotoFiles, LockedFoldersAreNamed) {
  const TemporaryFolder folder;
  for (const char* name : {"in/1.jpg", "in/locked/2.jpg", "locked/3.jpg"}) write_file(folder / name, "x");
  fs::permissions(folder / ".", fs::perms(0755));
  for (const char* name : {"in/locked", "locked"}) fs::permissions(folder / name, fs::perms::none);
  {
    const AsOrdinaryUser user;
    const PhotoFiles photos = find_photos({folder / "in"});
    EXPECT_EQ(names_of(photos.found), Names{"in/1.jpg"});
    ASSERT_EQ(photos.skipped.size(), 1U);
    EXPECT_EQ(photos.skipped[0].name, folder / "in/locked");
    try {
      find_photos({folder / "locked"});
      ADD_FAILURE() << "nothing could be read";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("may not be read by this user"), std::string::npos) << error.what();
    }
  }
  for (const char* name : {"in/locked", "locked"}) fs::permissions(folder / name, fs::perms::owner_all);
}

TEST(PhotoFiles, ListsAreRelativeToThemselves) {
  const TemporaryFolder folder;
  write_file(folder / "set/list.txt",
             "cats/1.jpg\r\n\n2.jpg\n../other/3.jpg\n" + (folder / "far/4.jpg") + "\nmissing file.png\ncats/1.jpg\n");
  write_file(folder / "set/2.jpg", "two");
  const PhotoFiles photos = find_photos({folder / "set/list.txt"});
  EXPECT_EQ(names_of(photos.found),
            (Names{"cats/1.jpg", "set/2.jpg", "other/3.jpg", "far/4.jpg", "set/missing file.png"}));
  EXPECT_EQ(photos.skipped.size(), 1U) << "named twice";
  const std::vector<unsigned char> bytes = read_photo(photos.found[1]);
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), "two");
  write_file(folder / "bad.txt", std::string("\x89PNG\0\0\n", 7));
  EXPECT_THROW(find_photos({folder / "bad.txt"}), Error);
}

std::string tar_block(const std::string& name, char type, const std::string& bytes) {
  std::string header(512, '\0');
  const auto put = [&](std::size_t at, const std::string& text) { header.replace(at, text.size(), text); };
  std::array<char, 16> octal{};
  std::snprintf(octal.data(), octal.size(), "%011o", unsigned(bytes.size()));
  put(0, name);
  put(124, octal.data());
  put(148, "        ");
  put(156, std::string(1, type));
  put(257, std::string("ustar\00000", 8));
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  std::snprintf(octal.data(), octal.size(), "%06o", sum);
  put(148, std::string(octal.data()) + '\0');
  return header + bytes + std::string((512 - bytes.size() % 512) % 512, '\0');
}

std::string pax(const std::string& key, const std::string& value) {
  const std::string body = " " + key + "=" + value + "\n";
  std::size_t length = body.size() + 1;
  while (std::to_string(length).size() + body.size() != length) ++length;
  return std::to_string(length) + body;
}

TEST(TarMembers, LongNamesOfPaxAndGnu) {
  const TemporaryFolder folder;
  const std::string longest = std::string(150, 'a') + "/" + std::string(120, 'b') + ".jpg";
  write_file(folder / "t.tar", tar_block("x", 'x', pax("mtime", "1.5") + pax("path", longest)) +
                                   tar_block("cut", '0', "first") + tar_block("././@LongLink", 'L', "g/" + longest) +
                                   tar_block("cut", '0', "second") + tar_block("plain.jpg", '0', "third") +
                                   tar_block("folder.jpg", '5', "") + std::string(1024, '\0'));
  std::map<std::string, std::string> found;
  const std::string whole = read_file(folder / "t.tar");
  EXPECT_EQ(
      find_members(folder / "t.tar", [&](const TarMember& m) { found[m.name] = whole.substr(m.offset, m.bytes); }), "");
  EXPECT_EQ(found, (std::map<std::string, std::string>{
                       {longest, "first"}, {"g/" + longest, "second"}, {"plain.jpg", "third"}}));
  EXPECT_EQ(names_of(find_photos({folder / "t.tar"}).found), (Names{longest, "g/" + longest, "t/plain.jpg"}));
  for (std::size_t at = 0; at + 512 < whole.size(); at += 97) {  // cut or damaged anywhere: an answer, no crash
    write_file(folder / "cut.tar", whole.substr(0, at));
    find_members(folder / "cut.tar", [](const TarMember&) {});
    std::string damaged = whole;
    damaged.replace(at, 8, "99999999");
    write_file(folder / "cut.tar", damaged);
    find_members(folder / "cut.tar", [&](const TarMember& m) { EXPECT_LE(m.offset + m.bytes, damaged.size()); });
  }
}

TEST(Shards, PartTheListEvenly) {
  for (const std::size_t photos : {0, 1, 7, 100, 1001})
    for (const int count : {1, 2, 3, 8, 150}) {
      std::size_t next = 0;
      for (int index = 1; index <= count; ++index) {
        const auto [first, end] = shard_range(photos, {index, count});
        EXPECT_EQ(first, next);
        EXPECT_TRUE(end - first == photos / count || end - first == photos / count + 1);
        next = end;
      }
      EXPECT_EQ(next, photos);
    }
  const auto [first, end] = shard_range(std::size_t(-1), {3, 3});
  EXPECT_LT(first, end);
  EXPECT_EQ(end, std::size_t(-1));
}

TEST(InParallel, DoesEachOnceAndPassesTheFirstFailureOn) {
  for (const int threads : {1, 4}) {
    std::vector<std::atomic<int>> done(1000);
    in_parallel(done.size(), threads, [&] { return [&](std::size_t i) { ++done[i]; }; });
    for (const auto& times : done) EXPECT_EQ(times, 1);
    const auto failing = [] {
      return [](std::size_t i) {
        if (i == 10) throw Error(ErrorKind::Resource, "disk full");
      };
    };
    EXPECT_THROW(in_parallel(std::size_t(-1) / 2, threads, failing), Error) << "all of it would never end";
  }
}

TEST(AnnotationRecord, GoesThereAndBack) {
  const TemporaryFolder folder;
  Mask mask(7, 3);
  mask.at(2, 1) = mask.at(6, 2) = 1;
  Journal journal(folder / "j", "mark", 3);
  const auto add = [&](std::size_t i, const std::string& text) { journal.add(i, std::as_bytes(std::span(text))); };
  add(0, to_text({.size = {7, 3}, .masks = {rle_encode(mask)}}));
  add(1, to_text({.error = "not \xff an image\n"}));
  add(2, "{\"width\":3}");
  const AnnotationRecord record = read_record(journal, 0);
  EXPECT_EQ(record.size, (Size{7, 3}));
  EXPECT_EQ(record.masks, (std::vector{rle_encode(mask)}));
  EXPECT_EQ(record.error, "");
  EXPECT_NE(read_record(journal, 1).error.find("an image"), std::string::npos);
  EXPECT_THROW(read_record(journal, 2), Error);
}

/// Annotations of photos first .. end - 1 of an endless row.
std::string shard_file(const TemporaryFolder& folder, const std::string& name, int first, int end,
                       const std::string& tau = "0.15") {
  CocoWriter writer(folder / name);
  for (int i = first; i < end; ++i) {
    Mask mask(5 + i, 4);
    for (int k = 0; k <= i; ++k) mask.at(k, k % 4) = 1;
    writer.add("row/" + std::to_string(i), {5 + i, 4}, std::vector<Rle>(i % 3, rle_encode(mask)));
  }
  writer.finish({"made up", {{"tau", tau}}});
  return folder / name;
}

TEST(Merge, ShardsGiveTheFileOfTheWholeRun) {
  const TemporaryFolder folder;
  const std::string whole = read_file(shard_file(folder, "whole.json", 0, 20));
  merge_annotations(
      {shard_file(folder, "1.json", 0, 7), shard_file(folder, "2.json", 7, 7), shard_file(folder, "3.json", 7, 20)},
      folder / "all.json");
  EXPECT_EQ(read_file(folder / "all.json"), whole);
}

void expect_refusal(const std::vector<std::string>& inputs, const std::string& out, const std::string& word) {
  try {
    merge_annotations(inputs, out);
    ADD_FAILURE() << "merged, though " << word;
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
  }
}

TEST(Merge, RefusesWhatDoesNotGoTogether) {
  const TemporaryFolder folder;
  const std::string first = shard_file(folder, "1.json", 0, 4), out = folder / "out.json";
  expect_refusal({first, shard_file(folder, "2.json", 4, 6, "0.2")}, out, "tau 0.2");
  expect_refusal({first, shard_file(folder, "3.json", 3, 6)}, out, "row/3");
  expect_refusal({first, first}, out, "row/0");
  expect_refusal({first, folder / "none.json"}, out, "none.json");
  expect_refusal({first}, first, "one of the inputs");
  std::string text = read_file(first);
  text.replace(text.find("\"category_id\":1"), 15, "\"category_id\":7");
  write_file(folder / "classes.json", text);
  expect_refusal({folder / "classes.json"}, out, "categories");
  text = read_file(first);
  text.replace(text.find("\"image_id\":2"), 12, "\"image_id\":9");
  write_file(folder / "stray.json", text);
  expect_refusal({folder / "stray.json"}, out, "image 9");
  EXPECT_FALSE(fs::exists(out));
}

}  // namespace
}  // namespace vcl::train
