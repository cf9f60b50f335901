// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/checkpoint/pickle_classes.hpp"

#include <algorithm>
#include <array>

#include "libvcl/files/strict_json.hpp"

namespace vcl::pickle {

namespace {

/// OrderedDict(), or in Python 2 OrderedDict([[key, value], ...]).
Ref ordered_dict(Heap& heap, const Args& args) {
  Dict dict;
  if (!args.empty()) {
    const auto* pairs = heap.items(args[0]);
    if (args.size() != 1 || pairs == nullptr) heap.file.refuse("is a broken pickle: an OrderedDict of no pairs");
    heap.spend(pairs->size());  // a memo can name the same list many times
    for (const Ref pair : *pairs) {
      const auto* items = heap.items(pair);
      if (items == nullptr || items->size() != 2) heap.file.refuse("is a broken pickle: an OrderedDict of no pairs");
      dict.items.emplace_back((*items)[0], (*items)[1]);
    }
  }
  return heap.add(std::move(dict));
}

Ref default_dict(Heap& heap, const Args&) {  // programs need the default, readers of data do not
  return heap.add(Dict{});
}

/// torch.Size((2, 3)): replaced by the tuple that it is made from.
Ref same_items(Heap& heap, const Args& args) {
  if (args.empty()) return heap.add(Tuple{});
  if (args.size() != 1 || heap.items(args[0]) == nullptr)
    heap.file.refuse("is a broken pickle: a sequence of no items");
  return args[0];
}

Ref no_bytes(Heap& heap, const Args& args) {
  if (!args.empty()) heap.file.refuse("is a broken pickle: bytes() with an argument");
  return heap.add(Bytes{});
}

/// _codecs.encode(text, 'latin1'): the bytes of Python 3 in protocol 2, each as the character with that number.
Ref encode(Heap& heap, const Args& args) {
  const auto refuse = [&] { heap.file.refuse("is a broken pickle: bytes that are no latin-1 text"); };
  if (args.size() != 2 || !heap.text(args[0])) refuse();
  const auto codec = heap.text(args[1]);
  if (!codec || (*codec != "latin1" && *codec != "latin-1")) refuse();
  const std::string_view text = *heap.text(args[0]);
  heap.decoded_size += text.size();  // each text is encoded once, so together they are not larger than the file
  if (heap.decoded_size > heap.file.bytes().size()) refuse();
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      bytes.push_back(text[i]);
      continue;
    }
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[++i]) : 0U;
    if ((lead != 0xc2 && lead != 0xc3) || next < 0x80 || next > 0xbf) refuse();
    bytes.push_back(static_cast<char>((lead & 3) << 6 | (next & 0x3f)));
  }
  heap.decoded.push_back(std::move(bytes));
  return heap.add(Bytes{std::as_bytes(std::span(heap.decoded.back()))});
}

struct Known {
  std::string_view module, name;
  Ref (*make)(Heap&, const Args&);
};

constexpr std::array kKnown{
    Known{"collections", "OrderedDict", ordered_dict},
    Known{"collections", "defaultdict", default_dict},
    Known{"torch._utils", "_rebuild_tensor", torch_tensor},  // before PyTorch 0.4
    Known{"torch._utils", "_rebuild_tensor_v2", torch_tensor},
    Known{"torch._utils", "_rebuild_parameter", torch_parameter},
    Known{"torch._utils", "_rebuild_parameter_with_state", torch_parameter},
    Known{"torch", "Size", same_items},
    Known{"numpy", "dtype", numpy_type},
    Known{"numpy.core.multiarray", "_reconstruct", numpy_array},
    Known{"numpy._core.multiarray", "_reconstruct", numpy_array},  // since numpy 2
    Known{"numpy.core.numeric", "_frombuffer", numpy_from_buffer},
    Known{"numpy._core.numeric", "_frombuffer", numpy_from_buffer},
    Known{"_codecs", "encode", encode},
    Known{"__builtin__", "bytes", no_bytes},
    Known{"builtins", "bytes", no_bytes},
};

constexpr std::array<std::string_view, 22> kOpaque{
    "argparse.Namespace",
    "types.SimpleNamespace",
    "collections.Counter",
    "collections.deque",
    "torch.device",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "builtins.set",
    "__builtin__.set",
    "builtins.frozenset",
    "__builtin__.frozenset",
    "builtins.bytearray",
    "__builtin__.bytearray",
    "builtins.complex",
    "__builtin__.complex",
    "pathlib.Path",
    "pathlib.PosixPath",
    "pathlib.WindowsPath",
    "pathlib.PurePosixPath",
    "pathlib.PureWindowsPath",
    "datetime.datetime",
    "datetime.timedelta",
};

bool is_named(std::string_view whole, const Global& global) {
  return whole.size() == global.module.size() + 1 + global.name.size() && whole.starts_with(global.module) &&
         whole[global.module.size()] == '.' && whole.ends_with(global.name);
}

}  // namespace

Ref call(Heap& heap, Ref callable, Ref args) {
  const auto* global = heap.get<Global>(callable);
  if (global == nullptr) heap.file.refuse("is a broken pickle: it calls " + heap.describe(callable));
  const auto* tuple = heap.get<Tuple>(args);
  if (tuple == nullptr) heap.file.refuse("is a broken pickle: it calls with " + heap.describe(args));
  for (const Known& known : kKnown) {
    if (known.module == global->module && known.name == global->name) return known.make(heap, tuple->items);
  }
  for (const std::string_view name : kOpaque) {
    if (is_named(name, *global)) return heap.add(Opaque{name});
  }
  heap.file.unsupported("wants to create or call " + heap.describe(callable) +
                        ", which a checkpoint of weights does not need and which is never run; "
                        "save the weights alone: torch.save(model.state_dict(), ...)");
}

void set_state(Heap& heap, Ref object, Ref state) {
  if (heap.get<Opaque>(object) != nullptr || heap.get<Dict>(object) != nullptr) return;
  if (heap.get<NumpyType>(object) != nullptr) return numpy_set_type(heap, object, state);
  if (heap.get<NumpyArray>(object) != nullptr) return numpy_set_array(heap, object, state);
  heap.file.unsupported("sets the state of " + heap.describe(object) + ", which has none here");
}

}  // namespace vcl::pickle
