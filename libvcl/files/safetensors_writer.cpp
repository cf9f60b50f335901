// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <numeric>
#include <utility>

#include "libvcl/files/atomic_file.hpp"
#include "libvcl/files/safetensors_format.hpp"
#include "libvcl/files/strict_json.hpp"
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

/// Returns the range of each tensor in the data. Wide types come first, so every tensor is aligned to its element size
/// without gaps, which the format forbids.
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
  explicit Impl(const std::string& path) : path(path), file(path) {}

  const std::string path;
  AtomicFile file;
  std::uint64_t data_start = 0;
  std::vector<Range> ranges;
  std::size_t next = 0;
};

SafetensorsWriter::SafetensorsWriter(const std::string& path, const std::vector<Declaration>& tensors,
                                     const std::map<std::string, std::string>& metadata) {
  std::vector<Range> ranges = lay_out(path, tensors);
  const std::string header = make_header(path, tensors, ranges, metadata);
  impl_ = std::make_unique<Impl>(path);
  impl_->ranges = std::move(ranges);
  impl_->data_start = header.size();
  impl_->file.write(std::as_bytes(std::span(header)), 0);
}

SafetensorsWriter::~SafetensorsWriter() = default;

void SafetensorsWriter::append(std::span<const std::byte> bytes) {
  Impl& o = *impl_;
  if (o.file.finished()) refuse(o.path, "the file is finished");
  if (o.next == o.ranges.size()) refuse(o.path, "more tensors than declared");
  const Range& range = o.ranges[o.next];
  if (bytes.size() != range.end - range.begin) {
    refuse(o.path, "tensor " + std::to_string(o.next) + " has " + std::to_string(bytes.size()) +
                       " bytes where its shape needs " + std::to_string(range.end - range.begin));
  }
  o.file.write(bytes, o.data_start + range.begin);
  ++o.next;
}

void SafetensorsWriter::finish() {
  Impl& o = *impl_;
  if (o.file.finished()) refuse(o.path, "the file is finished");
  if (o.next != o.ranges.size()) refuse(o.path, "fewer tensors than declared");
  o.file.finish();
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
