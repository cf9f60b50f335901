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

/// What a file is; told from its content, never from its name.
enum class CheckpointFormat {
  Safetensors,
  TorchZip,     ///< torch.save since PyTorch 1.6
  TorchLegacy,  ///< torch.save before, or with _use_new_zipfile_serialization=False
  NumpyPickle,  ///< a pickled dictionary of numpy arrays: the .pkl files of detectron2
};

/// The tensors of a weights file, whoever wrote it:
///
///   const Checkpoint file = Checkpoint::open("dino_deitsmall8_pretrain.pth");
///   const StateDict weights = state_dict(file);   // views; keep `file`
///   write_safetensors("dino.safetensors", weights.tensors, {});
///
/// Nothing in a file is executed and no Python object is constructed. Tensors may lie anywhere in what was saved:
/// a name is the path to the tensor, keys of dictionaries and positions in lists and tuples joined by dots
/// ("teacher.blocks.0.norm1.weight", "optimizer.state.0.exp_avg"); a file that is a tensor calls it "tensor".
/// Read are float 16/32/64, bfloat16, int 8/16/32/64, uint8 and bool tensors. Numbers, texts and what else the
/// dictionaries hold is ignored. Objects of a short list of harmless classes (argparse.Namespace, collections.Counter,
/// paths, devices, ...) are not looked into; every other class or function that a file wants to call and every opcode
/// that data does not need is refused by name. Memory and time are bounded by the size of the file and fixed limits
/// (4 million values, 131072 tensors, 64 levels, names of 1024 bytes).
///
/// Source: torch/serialization.py and torch/_utils.py (formats), PKWARE's APPNOTE.TXT (zip), Python's pickletools.
class Checkpoint {
 public:
  struct Tensor {
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;
  };

  /// Maps the file and checks it to the byte before anything is handed out. Throws Error(NotFound), Error(Unreadable)
  /// when it is corrupt, or Error(Unsupported) when it is something else; each names the file and what is wrong.
  static Checkpoint open(const std::string& path);
  ~Checkpoint();
  Checkpoint(Checkpoint&&) noexcept;
  Checkpoint& operator=(Checkpoint&&) noexcept;

  const std::string& path() const;
  CheckpointFormat format() const;
  const std::map<std::string, Tensor>& tensors() const;
  /// The keys of the outermost dictionary whose values hold tensors themselves: "teacher", "optimizer".
  const std::set<std::string>& containers() const;
  /// What was passed over, by path (the first thousand): objects of opaque classes, arrays of other types.
  const std::map<std::string, std::string>& left_out() const;
  /// Of .safetensors files alone.
  const std::map<std::string, std::string>& metadata() const;

  /// The tensor, little-endian, row-major and aligned to its element size. It is a view of the mapped file where the
  /// file holds it like that, otherwise of a copy made at the first call; all copies of a file together are at most
  /// four times its size and 64 MiB (else open() throws). Views keep valid while the object, or what it was moved to,
  /// lives. Any threads may call. Throws Error(Unreadable) naming file and tensor when it is not there.
  TensorView at(const std::string& name) const;

 private:
  struct Impl;
  explicit Checkpoint(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The weights of one network, named as in the network.
struct StateDict {
  std::string container;  ///< the key they were found under; empty: the outermost dictionary itself
  std::map<std::string, TensorView> tensors;
};

struct StateDictChoice {
  /// The key to take; empty: the first of "teacher", "student", "model", "state_dict" that holds tensors, otherwise the
  /// outermost dictionary. (DINO's full checkpoints hold teacher and student; detectron2's a model.)
  std::string container{};
  /// Make the names the network's own. Off go the prefixes that training wrappers add, and only those that all names
  /// have in common:
  ///  1. "module." (DistributedDataParallel) when every name begins with it;
  ///  2. "backbone." (DINO's MultiCropWrapper) when every name begins with it or with "head."; the head, which only
  ///     its training uses, is left out then. A detector, which has a backbone among other parts, keeps its names.
  /// A ResNet alone (stem.*, res2.*, ..: DINO's in the form of detectron2) is named as a network's "backbone."; the old
  /// "static_query" of Mask2Former becomes "query_feat".
  bool strip = true;
};

/// Chooses the state dict in a checkpoint. The views are valid as long as the checkpoint; only the chosen tensors are
/// read. Throws Error(Invalid) when the wanted container is not there (naming those that are), and Error(Unreadable)
/// when there are no tensors.
StateDict state_dict(const Checkpoint& checkpoint, const StateDictChoice& choice = {});

}  // namespace vcl
