// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/segment/result_folders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "support/outputs.hpp"
#include "tools/output.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

namespace fs = std::filesystem;

fs::path canonical(const std::string& path) {
  std::error_code failure;
  const fs::path name = fs::weakly_canonical(fs::absolute(path), failure);
  return failure ? fs::path(path) : name;
}

/// Returns the last part of a URI's path, without query and fragment.
std::string file_of_uri(const std::string& uri) {
  const std::string path = uri.substr(0, uri.find_first_of("?#"));
  return path.substr(path.find_last_of("/:") + 1);
}

std::string name_of(const Input& input) {
  if (input.is_standard_input()) return "stdin";
  fs::path name;
  if (!input.path.empty())
    name = fs::path(input.path).filename().stem();
  else if (input.images.empty())
    name = fs::path(file_of_uri(input.uri)).stem();
  else if (input.images.front() == input.name)  // a single picture
    name = fs::path(input.name).filename().stem();
  else
    name = canonical(input.images.front()).parent_path().filename();
  return name.empty() ? "input" : name.string();
}

}  // namespace

bool ResultKind::is_wanted(const SegmentOptions& options) const {
  return std::ranges::find(options.results, name) != options.results.end();
}

const std::vector<ResultKind>& result_kinds() {
  static const std::vector<ResultKind> kKinds = {
      {"overlay", "overlay.mp4", "--overlay", &SegmentOptions::overlay},
      {"json", "results.jsonl", "--json", &SegmentOptions::json},
      {"sheet", "sheet.png", "--contact-sheet", &SegmentOptions::contact_sheet},
      {"masks", "masks", "--masks", &SegmentOptions::masks},
      {"ytvis", "ytvis.json", "--ytvis", &SegmentOptions::ytvis},
  };
  return kKinds;
}

void check_single_results(const SegmentOptions& options, std::size_t inputs) {
  for (const ResultKind& kind : result_kinds()) {
    if ((options.*kind.location).empty()) continue;
    if (options.out.empty())
      throw Error(ErrorKind::Invalid,
                  fmt::format("{} is for one input, and these are {}; name a folder for the results of all: --out DIR",
                              kind.option, inputs));
    throw Error(ErrorKind::Invalid,
                fmt::format("{} and --out both say where results go; leave one out (--results says which are made)",
                            kind.option));
  }
  if (options.out.empty())
    throw Error(ErrorKind::Invalid,
                fmt::format("these are {} inputs; name a folder for the results of all: --out DIR", inputs));
}

std::vector<std::string> result_folders(const std::string& out, const std::vector<Input>& inputs) {
  std::map<fs::path, const Input*> owners;
  std::vector<std::string> folders;
  for (const Input& input : inputs) {
    folders.push_back((fs::path(out) / name_of(input)).string());
    const auto [other, is_new] = owners.emplace(canonical(folders.back()), &input);
    if (is_new) continue;
    if (canonical(other->second->name) == canonical(input.name))
      throw Error(ErrorKind::Invalid, fmt::format("'{}' is named twice; name it once", input.name));
    throw Error(ErrorKind::Invalid,
                fmt::format("'{}' and '{}' would both have their results in '{}'; give them an --out each, or rename "
                            "one",
                            other->second->name, input.name, folders.back()));
  }
  return folders;
}

SegmentOptions with_results_in(const SegmentOptions& options, const std::string& folder) {
  SegmentOptions placed = options;
  for (const ResultKind& kind : result_kinds())
    if (kind.is_wanted(options)) placed.*kind.location = (fs::path(folder) / kind.file).string();
  return placed;
}

SegmentOptions with_results_of_photos(const SegmentOptions& options) {
  if (options.skip_existing)
    throw Error(ErrorKind::Invalid, "--skip-existing is for videos, and these are photos; leave it out");
  if (options.out.empty()) return options;
  check_single_results(options, 1);
  SegmentOptions placed = with_results_in(options, options.out);
  if (!placed.overlay.empty()) placed.overlay = (fs::path(options.out) / "overlay").string();
  return placed;
}

void check_results(const SegmentOptions& options, const std::vector<Input>& inputs,
                   const std::vector<std::string>& folders) {
  std::vector<std::string> files = {options.model.value_or(""), options.mask}, pictures;
  for (const Input& input : inputs) {
    files.push_back(input.file());
    pictures.insert(pictures.end(), input.images.begin(), input.images.end());
  }
  const Outputs outputs(files, pictures);
  for (const std::string& folder : folders) {
    const fs::path place(folder);
    outputs.check_not_read((place / kRecord).string());
    bool makes_masks = false;
    // Checks results that this run does not make too: the next run would mix up results and inputs.
    for (const ResultKind& kind : result_kinds()) {
      const bool is_masks = kind.location == &SegmentOptions::masks;
      const fs::path file = is_masks ? place / kind.file / "00000.png" : place / kind.file;
      if (file.extension() == ".png")
        outputs.check_picture(file.string());
      else
        outputs.check_not_read(file.string());
      makes_masks = makes_masks || (is_masks && kind.is_wanted(options));
    }
    if (makes_masks && folder.find('%') != std::string::npos)
      throw Error(ErrorKind::Invalid,
                  fmt::format("masks cannot be written into '{}': its name holds a '%'; rename it or its input, or do "
                              "without masks",
                              folder));
  }
}

}  // namespace vcl
