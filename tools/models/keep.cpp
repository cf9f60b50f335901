// SPDX-License-Identifier: LGPL-2.1-or-later
// vcl model get and vcl model add: models that are found by name.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>
#include <string_view>

#include "support/outputs.hpp"
#include "support/stop_signal.hpp"
#include "tools/models/download.hpp"
#include "tools/models/model_folder.hpp"
#include "tools/models/model_verbs.hpp"
#include "tools/models/network_file.hpp"
#include "tools/models/published.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPart = ".part";  // ending of a file that is not complete or not checked yet

std::size_t tensor_bytes(const TensorShapes& shapes) {
  std::size_t values = 0;
  for (const auto& [name, shape] : shapes) {
    std::size_t count = 1;
    for (const std::int64_t side : shape) count *= std::size_t(side);
    values += count;
  }
  return values * sizeof(float);
}

void print_terms(const PublishedModel& model) {
  fmt::print(stderr, "{}: {}\nlicense: {} ({})\n", model.name, model.about, model.license, model.page);
}

void list_models() {
  const ModelFolder folder;
  for (const PublishedModel& model : published_models()) {
    const std::string path = folder.find(model.name);
    const std::string state = !path.empty()            ? path
                              : *model.address == '\0' ? fmt::format("by hand: {} from {}", model.file, model.page)
                                                       : fmt::format("vcl model get {}", model.name);
    fmt::print("{}\n  {}\n  license: {}\n  {}\n", model.name, model.about, model.license, state);
  }
  for (const std::string& name : folder.names())
    if (published_model(name) == nullptr) fmt::print("{}\n  your own\n  {}\n", name, folder.find(name));
}

/// Throws unless the file is the published model, as far as that can be known: by the hash that its authors publish or
/// their server states, by the hash that it had before, and by its tensors.
void check_content(const std::string& path, const PublishedModel& model, const std::string& hash,
                   const std::string& stated_hash, const std::string& known_hash) {
  const std::size_t size = fs::file_size(path), least = tensor_bytes(official_tensors(model.architecture)) / 2;
  if (size < least)  // files may hold half precision
    throw Error(ErrorKind::Unreadable,
                fmt::format("'{}' has {} bytes, but the tensors of {} take at least {}; get it again", path, size,
                            model.name, least));
  for (const std::string_view expected : {std::string_view(model.sha256_start), std::string_view(stated_hash)})
    if (!hash.starts_with(expected))
      throw Error(ErrorKind::Unreadable,
                  fmt::format("'{}' is not what its authors publish: its SHA-256 is {}, not {}; get it again", path,
                              hash, expected));
  check_tensors(path, official_tensors(model.architecture), model.architecture);
  if (!known_hash.empty() && hash != known_hash)
    throw Error(
        ErrorKind::Unreadable,
        fmt::format("the content is another one than the last time: the SHA-256 of '{}' is {}, and it was {}; if "
                    "you trust the change, remove {}.sha256 in its folder and run this again",
                    path, hash, known_hash, model.name));
}

/// Gives a checked file its name.
void keep(const ModelFolder& folder, const std::string& name, const std::string& part, const std::string& path,
          const std::string& hash) {
  fs::rename(part, path);
  folder.remember_hash(path, hash);
  fmt::print("{}\n", path);
  fmt::print(stderr, "SHA-256 {}; now --model {} and model={} find it\n", hash, name, name);
}

/// Returns whether the model is there as it came. Throws if something else has its name.
bool is_there(const ModelFolder& folder, const PublishedModel& model) {
  const std::string path = folder.find(model.name), known_hash = folder.known_hash(model.name);
  if (path.empty()) return false;
  if (known_hash.empty() || path != folder.place(model.name, model.file))
    throw Error(ErrorKind::Invalid, fmt::format("'{}' did not come from vcl model get, but has the name of this model; "
                                                "remove it, or give it another name",
                                                path));
  const bool is_unchanged = sha256_of(path) == known_hash;
  if (is_unchanged)
    fmt::print("{}\n", path);
  else
    fmt::print(stderr, "'{}' is not what it was when it came; it will be replaced\n", path);
  return is_unchanged;
}

struct KeepOptions {
  std::string name, from, file;
  bool quiet = false;
};

