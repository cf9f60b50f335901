// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/checkpoint/pickle_value.hpp"

/// The allow-list. A class that a pickle only mentions is a name. A class or function that it calls must be
///  - understood: OrderedDict, defaultdict, the tensors of PyTorch, the arrays of numpy, bytes; or
///  - on the list of opaque classes (argparse.Namespace and the like). Their objects are never constructed: a
///    placeholder replaces them and their state is ignored.
/// Any other class or function is an Error(Unsupported) that names it.
namespace vcl::pickle {

/// REDUCE and NEWOBJ: returns the value of callable(*args).
Ref call(Heap& heap, Ref callable, Ref args);

/// BUILD: sets the state of an object. Attributes of dictionaries (a state dict's _metadata) are ignored.
void set_state(Heap& heap, Ref object, Ref state);

/// BINPERSID: ('storage', type, key, location, elements[, view]) of torch.save. Adds the storage to the heap; its bytes
/// are elsewhere in the file.
Ref persistent(Heap& heap, Ref id);

// By library. `args` are the items of the argument tuple.
using Args = std::vector<Ref>;
Ref torch_tensor(Heap& heap, const Args& args);
Ref torch_parameter(Heap& heap, const Args& args);
Ref numpy_type(Heap& heap, const Args& args);
Ref numpy_array(Heap& heap, const Args& args);
Ref numpy_from_buffer(Heap& heap, const Args& args);
void numpy_set_type(Heap& heap, Ref type, Ref state);
void numpy_set_array(Heap& heap, Ref target, Ref state);

/// Adds the tensor after checking that all its elements lie within its storage.
Ref add_checked_tensor(Heap& heap, Tensor tensor, std::uint64_t storage_begin, std::uint64_t storage_count);

}  // namespace vcl::pickle
