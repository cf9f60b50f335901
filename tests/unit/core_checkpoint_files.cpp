// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core_checkpoint_files.hpp"

#include <bit>

namespace vcl::test {

std::string number(std::uint64_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes.push_back(i < 8 ? char(value >> (8 * i) & 0xff) : char(0));
  return bytes;
}

std::string floats(const std::vector<float>& values) {
  std::string bytes;
  for (const float value : values) bytes += number(std::bit_cast<std::uint32_t>(value), 4);
  return bytes;
}

Pickle& Pickle::integer(std::int64_t value) {
  if (value >= 0 && value < 256) return raw("K" + number(std::uint64_t(value), 1));
  if (value >= 0 && value < 65536) return raw("M" + number(std::uint64_t(value), 2));
  if (value >= INT32_MIN && value <= INT32_MAX) return raw("J" + number(std::uint64_t(value), 4));
  return raw("\x8a\x08" + number(std::uint64_t(value), 8));
}

Pickle& Pickle::real(double value) {
  std::string bytes = number(std::bit_cast<std::uint64_t>(value), 8);
  return raw("G" + std::string(bytes.rbegin(), bytes.rend()));
}

Pickle& Pickle::latin1(std::string_view value) {
  std::string encoded;
  for (const char byte : value) {
    const auto code = static_cast<unsigned char>(byte);
    if (code < 0x80) {
      encoded += byte;
    } else {
      encoded += char(0xc0 | code >> 6);
      encoded += char(0x80 | (code & 0x3f));
    }
  }
  return global("_codecs", "encode").text(encoded).text("latin1").raw("\x86").reduce();
}

Pickle& Pickle::tuple(const std::vector<std::int64_t>& values) {
  mark();
  for (const std::int64_t value : values) integer(value);
  return tuple();
}

Pickle& Pickle::storage(const std::string& type, std::string_view key, std::int64_t count, bool legacy) {
  mark().text("storage").global("torch", type).text(key).text("cpu").integer(count);
  if (legacy) none();
  return tuple().raw("Q");
}

Pickle& Pickle::tensor(const std::string& type, std::string_view key, std::int64_t count, std::int64_t offset,
                       const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides, bool legacy) {
  global("torch._utils", "_rebuild_tensor_v2").mark().storage(type, key, count, legacy).integer(offset);
  return tuple(shape).tuple(strides).flag(false).ordered_dict().tuple().reduce();
}

namespace {

/// As PyTorch does it: the data begins at a multiple of 64.
std::string padding(std::size_t position) {
  const std::size_t size = (64 - (position + 4) % 64) % 64;
  return "FB" + number(size, 2) + std::string(size, 'Z');
}

std::string local_header(const ZipEntry& entry, std::size_t position) {
  const std::string& name = entry.local_name.empty() ? entry.name : entry.local_name;
  const bool later = (entry.flags & 8) != 0;  // the sizes follow the data
  const std::uint64_t size = later ? 0 : entry.data.size() + entry.local_size;
  const std::string extra = padding(position + 30 + name.size());
  return "PK\x03\x04" + number(20, 2) + number(entry.flags, 2) + number(entry.method, 2) + number(0, 8) +
         number(size, 4) + number(size, 4) + number(name.size(), 2) + number(extra.size(), 2) + name + extra;
}

std::string central_header(const ZipEntry& entry, std::size_t position, bool zip64) {
  const std::uint64_t size = entry.data.size() + entry.central_size;
  const std::uint64_t stored = entry.data.size() + entry.central_stored;
  const std::uint64_t header = position + entry.header_moved;
  const std::string extra =
      zip64 ? "\x01" + number(0, 1) + number(24, 2) + number(size, 8) + number(stored, 8) + number(header, 8) : "";
  const auto field = [&](std::uint64_t value) { return number(zip64 ? 0xffffffff : value, 4); };
  return "PK\x01\x02" + number(20, 2) + number(20, 2) + number(entry.flags, 2) + number(entry.method, 2) +
         number(0, 8) + field(stored) + field(size) + number(entry.name.size(), 2) + number(extra.size(), 2) +
         number(0, 2) + number(entry.disk, 2) + number(0, 6) + field(header) + entry.name + extra;
}

}  // namespace

std::string zip(const std::vector<ZipEntry>& entries, const ZipForm& form) {
  std::string bytes, directory;
  for (const ZipEntry& entry : entries) {
    directory += central_header(entry, bytes.size(), form.zip64);
    bytes += local_header(entry, bytes.size()) + entry.data;
    if ((entry.flags & 8) != 0) bytes += "PK\x07\x08" + number(0, 12);
  }
  const std::uint64_t begin = bytes.size() + form.directory_begin, size = directory.size() + form.directory_size;
  const std::uint64_t count = entries.size() + form.entries, count64 = count + form.entries64;
  bytes += directory + form.gap;
  if (form.zip64) {
    const std::uint64_t end64 = bytes.size() + form.end64;
    bytes += "PK\x06\x06" + number(44, 8) + number(20, 2) + number(45, 2) + number(0, 8) + number(count64, 8) +
             number(count64, 8) + number(size, 8) + number(begin, 8);
    bytes += "PK\x06\x07" + number(0, 4) + number(end64, 8) + number(1, 4);
  }
  bytes += "PK\x05\x06" + number(0, 4) + number(count, 2) + number(count, 2) +
           number(form.zip64 ? 0xffffffff : size, 4) + number(form.zip64 ? 0xffffffff : begin, 4);
  return bytes + number(form.comment.size(), 2) + form.comment;
}

std::string torch_zip(const std::string& pickle, const std::vector<SavedStorage>& storages,
                      const std::string& byte_order) {
  std::vector<ZipEntry> entries{{"archive/data.pkl", pickle}};
  if (!byte_order.empty()) entries.push_back({"archive/byteorder", byte_order});
  for (const auto& [key, bytes] : storages) entries.push_back({"archive/data/" + key, bytes});
  entries.push_back({"archive/version", "3\n"});
  return zip(entries);
}

std::string torch_legacy(const std::string& pickle, const std::vector<LegacyStorage>& storages) {
  const std::string magic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.");
  Pickle system, keys;
  system.dict().text("little_endian").flag(true).set_item();
  keys.list();
  for (const auto& storage : storages) keys.text(storage.key).append();
  std::string bytes = magic + Pickle().integer(1001).stop() + system.stop() + pickle + keys.stop();
  for (const auto& storage : storages) bytes += number(storage.count, 8) + storage.bytes;
  return bytes;
}

std::string small_numpy() {
  Pickle pickle;
  pickle.dict().text("x").global("numpy.core.multiarray", "_reconstruct").mark().global("numpy", "ndarray");
  pickle.tuple({0}).latin1("b").tuple().reduce().mark().integer(1).tuple({2, 3});
  pickle.global("numpy", "dtype").mark().text("f4").flag(false).flag(true).tuple().reduce();
  pickle.mark().integer(3).text("<").none().none().none().integer(-1).integer(-1).integer(0).tuple().build();
  return pickle.flag(false).latin1(floats({0, 1, 2, 3, 4, 5})).tuple().build().set_item().stop();
}

Pickle small_state(bool legacy) {
  Pickle pickle;
  pickle.dict().mark().text("model").ordered_dict().mark();
  pickle.text("a").tensor("FloatStorage", "0", 6, 0, {3, 2}, {1, 3}, legacy);
  pickle.text("b").tensor("ByteStorage", "1", 4, 1, {2}, {1}, legacy).set_items();
  pickle.text("args").global("argparse", "Namespace").raw(")\x81").dict().text("lr").real(0.1).set_item().build();
  pickle.text("epoch").integer(70000);
  return pickle.set_items();
}

std::vector<std::string> small_files() {
  const std::string six = floats({0, 1, 2, 3, 4, 5});
  const std::string pickle = small_state(false).stop();
  return {torch_zip(pickle, {{"0", six}, {"1", "abcd"}}),
          zip({{"x/data.pkl", pickle, 0, 8}, {"x/data/0", six, 0, 8}, {"x/data/1", "abcd"}}, {.zip64 = true}),
          torch_legacy(small_state(true).stop(), {{"1", 4, "abcd"}, {"0", 6, six}}), small_numpy()};
}

}  // namespace vcl::test
