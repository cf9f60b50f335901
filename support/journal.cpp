// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "vcl/error.hpp"

namespace vcl {
namespace {

constexpr std::uint32_t kLargestRecord = std::uint32_t{1} << 30;

struct RecordHead {
  std::uint32_t item;
  std::uint32_t bytes;
  std::uint32_t checksum;  // of the two fields above and the record
};

std::uint32_t fnv1a(std::span<const std::byte> bytes, std::uint32_t hash = 2166136261U) {
  for (const std::byte b : bytes) hash = (hash ^ std::to_integer<std::uint32_t>(b)) * 16777619U;
  return hash;
}

std::uint32_t checksum(const RecordHead& head, std::span<const std::byte> record) {
  return fnv1a(record, fnv1a(std::as_bytes(std::span(&head, 1)).first(offsetof(RecordHead, checksum))));
}

/// Returns 0 or the error code.
int write_at(int fd, std::int64_t at, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return written < 0 ? errno : ENOSPC;
    bytes = bytes.subspan(std::size_t(written));
    at += written;
  }
  return 0;
}

std::vector<std::string> parts_of(const std::string& fingerprint) {
  std::vector<std::string> parts;
  for (std::size_t from = 0, to = 0; to != std::string::npos; from = to + 2) {
    to = fingerprint.find("; ", from);
    parts.push_back(fingerprint.substr(from, to - from));
  }
  return parts;
}

[[noreturn]] void refuse(const std::string& path, const std::string& found, const std::string& wanted) {
  const std::vector<std::string> theirs = parts_of(found), ours = parts_of(wanted);
  std::string why = "it is no journal of this kind of work";
  if (theirs.front() == ours.front())
    for (std::size_t i = 0; i < std::min(theirs.size(), ours.size()); ++i)
      if (theirs[i] != ours[i]) {
        why = "it has \"" + theirs[i] + "\", this run has \"" + ours[i] + "\"";
        break;
      }
  throw Error(ErrorKind::Invalid,
              path + " is of an unfinished run with other settings: " + why +
                  "; give that run's settings to go on with it, or remove the file to start afresh");
}

}  // namespace

Journal::Journal(const std::string& path, const std::string& fingerprint, std::size_t items,
                 std::vector<std::size_t> sizes)
    : path_(path), sizes_(std::move(sizes)), entries_(items) {
  open_alone();
  try {
    start(fingerprint);
  } catch (...) {
    ::close(fd_);
    throw;
  }
}

Journal::~Journal() {
  ::close(fd_);
}

/// Opens and locks the file. The lock ends with the process. If the file was removed meanwhile, it must not be used:
/// tries again.
void Journal::open_alone() {
  while (true) {
    fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd_ < 0) fail(errno);
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      const int code = errno;
      ::close(fd_);
      if (code != EWOULDBLOCK) fail(code);
      throw Error(ErrorKind::Resource, path_ +
                                           " is in use: another run writes the same output; let it end, or name "
                                           "another output");
    }
    struct stat opened, named;
    if (::fstat(fd_, &opened) == 0 && ::stat(path_.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
        opened.st_dev == named.st_dev)
      return;
    ::close(fd_);
  }
}

void Journal::start(const std::string& fingerprint) {
  const std::string line = fingerprint + "\n";
  std::string found(line.size() + 4096, '\0');
  const ssize_t got = ::pread(fd_, found.data(), found.size(), 0);
  if (got < 0) fail(errno);
  found.resize(std::size_t(got));
  if (found.starts_with(line)) return take_back(std::int64_t(line.size()));
  // A run may have been killed before its first line was complete.
  if (!line.starts_with(found)) refuse(path_, found.substr(0, found.find('\n')), fingerprint);
  if (const int code = write_at(fd_, 0, std::as_bytes(std::span(line)))) fail(code);
  end_ = std::int64_t(line.size());
}

void Journal::take_back(std::int64_t at) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path_.c_str(), "rb"), std::fclose);
  if (!file || std::fseek(file.get(), at, SEEK_SET) != 0) fail(errno);
  struct stat status {};
  if (::fstat(fd_, &status) != 0) fail(errno);
  RecordHead head;
  std::vector<std::byte> record;
  while (std::fread(&head, sizeof head, 1, file.get()) == 1) {
    const std::int64_t left = status.st_size - at - std::int64_t(sizeof head);
    if (head.item >= entries_.size() || head.bytes > left || (!sizes_.empty() && head.bytes != sizes_[head.item]))
      break;
    record.resize(head.bytes);
    if (std::fread(record.data(), 1, record.size(), file.get()) != record.size() ||
        head.checksum != checksum(head, record))
      break;
    at += sizeof head;
    entries_[head.item] = {at, head.bytes};
    at += head.bytes;
  }
  end_ = at;
  if (::ftruncate(fd_, at) != 0) fail(errno);
}

std::size_t Journal::done() const {
  const std::lock_guard lock(mutex_);
  return std::size_t(std::ranges::count_if(entries_, [](const Entry& entry) { return entry.at >= 0; }));
}

bool Journal::has(std::size_t item) const {
  const std::lock_guard lock(mutex_);
  return entries_[item].at >= 0;
}

std::vector<std::byte> Journal::read(std::size_t item) const {
  std::unique_lock lock(mutex_);
  const Entry entry = entries_[item];
  lock.unlock();
  std::vector<std::byte> bytes(entry.bytes);
  read_at(entry.at, bytes);
  return bytes;
}

void Journal::read_start(std::size_t item, std::span<std::byte> start) const {
  std::unique_lock lock(mutex_);
  const Entry entry = entries_[item];
  lock.unlock();
  if (entry.bytes < start.size()) fail(EIO);
  read_at(entry.at, start);
}

void Journal::read_at(std::int64_t at, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t got = ::pread(fd_, bytes.data(), bytes.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail(got < 0 ? errno : EIO);
    bytes = bytes.subspan(std::size_t(got));
    at += got;
  }
}

void Journal::add(std::size_t item, std::span<const std::byte> record) {
  if (record.size() > kLargestRecord)
    throw Error(ErrorKind::Unsupported, path_ + ": a result of more than 1 GiB; make the input smaller");
  RecordHead head{std::uint32_t(item), std::uint32_t(record.size()), 0};
  head.checksum = checksum(head, record);
  const std::lock_guard lock(mutex_);
  int code = write_at(fd_, end_, std::as_bytes(std::span(&head, 1)));
  if (code == 0) code = write_at(fd_, end_ + std::int64_t(sizeof head), record);
  if (code != 0) {
    if (::ftruncate(fd_, end_) != 0) code = errno;  // so that records that other threads add now can be found later
    fail(code);
  }
  entries_[item] = {end_ + std::int64_t(sizeof head), head.bytes};
  end_ = entries_[item].at + head.bytes;
}

void Journal::discard() {
  if (::unlink(path_.c_str()) != 0) fail(errno);
}

void Journal::fail(int code) const {
  throw Error(ErrorKind::Resource,
              path_ + ": " + std::strerror(code) +
                  "; choose an output on a disk that can be written and has room, and start again");
}

}  // namespace vcl
