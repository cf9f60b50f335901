// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <utility>

#include "libvcl/files/mapped_file.hpp"
#include "libvcl/files/safetensors_format.hpp"
#include "libvcl/files/strict_json.hpp"
#include "vcl/safetensors.hpp"

namespace vcl {

using nlohmann::json;

struct SafetensorsFile::Impl {
  MappedFile file;
  std::map<std::string, TensorView> tensors;
  std::map<std::string, std::string> metadata;

  explicit Impl(const std::string& path) : file(path) {}

  [[noreturn]] void refuse(const std::string& why) const { file.refuse(why); }
  std::string_view header() const;
  void read_metadata(const json& entry);
  TensorView read_tensor(const std::string& name, const json& entry, std::span<const std::byte> buffer) const;
  void read_entries(const json& header, std::span<const std::byte> buffer);
  void check_layout(std::span<const std::byte> buffer) const;
};

std::string_view SafetensorsFile::Impl::header() const {
  const std::size_t size = file.bytes().size();
  if (size < kSafetensorsPrefix) refuse("is too short to be a safetensors file (" + std::to_string(size) + " bytes)");
  const std::byte* bytes = file.bytes().data();
  std::uint64_t length = 0;
  for (std::uint64_t i = 0; i < kSafetensorsPrefix; ++i) length |= std::uint64_t(bytes[i]) << (8 * i);
  if (length > kSafetensorsMaxHeader) refuse("is not a safetensors file (impossible header length)");
  if (length > size - kSafetensorsPrefix) refuse("is truncated inside the header");
  const std::string_view text(reinterpret_cast<const char*>(bytes) + kSafetensorsPrefix, length);
  if (!text.starts_with('{')) refuse("is not a safetensors file (the header does not start with '{')");
  return text;
}

void SafetensorsFile::Impl::read_metadata(const json& entry) {
  if (!entry.is_object()) refuse("metadata is not an object");
  for (const auto& [key, value] : entry.items()) {
    if (!value.is_string()) refuse("metadata " + in_quotes(key) + " is not a string");
    metadata.emplace(key, value.get<std::string>());
  }
}

TensorView SafetensorsFile::Impl::read_tensor(const std::string& name, const json& entry,
                                              std::span<const std::byte> buffer) const {
  const auto fail = [&](const std::string& why) { refuse("tensor " + in_quotes(name) + " " + why); };
  const auto is_count = [](const json& value) {
    return value.is_number_unsigned() && value.get<std::uint64_t>() <= std::uint64_t(INT64_MAX);
  };
  if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") || !entry.contains("shape") ||
      !entry.contains("data_offsets")) {
    fail("needs exactly dtype, shape and data_offsets");
  }
  const json& type = entry["dtype"];
  if (!type.is_string()) fail("has a dtype that is no string");
  const auto dtype = dtype_from_name(type.get_ref<const std::string&>());
  if (!dtype) fail("has the dtype " + in_quotes(type.get_ref<const std::string&>()) + ", which is unknown here");

  TensorView view{*dtype, {}, {}};
  const json& shape = entry["shape"];
  if (!shape.is_array() || !std::ranges::all_of(shape, is_count)) fail("has a shape that is no list of sizes");
  for (const json& side : shape) view.shape.push_back(side.get<std::int64_t>());
  const auto bytes = tensor_bytes(*dtype, view.shape);
  if (!bytes) fail("has a shape whose size overflows");

  const json& offsets = entry["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2 || !std::ranges::all_of(offsets, is_count)) {
    fail("has data_offsets that are no pair of byte positions");
  }
  const auto begin = offsets[0].get<std::uint64_t>(), end = offsets[1].get<std::uint64_t>();
  if (begin > end || end > buffer.size()) fail("lies outside the file: it is truncated or corrupt");
  if (end - begin != *bytes) {
    fail("has " + std::to_string(end - begin) + " bytes where its shape needs " + std::to_string(*bytes));
  }
  view.bytes = buffer.subspan(begin, end - begin);
  return view;
}

void SafetensorsFile::Impl::read_entries(const json& header, std::span<const std::byte> buffer) {
  for (const auto& [name, entry] : header.items()) {
    if (name == kSafetensorsMetadata) {
      read_metadata(entry);
    } else {
      tensors.emplace(name, read_tensor(name, entry, buffer));
    }
  }
}

/// Checks that the tensors tile the data, as the format requires: no byte is used twice and none is unused.
void SafetensorsFile::Impl::check_layout(std::span<const std::byte> buffer) const {
  std::vector<std::pair<const std::byte*, const std::byte*>> ranges;
  for (const auto& [name, view] : tensors)
    ranges.emplace_back(view.bytes.data(), view.bytes.data() + view.bytes.size());
  std::ranges::sort(ranges);
  const std::byte* expected = buffer.data();
  for (const auto& [begin, end] : ranges) {
    if (begin != expected) refuse(begin < expected ? "tensors overlap" : "bytes between tensors belong to none");
    expected = end;
  }
  if (expected != buffer.data() + buffer.size()) refuse("bytes after the last tensor belong to none");
}

SafetensorsFile::SafetensorsFile(const std::string& path) : impl_(std::make_unique<Impl>(path)) {
  const std::string_view header = impl_->header();
  const auto* data = reinterpret_cast<const std::byte*>(header.data() + header.size());
  const std::span<const std::byte> buffer(data, impl_->file.bytes().size() - kSafetensorsPrefix - header.size());
  impl_->read_entries(parse_strict_json(header, path + ": header", {.depth = 3, .array = kSafetensorsMaxRank}), buffer);
  impl_->check_layout(buffer);
}

SafetensorsFile::~SafetensorsFile() = default;
SafetensorsFile::SafetensorsFile(SafetensorsFile&&) noexcept = default;
SafetensorsFile& SafetensorsFile::operator=(SafetensorsFile&&) noexcept = default;

const std::map<std::string, TensorView>& SafetensorsFile::tensors() const {
  return impl_->tensors;
}

const std::map<std::string, std::string>& SafetensorsFile::metadata() const {
  return impl_->metadata;
}

const TensorView& SafetensorsFile::at(const std::string& name) const {
  const auto found = impl_->tensors.find(name);
  if (found == impl_->tensors.end()) impl_->refuse("has no tensor " + in_quotes(name));
  return found->second;
}

}  // namespace vcl
