// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/checkpoint/zip_archive.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "libvcl/checkpoint/byte_reader.hpp"
#include "libvcl/files/strict_json.hpp"

namespace vcl {

namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50, kCentralHeader = 0x02014b50, kEnd = 0x06054b50;
constexpr std::uint32_t kEnd64 = 0x06064b50, kEnd64Locator = 0x07064b50;
constexpr std::size_t kEndSize = 22, kEnd64Size = 56, kEnd64LocatorSize = 20, kCentralSize = 46;
constexpr std::uint64_t kIn64 = 0xffffffff;  // "see the zip64 field"
constexpr std::uint16_t kEncrypted = 1 << 0 | 1 << 6 | 1 << 13, kSizesFollow = 1 << 3;
constexpr std::uint16_t kZip64Extra = 1;

struct Directory {
  std::uint64_t begin = 0, end = 0, entries = 0;
};

struct Entry {
  std::string_view name;
  std::uint16_t flags = 0, method = 0;
  std::uint64_t stored = 0, size = 0, header = 0;  ///< header: position of the local header
};

struct Range {
  std::uint64_t begin, end;
};

class Zip {
 public:
  explicit Zip(const MappedFile& file) : file_(file) {}
  std::map<std::string_view, std::span<const std::byte>> read();

 private:
  ByteReader at(std::uint64_t position, std::uint64_t size, const char* part) const;
  std::uint64_t find_end() const;
  void read_end64(std::uint64_t end, Directory& directory) const;
  Directory find_directory() const;
  Entry read_central(ByteReader& reader) const;
  void read_zip64_extra(ByteReader extra, Entry& entry) const;
  void check(const Entry& entry) const;
  Range data_of(const Entry& entry, const Directory& directory) const;

