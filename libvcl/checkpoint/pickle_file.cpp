// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <array>

#include "libvcl/checkpoint/checkpoint_contents.hpp"
#include "libvcl/checkpoint/unpickler.hpp"
#include "libvcl/files/strict_json.hpp"

namespace vcl {

namespace {

using pickle::Heap;
using pickle::Ref;

constexpr std::int64_t kLegacyProtocol = 1001;

/// 0x1950a86a20f9469cfc6c, the first pickle of a legacy file.
bool is_legacy_magic(const Heap& heap, Ref ref) {
  constexpr std::array<unsigned char, 10> kMagic{0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};
  const auto* number = heap.get<pickle::LongInt>(ref);
  return number != nullptr && std::ranges::equal(number->bytes, std::as_bytes(std::span(kMagic)));
}

/// Reads the storages, which follow in the order of their keys: number of elements (8 bytes), elements; little-endian
/// on every machine.
void read_storages(Heap& heap, ByteReader& reader, Ref keys) {
  const MappedFile& file = heap.file;
  const auto* list = heap.get<pickle::List>(keys);
  const auto described =
      std::size_t(std::ranges::count_if(heap.storages, [](const auto& s) { return !s.key.empty(); }));
  if (list == nullptr || list->items.size() != described)
    file.refuse("has a list of storages that its tensors contradict");
  std::vector<bool> done(heap.storages.size());
  for (const Ref item : list->items) {
    const auto key = heap.text(item);
    const auto found = key ? heap.storage_of_key.find(*key) : heap.storage_of_key.end();
    if (found == heap.storage_of_key.end() || done[found->second]) {
      file.refuse("lists " + heap.describe(item) + " as a storage, which no tensor has or which came before");
    }
    done[found->second] = true;
    pickle::Storage& storage = heap.storages[found->second];
    if (reader.number<std::uint64_t>() != storage.count) {
      file.refuse("has a storage " + in_quotes(*key) + " of another size than its tensors need");
    }
    storage.bytes = reader.take(storage.count * dtype_size(storage.dtype));
  }
}

/// Reads a legacy file: magic, protocol, system, the saved value, the keys of its storages (one pickle each); storages.
Ref read_legacy(Heap& heap, ByteReader& reader) {
  const Ref protocol = pickle::unpickle(heap, reader);
  if (heap.count(protocol) != kLegacyProtocol) heap.file.unsupported("is a torch.save file of an unknown protocol");
  pickle::unpickle(heap, reader);
  const Ref root = pickle::unpickle(heap, reader);
  const Ref keys = pickle::unpickle(heap, reader);
  read_storages(heap, reader, keys);
  return root;
}

}  // namespace

Ref read_pickle_file(Heap& heap, CheckpointFormat& format) {
  ByteReader reader(heap.file, heap.file.bytes(), "a pickle");
  Ref root = pickle::unpickle(heap, reader);
  format = CheckpointFormat::NumpyPickle;
  if (is_legacy_magic(heap, root)) {
    format = CheckpointFormat::TorchLegacy;
    root = read_legacy(heap, reader);
  } else if (!heap.storage_of_key.empty()) {
    heap.file.refuse("is a pickle that refers to storages which the file does not hold; save with torch.save");
  }
  if (reader.left() != 0) heap.file.refuse("has " + std::to_string(reader.left()) + " bytes after its end");
  return root;
}

}  // namespace vcl
