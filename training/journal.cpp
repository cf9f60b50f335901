// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/label_journal.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "vcl/error.hpp"

namespace vcl::train {
namespace {

struct RecordHead {
  std::uint32_t photo;
  float weight;
  std::uint32_t bytes;
  std::uint32_t checksum;  // of the three above and the label map
};

std::uint32_t fnv1a(std::span<const std::byte> bytes, std::uint32_t hash = 2166136261U) {
  for (const std::byte b : bytes) hash = (hash ^ std::to_integer<std::uint32_t>(b)) * 16777619U;
  return hash;
}

std::uint32_t checksum(const RecordHead& head, std::span<const std::byte> map) {
  return fnv1a(map, fnv1a(std::as_bytes(std::span(&head, 1)).first(offsetof(RecordHead, checksum))));
}

}  // namespace

LabelJournal::LabelJournal(const std::string& path, const std::string& fingerprint, std::size_t photos)
    : path_(path), entries_(photos) {
  const std::string line = fingerprint + "\n";
  file_ = std::fopen(path.c_str(), "r+b");
  if (!file_) {
    file_ = std::fopen(path.c_str(), "w+b");
    if (!file_) fail();
    if (std::fwrite(line.data(), 1, line.size(), file_) != line.size() || std::fflush(file_) != 0) fail();
    end_ = static_cast<std::int64_t>(line.size());
    return;
  }
  std::string found(line.size(), '\0');
  if (std::fread(found.data(), 1, found.size(), file_) != found.size() || found != line) {
    std::fclose(file_);
    throw Error(ErrorKind::Invalid,
                path + ": unfinished labels of other photos or settings; remove it to start afresh");
  }
  take_back(static_cast<std::int64_t>(line.size()));
}

LabelJournal::~LabelJournal() {
  std::fclose(file_);
}

void LabelJournal::take_back(std::int64_t at) {
  RecordHead head;
  std::vector<std::byte> map;
  while (std::fread(&head, sizeof head, 1, file_) == 1) {
    if (head.photo >= entries_.size() || head.bytes > (1U << 28)) break;
    map.resize(head.bytes);
    if (std::fread(map.data(), 1, map.size(), file_) != map.size() || head.checksum != checksum(head, map)) break;
    at += sizeof head;
    entries_[head.photo] = {at, head.bytes, head.weight};
    at += head.bytes;
  }
  end_ = at;
  if (ftruncate(fileno(file_), at) != 0 || std::fseek(file_, at, SEEK_SET) != 0) fail();
}

std::size_t LabelJournal::done() const {
  return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), [](auto& e) { return e.at >= 0; }));
}

bool LabelJournal::has(std::size_t photo) const {
  const std::lock_guard lock(mutex_);
  return entries_[photo].at >= 0;
}

std::vector<std::byte> LabelJournal::map(std::size_t photo) const {
  const Entry& entry = entries_[photo];
  std::vector<std::byte> bytes(entry.bytes);
  if (pread(fileno(file_), bytes.data(), bytes.size(), entry.at) != static_cast<ssize_t>(bytes.size())) fail();
  return bytes;
}

void LabelJournal::add(std::size_t photo, std::span<const std::byte> map, float weight) {
  RecordHead head{static_cast<std::uint32_t>(photo), weight, static_cast<std::uint32_t>(map.size()), 0};
  head.checksum = checksum(head, map);
  const std::lock_guard lock(mutex_);
  if (std::fwrite(&head, sizeof head, 1, file_) != 1 || std::fwrite(map.data(), 1, map.size(), file_) != map.size() ||
      std::fflush(file_) != 0)
    fail();
  end_ += sizeof head;
  entries_[photo] = {end_, head.bytes, head.weight};
  end_ += head.bytes;
}

void LabelJournal::discard() {
  if (std::remove(path_.c_str()) != 0) fail();
}

void LabelJournal::fail() const {
  throw Error(ErrorKind::Resource, path_ + ": " + std::strerror(errno));
}

}  // namespace vcl::train
