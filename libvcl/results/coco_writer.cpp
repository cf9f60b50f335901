// SPDX-License-Identifier: LGPL-2.1-or-later

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <vector>

#include "libvcl/files/atomic_file.hpp"
#include "libvcl/files/unnamed_file.hpp"
#include "vcl/coco.hpp"
#include "vcl/error.hpp"

namespace vcl {

using nlohmann::ordered_json;

namespace {

[[noreturn]] void fail(const std::string& path, int code) {
  const std::string shown = path == "-" ? "standard output" : "'" + path + "'";
  throw Error(ErrorKind::Resource, "cannot write " + shown + ": " + std::generic_category().message(code) +
                                       "; free space or choose another place");
}

std::string text_of(const ordered_json& object) {
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

/// Returns whether the path is neither "-" nor a device or pipe, which cannot be replaced by a rename.
bool is_plain_file(const std::string& path) {
  std::error_code ignored;
  const auto type = std::filesystem::status(path, ignored).type();
  return path != "-" && (type == std::filesystem::file_type::not_found || type == std::filesystem::file_type::regular);
}

/// The objects of one list, separated by commas, in a file without a name, which disappears however the process ends.
class Spool {
 public:
  explicit Spool(const std::string& path) : path_(path) {
    if (is_plain_file(path)) {
      const std::string folder = std::filesystem::path(path).parent_path().string();
      file_ = open_unnamed_file(folder.empty() ? "." : folder);
    } else {
      file_ = std::tmpfile();
    }
    if (!file_) fail(path, errno);
  }
  ~Spool() { std::fclose(file_); }
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  std::size_t count() const { return count_; }
  void add(const ordered_json& object) {
    const std::string text = (count_ > 0 ? ",\n" : "") + text_of(object);
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail(path_, errno);
    ++count_;
  }
  template <typename Sink>
  void copy_to(Sink& sink) {
    if (std::fflush(file_) != 0 || std::fseek(file_, 0, SEEK_SET) != 0) fail(path_, errno);
    std::vector<char> block(std::size_t(1) << 20);
    while (const std::size_t got = std::fread(block.data(), 1, block.size(), file_)) sink.write({block.data(), got});
    if (std::ferror(file_)) fail(path_, errno);
  }

 private:
  const std::string path_;
  std::FILE* file_ = nullptr;
  std::size_t count_ = 0;
};

class ReplacedFile {
 public:
  // Writes to the target of a symbolic link, so the link remains.
  explicit ReplacedFile(const std::string& path) : file_(std::filesystem::weakly_canonical(path).string()) {}
  void write(std::string_view text) {
    file_.write(std::as_bytes(std::span(text)), size_);
    size_ += text.size();
  }
  void finish() { file_.finish(); }

 private:
  AtomicFile file_;
  std::uint64_t size_ = 0;
};

class Stream {
 public:
  explicit Stream(const std::string& path)
      : path_(path), file_(path == "-" ? stdout : std::fopen(path.c_str(), "wb")), owned_(path != "-") {
    if (!file_) fail(path, errno);
  }
  ~Stream() {
    if (owned_) std::fclose(file_);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  void write(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail(path_, errno);
  }
  void finish() {
    if (std::fflush(file_) != 0) fail(path_, errno);
  }

 private:
  const std::string path_;
  std::FILE* file_;
  const bool owned_;
};

}  // namespace

struct CocoWriter::Impl {
  explicit Impl(const std::string& path) : path(path), images(path), annotations(path) {}

  template <typename Sink>
  void compose(const CocoInfo& info, Sink&& sink) {
    ordered_json about = {{"description", info.description},
                          {"url", ""},
                          {"version", "1.0"},
                          {"year", 0},
                          {"contributor", ""},
                          {"date_created", ""}};
    if (!info.settings.empty()) about["settings"] = info.settings;
    const ordered_json licenses = ordered_json::array({{{"id", 1}, {"name", "unknown"}, {"url", ""}}});
    const ordered_json categories = ordered_json::array({{{"id", 1}, {"name", "fg"}, {"supercategory", "fg"}}});
    sink.write("{\"info\":" + text_of(about) + ",\n\"licenses\":" + licenses.dump() +
               ",\n\"categories\":" + categories.dump() + ",\n\"images\":[");
    images.copy_to(sink);
    sink.write("],\n\"annotations\":[");
    annotations.copy_to(sink);
    sink.write("]}\n");
    sink.finish();
  }

  const std::string path;
  Spool images, annotations;
};

CocoWriter::CocoWriter(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}

CocoWriter::~CocoWriter() = default;

std::size_t CocoWriter::images() const {
  return impl_->images.count();
}

std::size_t CocoWriter::annotations() const {
  return impl_->annotations.count();
}

std::uint64_t CocoWriter::add_image(const std::string& file_name, Size size) {
  const std::uint64_t id = images() + 1;
  impl_->images.add({{"id", id},
                     {"file_name", file_name},
                     {"width", size.width},
                     {"height", size.height},
                     {"date_captured", ""},
                     {"license", 1},
                     {"coco_url", ""},
                     {"flickr_url", ""}});
  return id;
}

void CocoWriter::add_annotation(std::uint64_t image_id, const Rle& mask) {
  const std::uint64_t area = rle_area(mask);
  if (area == 0) return;
  const Box box = rle_box(mask);
  impl_->annotations.add({{"id", annotations() + 1},
                          {"image_id", image_id},
                          {"category_id", 1},
                          {"iscrowd", 0},
                          {"area", area},
                          {"bbox", {double(box.x), double(box.y), double(box.width), double(box.height)}},
                          {"segmentation", {{"size", {mask.height, mask.width}}, {"counts", rle_to_string(mask)}}},
                          {"width", mask.width},
                          {"height", mask.height}});
}

void CocoWriter::add(const std::string& file_name, Size size, std::span<const Rle> masks) {
  for (const Rle& mask : masks)
    if (mask.width != size.width || mask.height != size.height)
      throw Error(ErrorKind::Invalid, "a mask has another size than its image " + file_name);
  const std::uint64_t image = add_image(file_name, size);
  for (const Rle& mask : masks) add_annotation(image, mask);
}

void CocoWriter::finish(const CocoInfo& info) {
  if (is_plain_file(impl_->path))
    impl_->compose(info, ReplacedFile(impl_->path));
  else
    impl_->compose(info, Stream(impl_->path));
}

}  // namespace vcl
