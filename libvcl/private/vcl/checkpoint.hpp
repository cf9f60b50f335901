// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "vcl/safetensors.hpp"

namespace [[gnu::visibility("default")]] vcl {

/// Format of a weights file. It is detected from the content, never from the name.
enum class CheckpointFormat {
  Safetensors,
  TorchZip,     ///< torch.save since PyTorch 1.6
  TorchLegacy,  ///< torch.save before, or with _use_new_zipfile_serialization=False
  NumpyPickle,  ///< a pickled dictionary of numpy arrays: the .pkl files of detectron2
};

/// The tensors of a weights file, whichever program wrote it:
///
///     const Checkpoint file = Checkpoint::open("dino_deitsmall8_pretrain.pth");
///     const StateDict weights = state_dict(file);   // views; keep `file`
///     write_safetensors("dino.safetensors", weights.tensors, {});
///
/// Nothing in a file is executed, and no Python object is constructed. Tensors may be anywhere in the saved data. The
/// name of a tensor is its path: keys of dictionaries and positions in lists and tuples, joined by dots
/// ("teacher.blocks.0.norm1.weight", "optimizer.state.0.exp_avg"). If the file is one tensor, its name is "tensor".
/// Supported types are float 16/32/64, bfloat16, int 8/16/32/64, uint8 and bool. Numbers, texts and other values are
/// ignored.
///
/// Objects of a short list of harmless classes (argparse.Namespace, collections.Counter, paths, devices, ...) are
/// skipped. Any other class or function that a file wants to call, and any opcode that data does not need, is refused
/// by name. Memory and time are bounded by the size of the file and by fixed limits (4 million values, 131072 tensors,
/// 64 levels, names of 1024 bytes).
///
/// Threads: the object is immutable to its users, so any thread may read it.
///
/// Sources: torch/serialization.py and torch/_utils.py (formats), PKWARE's APPNOTE.TXT (zip), Python's pickletools.
class Checkpoint {
 public:
  struct Tensor {
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;
  };

  /// Maps the file and checks it completely before anything can be read. Throws Error(NotFound), Error(Unreadable) if
  /// it is corrupt, or Error(Unsupported) if it is another kind of file. The message names the file and what is wrong.
  static Checkpoint open(const std::string& path);
  ~Checkpoint();
  Checkpoint(Checkpoint&&) noexcept;
  Checkpoint& operator=(Checkpoint&&) noexcept;

  const std::string& path() const;
  CheckpointFormat format() const;
  const std::map<std::string, Tensor>& tensors() const;
  /// Returns the keys of the outermost dictionary whose values hold tensors themselves, such as "teacher" or
  /// "optimizer".
  const std::set<std::string>& containers() const;
  /// Returns what was skipped, by path (the first thousand): objects of opaque classes, and arrays of other types.
  const std::map<std::string, std::string>& left_out() const;
  /// Returns the metadata of a .safetensors file. It is empty for other formats.
  const std::map<std::string, std::string>& metadata() const;

  /// Returns the tensor: little-endian, row-major and aligned to its element size. It is a view of the mapped file if
  /// the file holds the tensor in this form. Otherwise it is a view of a copy that the first call makes. All copies of
  /// a file together have at most four times its size plus 64 MiB (else open() throws). Views stay valid as long as the
  /// object, or the one that it was moved to. Any thread may call. Throws Error(Unreadable), which names file and
  /// tensor, if the tensor does not exist.
  TensorView at(const std::string& name) const;

 private:
  struct Impl;
  explicit Checkpoint(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The weights of one network, with the names that the network uses.
struct StateDict {
  std::string container;  ///< the key they were found under; empty: the outermost dictionary
  std::map<std::string, TensorView> tensors;
  /// Bytes of tensors that the file holds in several parts. Copies share them.
  std::vector<std::shared_ptr<const std::vector<std::byte>>> joined = {};
};

/// Which weights state_dict() takes.
struct StateDictChoice {
  /// The key to take. If empty: the first of "teacher", "student", "model" and "state_dict" that holds tensors, or else
  /// the outermost dictionary. (DINO's full checkpoints hold teacher and student; those of detectron2 hold a model.)
  std::string container{};
  /// Whether to rename tensors to the network's own names. Prefixes that training wrappers add are removed, and only if
  /// all names have them:
  /// - "module." (DistributedDataParallel), if every name begins with it.
  /// - "backbone." (DINO's MultiCropWrapper), if every name begins with it or with "head.". The head is left out,
  ///   because only training uses it. A detector has a backbone among other parts and keeps its names.
  ///
  /// Of S2D's two copies of a network, the teacher is taken (or the only one): teacher.0.* becomes backbone.*, and
  /// teacher.1.* becomes sem_seg_head.*. The names of a ResNet alone (stem.*, res2.*, ..: DINO's in the form of
  /// detectron2) get the prefix "backbone." of a network. The old "static_query" of Mask2Former becomes "query_feat".
  /// Hugging Face's names of DINOv2 and DINOv3 become those of their authors, and their queries, keys and values become
  /// one tensor. The number of the chunk in names such as blocks.0.5.norm1.weight is removed.
  bool strip = true;
};

/// Chooses the weights of one network in a checkpoint. Only these tensors are read. The views are valid as long as the
/// checkpoint and the result. Throws Error(Invalid), which lists the containers, if the wanted one does not exist.
/// Throws Error(Unreadable) if there are no tensors, if names of two schemes are mixed, or if parts of a tensor do not
/// fit each other.
StateDict state_dict(const Checkpoint& checkpoint, const StateDictChoice& choice = {});

}  // namespace vcl
