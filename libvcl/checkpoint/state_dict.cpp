// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <array>

#include "libvcl/checkpoint/hugging_face_names.hpp"
#include "libvcl/files/strict_json.hpp"
#include "vcl/checkpoint.hpp"
#include "vcl/error.hpp"

namespace vcl {

namespace {

using Names = NamesInFile;

std::string choose_container(const Checkpoint& checkpoint, const std::string& wanted) {
  if (!wanted.empty()) {
    if (checkpoint.containers().contains(wanted)) return wanted;
    std::string known;
    for (const std::string& name : checkpoint.containers()) known += (known.empty() ? "" : ", ") + in_quotes(name);
    throw Error(ErrorKind::Invalid, checkpoint.path() + ": has no tensors under " + in_quotes(wanted) + "; it has " +
                                        (known.empty() ? "no dictionaries inside" : known));
  }
  for (const char* name : {"teacher", "student", "model", "state_dict"}) {
    if (checkpoint.containers().contains(name)) return name;
  }
  return "";
}

/// Removes the prefix from all names if each name has it or begins with `dropped`. The latter names are removed.
void strip(Names& names, std::string_view prefix, std::string_view dropped) {
  const auto has = [](const auto& name, std::string_view start) {
    return !start.empty() && name.first.starts_with(start);
  };
  const bool all =
      std::ranges::all_of(names, [&](const auto& name) { return has(name, prefix) || has(name, dropped); });
  if (!all || std::ranges::none_of(names, [&](const auto& name) { return has(name, prefix); })) return;
  Names stripped;
  for (const auto& [name, stored] : names) {
    if (name.starts_with(prefix)) stripped.emplace(name.substr(prefix.size()), stored);
  }
  names = std::move(stripped);
}

/// Removes names of heads that a training checkpoint has beside the network.
void drop_beside(Names& names, std::string_view head, std::string_view network) {
  if (std::ranges::none_of(names, [&](const auto& name) { return name.first.starts_with(network); })) return;
  std::erase_if(names, [&](const auto& name) { return name.first.starts_with(head); });
}

/// DINOv2's training groups blocks into chunks: blocks.CHUNK.BLOCK.rest, where BLOCK counts through all chunks.
void drop_chunks(Names& names) {
  constexpr std::string_view kBlocks = "blocks.", kDigits = "0123456789";
  Names renamed;
  for (const auto& [name, stored] : names) {
    const std::size_t chunk_end = name.starts_with(kBlocks) ? name.find('.', kBlocks.size()) : name.npos;
    const std::size_t block_end = chunk_end == name.npos ? name.npos : name.find('.', chunk_end + 1);
    const bool chunked = block_end != name.npos && block_end > chunk_end + 1 &&
                         name.find_first_not_of(kDigits, kBlocks.size()) == chunk_end &&
                         name.find_first_not_of(kDigits, chunk_end + 1) == block_end;
    renamed.emplace(chunked ? std::string(kBlocks) + name.substr(chunk_end + 1) : name, stored);
  }
  if (renamed.size() == names.size()) names = std::move(renamed);
}

/// Files with only a ResNet of detectron2 have names without "backbone."; files of a whole network have names with it.
void name_as_backbone(Names& names) {
  if (!names.contains("stem.conv1.weight")) return;
  Names placed;
  for (const auto& [name, stored] : names) placed.emplace("backbone." + name, stored);
  names = std::move(placed);
}

/// S2D's files hold its network twice, as student and as teacher, each a list of backbone and head. Its inference runs
/// the teacher.
void take_teacher(Names& names) {
  const auto has = [&](const std::string& start) {
    return std::ranges::any_of(names, [&](const auto& name) { return name.first.starts_with(start); });
  };
  for (const std::string copy : {"teacher.", "student."}) {
    const std::string backbone = copy + "0.", head = copy + "1.";
    if (!has(backbone) || !has(head)) continue;
    Names taken;
    for (const auto& [name, stored] : names) {
      if (name.starts_with(backbone)) taken.emplace("backbone." + name.substr(backbone.size()), stored);
      if (name.starts_with(head)) taken.emplace("sem_seg_head." + name.substr(head.size()), stored);
    }
    names = std::move(taken);
    return;
  }
}

/// Renames Mask2Former's older name of the learned queries.
void rename_old_queries(Names& names) {
  const std::string start = "sem_seg_head.predictor.";
  if (names.contains(start + "query_feat.weight")) return;
  auto old = names.extract(start + "static_query.weight");
  if (old.empty()) return;
  old.key() = start + "query_feat.weight";
  names.insert(std::move(old));
}

}  // namespace

StateDict state_dict(const Checkpoint& checkpoint, const StateDictChoice& choice) {
  StateDict result{choose_container(checkpoint, choice.container), {}};
  const std::string inside = result.container.empty() ? "" : result.container + ".";
  Names names;
  for (const auto& [name, tensor] : checkpoint.tensors()) {
    if (name.starts_with(inside)) names.emplace(name.substr(inside.size()), name);
  }
  if (names.empty()) throw Error(ErrorKind::Unreadable, checkpoint.path() + ": holds no tensors");
  if (choice.strip) {
    strip(names, "module.", "");
    take_teacher(names);
    for (const char* head : {"dino_head.", "ibot_head."}) drop_beside(names, head, "backbone.");
    strip(names, "backbone.", "head.");
    name_as_backbone(names);
    rename_old_queries(names);
    drop_chunks(names);
    for (const auto& [name, parts] : take_hugging_face_names(names, checkpoint.path())) {
      result.joined.push_back(join_parts(checkpoint, name, parts, result.tensors[name]));
    }
  }
  for (const auto& [name, stored] : names) result.tensors.emplace(name, checkpoint.at(stored));
  return result;
}

}  // namespace vcl