  const MappedFile& file_;
};

ByteReader Zip::at(std::uint64_t position, std::uint64_t size, const char* part) const {
  const auto bytes = file_.bytes();
  if (position > bytes.size() || size > bytes.size() - position) {
    file_.refuse("is truncated or corrupt: " + std::string(part) + " lies outside the file");
  }
  return {file_, bytes.subspan(position, size), part};
}

/// Finds the end record. Only a comment, whose length it states, may follow it.
std::uint64_t Zip::find_end() const {
  const std::uint64_t size = file_.bytes().size();
  for (std::uint64_t comment = 0; comment <= 0xffff && comment + kEndSize <= size; ++comment) {
    ByteReader reader = at(size - comment - kEndSize, kEndSize, "the end of the zip archive");
    if (reader.number<std::uint32_t>() != kEnd) continue;
    reader.take(16);
    if (reader.number<std::uint16_t>() == comment) return size - comment - kEndSize;
  }
  file_.refuse("is truncated: the directory at the end of the zip archive is missing; copy or download it again");
}

void Zip::read_end64(std::uint64_t end, Directory& directory) const {
  ByteReader reader = at(end, kEnd64Size, "the zip64 end");
  if (reader.number<std::uint32_t>() != kEnd64) file_.refuse("has a zip64 end without its signature");
  reader.take(8 + 2 + 2);
  const auto disk = reader.number<std::uint32_t>(), directory_disk = reader.number<std::uint32_t>();
  const auto entries_here = reader.number<std::uint64_t>();
  const Directory directory32 = directory;
  directory.entries = reader.number<std::uint64_t>();
  const auto size = reader.number<std::uint64_t>();
  directory.begin = reader.number<std::uint64_t>();
  if (disk != 0 || directory_disk != 0 || entries_here != directory.entries) {
    file_.unsupported("is a zip archive in several parts");
  }
  const auto differs = [](std::uint64_t narrow, std::uint64_t unset, std::uint64_t wide) {
    return narrow != unset && narrow != wide;
  };
  if (differs(directory32.entries, 0xffff, directory.entries) || differs(directory32.begin, kIn64, directory.begin) ||
      differs(directory32.end - directory32.begin, kIn64, size)) {
    file_.refuse("has two zip ends that contradict each other");
  }
  if (size > end || directory.begin != end - size) file_.refuse("has a zip directory that does not end at the zip end");
  directory.end = end;
}

Directory Zip::find_directory() const {
  const std::uint64_t end = find_end();
  ByteReader reader = at(end + 4, kEndSize - 4, "the end of the zip archive");
  const auto disk = reader.number<std::uint16_t>(), directory_disk = reader.number<std::uint16_t>();
  const auto entries_here = reader.number<std::uint16_t>(), entries = reader.number<std::uint16_t>();
  const std::uint64_t size = reader.number<std::uint32_t>(), begin = reader.number<std::uint32_t>();
  if (disk != 0 || directory_disk != 0 || entries_here != entries)
    file_.unsupported("is a zip archive in several parts");

  Directory directory{begin, begin + size, entries};
  if (end >= kEnd64LocatorSize) {
    ByteReader locator = at(end - kEnd64LocatorSize, kEnd64LocatorSize, "the zip64 locator");
    if (locator.number<std::uint32_t>() == kEnd64Locator) {
      locator.take(4);
      const auto end64 = locator.number<std::uint64_t>();
      if (end < kEnd64LocatorSize + kEnd64Size || end64 != end - kEnd64LocatorSize - kEnd64Size) {
        file_.refuse("has a zip64 locator that points elsewhere than to the zip64 end");
      }
      read_end64(end64, directory);
      return directory;
    }
  }
  if (directory.end != end) file_.refuse("has a zip directory that does not end at the zip end");
  return directory;
}

/// The 64-bit values have this order. Each is present only if its 32-bit field refers to it.
void Zip::read_zip64_extra(ByteReader extra, Entry& entry) const {
  const auto widen = [&](std::uint64_t& value) {
    if (value == kIn64) value = extra.number<std::uint64_t>();
  };
  widen(entry.size);
  widen(entry.stored);
  widen(entry.header);
}

Entry Zip::read_central(ByteReader& reader) const {
  if (reader.number<std::uint32_t>() != kCentralHeader) file_.refuse("has a corrupt zip directory");
  Entry entry;
  reader.take(2 + 2);
  entry.flags = reader.number<std::uint16_t>();
  entry.method = reader.number<std::uint16_t>();
  reader.take(2 + 2 + 4);
  entry.stored = reader.number<std::uint32_t>();
  entry.size = reader.number<std::uint32_t>();
  const auto name = reader.number<std::uint16_t>(), extra = reader.number<std::uint16_t>();
  const auto comment = reader.number<std::uint16_t>(), disk = reader.number<std::uint16_t>();
  reader.take(2 + 4);
  entry.header = reader.number<std::uint32_t>();
  if (disk != 0) file_.unsupported("is a zip archive in several parts");
  entry.name = reader.text(name);
  ByteReader fields(file_, reader.take(extra), "the zip directory");
  while (fields.left() > 0) {
    const auto id = fields.number<std::uint16_t>(), size = fields.number<std::uint16_t>();
    const ByteReader field(file_, fields.take(size), "a zip64 field");
    if (id == kZip64Extra) read_zip64_extra(field, entry);
  }
  reader.take(comment);
  return entry;
}

void Zip::check(const Entry& entry) const {
  const std::string what = "has the zip entry " + in_quotes(entry.name);
  if (entry.flags & kEncrypted) file_.unsupported(what + ", which is encrypted; decrypt the file first");
  if (entry.method != 0) {
    file_.unsupported(what +
                      ", which is compressed; torch.save stores entries as they are: unpack the archive and pack "
                      "it with `zip -0`, or save it again with torch.save");
  }
  if (entry.stored != entry.size) file_.refuse(what + ", whose two sizes differ");
}

/// Returns the range from the local header to the end of the data.
Range Zip::data_of(const Entry& entry, const Directory& directory) const {
  const std::string what = "has the zip entry " + in_quotes(entry.name);
  ByteReader reader =
      at(entry.header, file_.bytes().size() - std::min(entry.header, file_.bytes().size()), "a zip entry");
  if (reader.number<std::uint32_t>() != kLocalHeader) file_.refuse(what + " without a header");
  reader.take(2);
  const auto flags = reader.number<std::uint16_t>(), method = reader.number<std::uint16_t>();
  reader.take(2 + 2 + 4);
  const auto stored = reader.number<std::uint32_t>(), size = reader.number<std::uint32_t>();
  const auto name = reader.number<std::uint16_t>(), extra = reader.number<std::uint16_t>();
  const bool sizes_agree = (flags & kSizesFollow) != 0 ||
                           ((stored == entry.stored || stored == kIn64) && (size == entry.size || size == kIn64));
  if (flags != entry.flags || method != entry.method || reader.text(name) != entry.name || !sizes_agree) {
    file_.refuse(what + ", whose header contradicts the directory");
  }
  reader.take(extra);
  const std::uint64_t begin = entry.header + reader.position();
  if (begin > directory.begin || entry.size > directory.begin - begin) {
    file_.refuse(what + ", which reaches into the directory: the file is truncated or corrupt");
  }
  return {begin, begin + entry.size};
}

std::map<std::string_view, std::span<const std::byte>> Zip::read() {
  const Directory directory = find_directory();
  const std::uint64_t size = directory.end - directory.begin;
  if (directory.entries > size / kCentralSize) file_.refuse("has a zip directory that is too short for its entries");
  ByteReader reader = at(directory.begin, size, "the zip directory");
  std::map<std::string_view, std::span<const std::byte>> entries;
  std::vector<Range> ranges;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    const Entry entry = read_central(reader);
    check(entry);
    const Range data = data_of(entry, directory);
    ranges.push_back({entry.header, data.end});
    if (!entries.emplace(entry.name, file_.bytes().subspan(data.begin, entry.size)).second) {
      file_.refuse("has the zip entry " + in_quotes(entry.name) + " twice");
    }
  }
  if (reader.left() != 0) file_.refuse("has a zip directory that is too long for its entries");
  std::ranges::sort(ranges, {}, &Range::begin);
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].begin < ranges[i - 1].end) file_.refuse("has zip entries that overlap");
  }
  return entries;
}

}  // namespace

std::map<std::string_view, std::span<const std::byte>> read_zip(const MappedFile& file) {
  return Zip(file).read();
}

}  // namespace vcl
