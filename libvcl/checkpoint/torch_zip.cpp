// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/checkpoint/checkpoint_contents.hpp"
#include "libvcl/checkpoint/unpickler.hpp"
#include "libvcl/checkpoint/zip_archive.hpp"
#include "libvcl/files/strict_json.hpp"

namespace vcl {

namespace {

using Entries = std::map<std::string_view, std::span<const std::byte>>;

/// Returns the folder that contains all entries: "archive/" or the name of the file when it was saved.
std::string find_folder(const MappedFile& file, const Entries& entries) {
  constexpr std::string_view kPickle = "/data.pkl";
  std::string folder;
  for (const auto& [name, bytes] : entries) {
    if (!name.ends_with(kPickle) || name.find('/') != name.size() - kPickle.size()) continue;
    if (!folder.empty()) file.refuse("holds two checkpoints in one zip archive");
    folder = name.substr(0, name.size() - kPickle.size() + 1);
  }
  if (folder.empty()) file.unsupported("is a zip archive, but not one of torch.save: it has no data.pkl");
  return folder;
}

/// Since PyTorch 2.1 the archive states its byte order. Before, it was that of the machine, always little-endian.
bool is_big_endian(const MappedFile& file, const Entries& entries, const std::string& folder) {
  const auto found = entries.find(folder + "byteorder");
  if (found == entries.end()) return false;
  const std::string_view order = as_text(found->second);
  if (order != "little" && order != "big") file.unsupported("has the byte order " + in_quotes(order));
  return order == "big";
}

}  // namespace

pickle::Ref read_torch_zip(pickle::Heap& heap) {
  const MappedFile& file = heap.file;
  const Entries entries = read_zip(file);
  const std::string folder = find_folder(file, entries);
  if (entries.contains(folder + "constants.pkl")) {
    file.unsupported("is a TorchScript program; save its weights instead: torch.save(module.state_dict(), ...)");
  }
  ByteReader reader(file, entries.at(folder + "data.pkl"), "data.pkl");
  const pickle::Ref root = pickle::unpickle(heap, reader);
  if (reader.left() != 0) file.refuse("has bytes after the end of data.pkl");
  const bool swapped = is_big_endian(file, entries, folder);
  for (pickle::Storage& storage : heap.storages) {
    if (storage.key.empty()) continue;
    const auto found = entries.find(folder + "data/" + std::string(storage.key));
    if (found == entries.end()) file.refuse("lacks the storage " + in_quotes(storage.key));
    if (found->second.size() != storage.count * dtype_size(storage.dtype)) {
      file.refuse("has a storage " + in_quotes(storage.key) + " of another size than its tensors need");
    }
    storage.bytes = found->second;
    storage.swapped = swapped;
  }
  return root;
}

}  // namespace vcl
