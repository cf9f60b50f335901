// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <numeric>
#include <system_error>
#include <utility>

#include "core/safetensors_format.hpp"
#include "core/strict_json.hpp"
#include "vcl/error.hpp"
#include "vcl/safetensors.hpp"

namespace vcl {

using nlohmann::json;

namespace {

struct Range {
  std::uint64_t begin = 0, end = 0;
};

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw Error(ErrorKind::Invalid, path + ": cannot write: " + why);
}

[[noreturn]] void fail(const std::string& path, int code) {
  throw Error(ErrorKind::Resource, path + ": cannot write: " + std::generic_category().message(code));
}

/// Where each tensor lies in the data. Wide types come first, so that every tensor is aligned to its
/// element size without the gaps that the format forbids.
std::vector<Range> lay_out(const std::string& path, const std::vector<SafetensorsWriter::Declaration>& tensors) {
  std::vector<std::size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), std::size_t(0));
  std::ranges::stable_sort(order, std::greater<>{}, [&](std::size_t i) { return dtype_size(tensors[i].dtype); });
  std::vector<Range> ranges(tensors.size());
  std::int64_t position = 0;
  for (const std::size_t i : order) {
    const auto bytes = tensor_bytes(tensors[i].dtype, tensors[i].shape);
    ranges[i].begin = position;
    if (!bytes || tensors[i].shape.size() > kSafetensorsMaxRank ||
        __builtin_add_overflow(position, static_cast<std::int64_t>(*bytes), &position)) {
      refuse(path, "tensor " + in_quotes(tensors[i].name) + " has an impossible shape");
    }
    ranges[i].end = position;
  }
  return ranges;
}

std::string make_header(const std::string& path, const std::vector<SafetensorsWriter::Declaration>& tensors,
                        const std::vector<Range>& ranges, const std::map<std::string, std::string>& metadata) {
  json header = json::object();
  if (!metadata.empty()) header[kSafetensorsMetadata] = metadata;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto& [name, dtype, shape] = tensors[i];
    if (name == kSafetensorsMetadata || header.contains(name)) {
      refuse(path, "the tensor name " + in_quotes(name) + " is taken");
    }
    header[name] = {{"dtype", dtype_name(dtype)}, {"shape", shape}, {"data_offsets", {ranges[i].begin, ranges[i].end}}};
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const json::exception&) {
    refuse(path, "a tensor name or the metadata is not UTF-8");
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the data begins at a multiple of 8
  if (text.size() > kSafetensorsMaxHeader) refuse(path, "the header exceeds the format's limit of 100 MB");
  std::string prefix(kSafetensorsPrefix, '\0');
  for (std::uint64_t i = 0; i < kSafetensorsPrefix; ++i) prefix[i] = static_cast<char>(text.size() >> (8 * i) & 0xff);
  return prefix + text;
}

}  // namespace

struct SafetensorsWriter::Impl {
  std::string path, temporary;
  int fd = -1;
  std::uint64_t data_start = 0;
  std::vector<Range> ranges;
  std::size_t next = 0;

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { discard(); }

  void open_temporary();
  void write(std::span<const std::byte> bytes, std::uint64_t position) const;
  void sync_folder() const;
  void discard() noexcept;
};

void SafetensorsWriter::Impl::open_temporary() {
  static std::atomic<unsigned> counter{0};
  do {
    temporary = path + ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(counter++);
    fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (fd < 0 && errno == EEXIST);
  if (fd < 0) fail(path, errno);
}

void SafetensorsWriter::Impl::write(std::span<const std::byte> bytes, std::uint64_t position) const {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(position));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail(path, written < 0 ? errno : ENOSPC);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    position += static_cast<std::uint64_t>(written);
  }
}

/// So that the new name survives a power cut; the file itself is safe already, hence no error.
void SafetensorsWriter::Impl::sync_folder() const {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int folder_fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_fd < 0) return;
  ::fsync(folder_fd);
  ::close(folder_fd);
}

void SafetensorsWriter::Impl::discard() noexcept {
  if (fd < 0) return;
  ::close(fd);
  ::unlink(temporary.c_str());
  fd = -1;
}

SafetensorsWriter::SafetensorsWriter(const std::string& path, const std::vector<Declaration>& tensors,
                                     const std::map<std::string, std::string>& metadata)
    : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  impl_->ranges = lay_out(path, tensors);
  const std::string header = make_header(path, tensors, impl_->ranges, metadata);
  impl_->data_start = header.size();
  impl_->open_temporary();
  impl_->write(std::as_bytes(std::span(header)), 0);
}

SafetensorsWriter::~SafetensorsWriter() = default;

void SafetensorsWriter::append(std::span<const std::byte> bytes) {
  Impl& file = *impl_;
  if (file.fd < 0) refuse(file.path, "the file is finished");
  if (file.next == file.ranges.size()) refuse(file.path, "more tensors than declared");
  const Range& range = file.ranges[file.next];
  if (bytes.size() != range.end - range.begin) {
    refuse(file.path, "tensor " + std::to_string(file.next) + " has " + std::to_string(bytes.size()) +
                          " bytes where its shape needs " + std::to_string(range.end - range.begin));
  }
  file.write(bytes, file.data_start + range.begin);
  ++file.next;
}

void SafetensorsWriter::finish() {
  Impl& file = *impl_;
  if (file.fd < 0) refuse(file.path, "the file is finished");
  if (file.next != file.ranges.size()) refuse(file.path, "fewer tensors than declared");
  if (::fsync(file.fd) != 0) fail(file.path, errno);
  if (::rename(file.temporary.c_str(), file.path.c_str()) != 0) fail(file.path, errno);
  ::close(std::exchange(file.fd, -1));
  file.sync_folder();
}

void write_safetensors(const std::string& path, const std::map<std::string, TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<SafetensorsWriter::Declaration> declarations;
  for (const auto& [name, view] : tensors) declarations.push_back({name, view.dtype, view.shape});
  SafetensorsWriter writer(path, declarations, metadata);
  for (const auto& [name, view] : tensors) writer.append(view.bytes);
  writer.finish();
}

}  // namespace vcl