void get_model(const KeepOptions& options) {
  const PublishedModel* model = published_model(options.name);
  if (model == nullptr)
    throw Error(ErrorKind::Invalid,
                fmt::format("there is no published model '{}'; vcl model get lists them", options.name));
  const std::string address = options.from.empty() ? model->address : options.from;
  print_terms(*model);
  const ModelFolder folder;
  if (is_there(folder, *model)) return;
  if (address.empty())
    throw Error(ErrorKind::Unsupported,
                fmt::format("{} cannot be downloaded without a browser: get {} as {} says, then use vcl model add {}",
                            model->name, model->file, model->page, model->file));
  folder.create();
  const std::string path = folder.place(model->name, model->file), part = path + kPart;
  Outputs outputs({});
  outputs.add_file(path);
  const StopOnSignal stop_on_signal;
  const std::string stated_hash = download(address, part, options.quiet);
  const std::string hash = sha256_of(part);
  try {
    check_content(part, *model, hash, stated_hash, folder.known_hash(model->name));
  } catch (const Error&) {
    fs::remove(part);
    throw;
  }
  keep(folder, model->name, part, path, hash);
}

/// Throws unless the network in the file is one that gst-vcl runs.
void check_runs(const std::string& file) {
  const Checkpoint checkpoint = Checkpoint::open(file);
  if (const std::string detector = detector_in(checkpoint); !detector.empty())
    throw Error(ErrorKind::Unsupported, fmt::format("'{}' is {}, which gst-vcl does not run; vcl model get lists what "
                                                    "it runs",
                                                    file, detector));
  if (configuration_in(checkpoint, tensor_shapes(network_of(checkpoint).tensors)).empty())
    throw Error(ErrorKind::Unsupported, fmt::format("'{}' holds no network that gst-vcl knows; vcl model info {} shows "
                                                    "what it holds",
                                                    file, file));
}

void check_name(const std::string& name) {
  const bool is_plain = !name.empty() && name.front() != '-' && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_';
  });
  if (!is_plain)
    throw Error(ErrorKind::Invalid,
                fmt::format("'{}' cannot be the name of a model: use letters, digits, - and _, with --name", name));
}

void add_model_file(const KeepOptions& options) {
  const PublishedModel* model =
      options.name.empty() ? published_file(fs::path(options.file).filename()) : published_model(options.name);
  const std::string name = model != nullptr       ? model->name
                           : options.name.empty() ? fs::path(options.file).stem().string()
                                                  : options.name;
  check_name(name);
  check_runs(options.file);
  const ModelFolder folder;
  const std::string hash = sha256_of(options.file);
  if (model != nullptr) {
    print_terms(*model);
    check_content(options.file, *model, hash, "", folder.known_hash(name));
  }
  if (const std::string there = folder.find(name); !there.empty()) {
    if (sha256_of(there) != hash)
      throw Error(ErrorKind::Invalid, fmt::format("there is another model of the name '{}': remove '{}', or choose "
                                                  "another name with --name",
                                                  name, there));
    folder.remember_hash(there, hash);
    return fmt::print("{}\n", there);
  }
  folder.create();
  const std::string path = folder.place(name, options.file), part = path + kPart;
  Outputs outputs({options.file});
  outputs.add_file(path);
  std::error_code failure;
  fs::copy_file(options.file, part, fs::copy_options::overwrite_existing, failure);
  if (failure) {
    fs::remove(part);
    throw Error(ErrorKind::Resource, fmt::format("cannot copy '{}' to '{}': {}; free space there, or set XDG_DATA_HOME "
                                                 "to another folder",
                                                 options.file, path, failure.message()));
  }
  keep(folder, name, part, path, hash);
}

}  // namespace

void add_model_get(CLI::App& model) {
  CLI::App* get = model.add_subcommand("get", "Download a published model; without NAME: list them (docs/models.md)");
  const auto options = std::make_shared<KeepOptions>();
  get->add_option("NAME", options->name, "published model; --model NAME and model=NAME find it from then on");
  get->add_option("--from", options->from, "another address of the same file, such as a mirror")->needs("NAME");
  get->add_flag("-q,--quiet", options->quiet, "no progress");
  get->callback([options] { options->name.empty() ? list_models() : get_model(*options); });
}

void add_model_add(CLI::App& model) {
  CLI::App* add = model.add_subcommand("add", "Keep a copy of a model file, to be found by name");
  const auto options = std::make_shared<KeepOptions>();
  add->add_option("FILE", options->file, "model file or checkpoint")->required()->check(CLI::ExistingFile);
  add->add_option("--name", options->name,
                  "name of the model (default: the published model whose file has this name, or the name of the file)");
  add->callback([options] { add_model_file(*options); });
}

}  // namespace vcl
