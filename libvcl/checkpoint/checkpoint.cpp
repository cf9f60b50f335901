// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/checkpoint.hpp"

#include <array>
#include <mutex>
#include <optional>
#include <utility>

#include "libvcl/checkpoint/byte_reader.hpp"
#include "libvcl/checkpoint/checkpoint_contents.hpp"
#include "libvcl/files/strict_json.hpp"
#include "vcl/error.hpp"

namespace vcl {

namespace {

enum class Kind { Safetensors, Zip, Pickle };

constexpr std::uint64_t kFreeCopies = std::uint64_t(64) << 20;

/// A common mistake and its remedy.
struct Mistake {
  std::size_t position;
  std::string_view bytes, cure;
};
constexpr std::array kMistakes{
    Mistake{0, "\x1f\x8b", "is compressed by gzip; unpack it with gunzip"},
    Mistake{0, "<", "is a web page, not a checkpoint; download the file itself"},
    Mistake{0, "version https://git-lfs", "is a Git LFS pointer; fetch the file with git lfs pull"},
    Mistake{257, "ustar", "is a tar archive; unpack it, or if PyTorch before 0.1.10 wrote it save it again"},
};

Kind kind_of(const MappedFile& file) {
  const std::string_view text = as_text(file.bytes());
  if (text.empty()) file.refuse("is empty");
  if (text.starts_with("PK\x03\x04") || text.starts_with("PK\x05\x06")) return Kind::Zip;
  // A header length below 4 GB, then JSON. No pickle has these zeros before a brace.
  if (text.size() > 8 && text.substr(4, 4) == std::string_view("\0\0\0\0", 4) && text[8] == '{')
    return Kind::Safetensors;
  if (text.starts_with('\x80')) return Kind::Pickle;
  for (const Mistake& mistake : kMistakes) {
    if (text.size() > mistake.position && text.substr(mistake.position).starts_with(mistake.bytes)) {
      file.unsupported(std::string(mistake.cure));
    }
  }
  file.unsupported("is no weights file: neither .safetensors nor torch.save nor a pickle of numpy arrays");
}

}  // namespace

struct Checkpoint::Impl {
  explicit Impl(const std::string& path) : file(path) {}

  void read();
  void read_safetensors();
  void check_copies() const;

  MappedFile file;
  std::optional<SafetensorsFile> safetensors;
  std::optional<pickle::Heap> heap;  ///< owns bytes that tensors may refer to
  CheckpointContents contents;
  std::map<std::string, Tensor> tensors;
  std::mutex mutex;
  std::map<std::string, std::vector<std::byte>> copies;
};

void Checkpoint::Impl::read_safetensors() {
  safetensors.emplace(file.path());
  contents.metadata = safetensors->metadata();
  for (const auto& [name, view] : safetensors->tensors()) {
    contents.tensors.emplace(name, StoredTensor{view.dtype, view.shape, row_major_strides(view.shape), view.bytes});
  }
}

/// A tensor of one element with strides of zero can claim any size. Real files repeat only little.
void Checkpoint::Impl::check_copies() const {
  const std::uint64_t limit = 4 * std::uint64_t(file.bytes().size()) + kFreeCopies;
  std::uint64_t copied = 0;
  for (const auto& [name, tensor] : contents.tensors) {
    if (is_plain(tensor)) continue;
    const std::uint64_t bytes = byte_count(tensor);
    if (bytes > limit - copied) {
      file.unsupported("has expanded tensors that need far more memory than the file, among them " + in_quotes(name) +
                       "; save them with .clone()");
    }
    copied += bytes;
  }
}

void Checkpoint::Impl::read() {
  const Kind kind = kind_of(file);
  if (kind == Kind::Safetensors) {
    read_safetensors();
  } else {
    heap.emplace(file);
    contents.format = CheckpointFormat::TorchZip;
    const pickle::Ref root = kind == Kind::Zip ? read_torch_zip(*heap) : read_pickle_file(*heap, contents.format);
    name_tensors(*heap, root, contents);
  }
  check_copies();
  for (const auto& [name, tensor] : contents.tensors) tensors.emplace(name, Tensor{tensor.dtype, tensor.shape});
}

Checkpoint::Checkpoint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Checkpoint::~Checkpoint() = default;
Checkpoint::Checkpoint(Checkpoint&&) noexcept = default;
Checkpoint& Checkpoint::operator=(Checkpoint&&) noexcept = default;

Checkpoint Checkpoint::open(const std::string& path) {
  auto impl = std::make_unique<Impl>(path);
  impl->read();
  return Checkpoint(std::move(impl));
}

const std::string& Checkpoint::path() const {
  return impl_->file.path();
}

CheckpointFormat Checkpoint::format() const {
  return impl_->contents.format;
}

const std::map<std::string, Checkpoint::Tensor>& Checkpoint::tensors() const {
  return impl_->tensors;
}

const std::set<std::string>& Checkpoint::containers() const {
  return impl_->contents.containers;
}

const std::map<std::string, std::string>& Checkpoint::left_out() const {
  return impl_->contents.left_out;
}

const std::map<std::string, std::string>& Checkpoint::metadata() const {
  return impl_->contents.metadata;
}

TensorView Checkpoint::at(const std::string& name) const {
  const auto found = impl_->contents.tensors.find(name);
  if (found == impl_->contents.tensors.end()) impl_->file.refuse("has no tensor " + in_quotes(name));
  const StoredTensor& tensor = found->second;
  if (is_plain(tensor)) return {tensor.dtype, tensor.shape, plain_bytes(tensor)};
  const std::lock_guard lock(impl_->mutex);
  std::vector<std::byte>& copy = impl_->copies[name];
  if (copy.empty()) {
    copy.resize(byte_count(tensor));
    copy_plain(tensor, copy);
  }
  return {tensor.dtype, tensor.shape, copy};
}

}  // namespace vcl
