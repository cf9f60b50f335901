// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Writers of checkpoint files, so that tests decide on every byte.
namespace vcl::test {

/// The lowest `size` bytes, least significant first.
std::string number(std::uint64_t value, std::size_t size);
std::string floats(const std::vector<float>& values);

/// Writes a pickle one opcode after the other; each function pushes or uses the values of its name.
class Pickle {
 public:
  explicit Pickle(int protocol = 2) : bytes_(std::string("\x80") + char(protocol)) {}

  Pickle& raw(std::string_view opcodes) { return bytes_ += opcodes, *this; }
  Pickle& none() { return raw("N"); }
  Pickle& flag(bool value) { return raw(value ? "\x88" : "\x89"); }
  Pickle& integer(std::int64_t value);
  Pickle& real(double value);
  Pickle& text(std::string_view value) { return raw("X" + number(value.size(), 4)).raw(value); }
  Pickle& old_text(std::string_view value) { return raw("T" + number(value.size(), 4)).raw(value); }
  Pickle& bytes(std::string_view value) { return raw("B" + number(value.size(), 4)).raw(value); }
  /// Bytes as protocol 2 of Python 3 writes them.
  Pickle& latin1(std::string_view value);
  Pickle& global(const std::string& module, const std::string& name) { return raw("c" + module + "\n" + name + "\n"); }
  Pickle& mark() { return raw("("); }
  Pickle& tuple() { return raw("t"); }  ///< of what lies above the mark
  Pickle& tuple(const std::vector<std::int64_t>& values);
  Pickle& dict() { return raw("}"); }
  Pickle& ordered_dict() { return global("collections", "OrderedDict").raw(")R"); }
  Pickle& set_item() { return raw("s"); }
  Pickle& set_items() { return raw("u"); }
  Pickle& list() { return raw("]"); }
  Pickle& append() { return raw("a"); }
  Pickle& put(int index) { return raw("q" + number(std::uint64_t(index), 1)); }
  Pickle& get(int index) { return raw("h" + number(std::uint64_t(index), 1)); }
  Pickle& reduce() { return raw("R"); }
  Pickle& build() { return raw("b"); }
  /// ('storage', torch.<type>, key, 'cpu', count[, None])
  Pickle& storage(const std::string& type, std::string_view key, std::int64_t count, bool legacy = false);
  /// torch._utils._rebuild_tensor_v2 on such a storage.
  Pickle& tensor(const std::string& type, std::string_view key, std::int64_t count, std::int64_t offset,
                 const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides, bool legacy = false);
  std::string stop() const { return bytes_ + "."; }

 private:
  std::string bytes_;
};

struct ZipEntry {
  std::string name, data;
  std::uint16_t method = 0, flags = 0;
  // What is wrong with it.
  std::uint32_t central_stored = 0, central_size = 0, header_moved = 0, local_size = 0;  ///< added to the truth
  std::uint16_t disk = 0;
  std::string local_name{};  ///< instead of `name`
};

struct ZipForm {
  bool zip64 = false;
  std::string comment{};
  // What is wrong with it.
  std::uint64_t entries = 0, directory_size = 0, directory_begin = 0, end64 = 0, entries64 = 0;  ///< added to the truth
  std::string gap{};  ///< bytes between the directory and its end
};

std::string zip(const std::vector<ZipEntry>& entries, const ZipForm& form = {});

struct SavedStorage {
  std::string key, bytes;
};

/// What torch.save writes: data.pkl, the byte order and the storages.
std::string torch_zip(const std::string& pickle, const std::vector<SavedStorage>& storages,
                      const std::string& byte_order = "little");
struct LegacyStorage {
  std::string key;
  std::uint64_t count;
  std::string bytes;
};
std::string torch_legacy(const std::string& pickle, const std::vector<LegacyStorage>& storages);

/// A pickle of numpy: {"x": six floats, 2 by 3}.
std::string small_numpy();

/// What a training leaves: {"model": {"a": floats in columns, "b": two bytes of four}, "args": ..., "epoch": ...}, with
/// storages "0" of 24 and "1" of 4 bytes.
Pickle small_state(bool legacy);

/// A file of each format with it, and the numpy pickle.
std::vector<std::string> small_files();

/// Opens the bytes and reads every tensor. The message when they are refused, without the name of the file, which it
/// must begin with.
std::optional<std::string> refusal(const std::string& bytes);

}  // namespace vcl::test
