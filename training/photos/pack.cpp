// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/photos/pack.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgproc.hpp>
#include <optional>

#include "libvcl/files/unnamed_file.hpp"
#include "support/outputs.hpp"
#include "support/parallel.hpp"
#include "training/report/progress.hpp"
#include "vcl/error.hpp"
#include "vcl/safetensors.hpp"

namespace vcl::train {
namespace {

constexpr int kSmallestSide = 16;  // smaller photos are useless for training

cv::Mat decode(const PhotoFile& file, int side) {
  cv::Mat photo = decode_photo(file);
  const double scale = static_cast<double>(side) / std::max(photo.rows, photo.cols);
  if (scale < 1) {
    const cv::Size size(std::max(1, static_cast<int>(photo.cols * scale + 0.5)),
                        std::max(1, static_cast<int>(photo.rows * scale + 0.5)));
    cv::resize(photo, photo, size, 0, 0, cv::INTER_AREA);
  }
  if (std::min(photo.rows, photo.cols) < kSmallestSide)
    throw Error(ErrorKind::Invalid, fmt::format("only {}x{} pixels once resized", photo.cols, photo.rows));
  cv::cvtColor(photo, photo, cv::COLOR_BGR2RGB);
  return photo;
}

/// Stores the resized pixels until all sizes are known, because the header of the pack comes first.
class PixelStore {
 public:
  explicit PixelStore(const std::string& folder) : folder_(folder), file_(open_unnamed_file(folder)) {
    if (!file_) fail();
  }
  ~PixelStore() { std::fclose(file_); }
  PixelStore(const PixelStore&) = delete;
  PixelStore& operator=(const PixelStore&) = delete;

  /// Returns the position of the bytes.
  std::int64_t add(const cv::Mat& photo) {
    const std::lock_guard lock(mutex_);
    const std::int64_t at = size_;
    if (std::fwrite(photo.data, 1, photo.total() * photo.elemSize(), file_) != photo.total() * photo.elemSize()) fail();
    size_ += static_cast<std::int64_t>(photo.total() * photo.elemSize());
    return at;
  }
  void read(std::int64_t at, std::vector<std::byte>& bytes) {
    if (std::fflush(file_) != 0) fail();
    for (std::size_t done = 0; done < bytes.size();) {
      const ssize_t got = pread(fileno(file_), bytes.data() + done, bytes.size() - done,
                                static_cast<off_t>(at + static_cast<std::int64_t>(done)));
      if (got <= 0) fail();
      done += static_cast<std::size_t>(got);
    }
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(ErrorKind::Resource, folder_ + ": " + std::strerror(errno) + "; choose --out on a disk with more room");
  }

  const std::string folder_;
  std::FILE* file_;
  std::mutex mutex_;
  std::int64_t size_ = 0;
};

struct Stored {
  cv::Size size;
  std::int64_t at = 0;
};

struct Decoded {
  std::vector<std::optional<Stored>> stored;  ///< one per file; empty: skipped
  std::vector<std::string> why;
};

Decoded decode_all(const std::vector<PhotoFile>& files, int side, int threads, PixelStore& store) {
  Decoded out{std::vector<std::optional<Stored>>(files.size()), std::vector<std::string>(files.size())};
  Progress progress("packing photos", files.size());
  const auto pack = [&](std::size_t i) {
    cv::Mat photo;
    try {
      photo = decode(files[i], side);
    } catch (const std::exception& error) {  // includes OpenCV's exceptions and bad_alloc: only this file is skipped
      out.why[i] = error.what();
    }
    if (!photo.empty()) out.stored[i] = Stored{photo.size(), store.add(photo)};
    progress.step();
  };
  in_parallel(files.size(), threads, [&] { return pack; });
  return out;
}

void write_pack(const std::string& out, const std::vector<PhotoFile>& files, const Decoded& decoded, int side,
                PixelStore& store) {
  std::vector<SafetensorsWriter::Declaration> declared;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (decoded.stored[i])
      declared.push_back(
          {"image/" + files[i].name, DType::U8, {decoded.stored[i]->size.height, decoded.stored[i]->size.width, 3}});
  }
  if (declared.empty())
    throw Error(ErrorKind::Invalid,
                "no usable photo among the inputs" + (decoded.why.empty() ? "" : ": " + decoded.why.front()));
  SafetensorsWriter writer(out, declared, {{"format", "vcl-photos"}, {"side", std::to_string(side)}});
  std::vector<std::byte> bytes;
  for (const auto& stored : decoded.stored) {
    if (!stored) continue;
    bytes.resize(static_cast<std::size_t>(stored->size.area()) * 3);
    store.read(stored->at, bytes);
    writer.append(bytes);
  }
  writer.finish();
}

}  // namespace

PackResult pack_photos(const std::vector<std::string>& inputs, const std::string& out, int side, int threads) {
  cv::setNumThreads(1);  // photos are processed in parallel instead
  PhotoFiles photos = find_photos(inputs);
  std::vector<std::string> read = inputs;
  for (const PhotoFile& photo : photos.found) read.push_back(photo.path);
  Outputs outputs(read);
  outputs.add_file(out);
  PixelStore store(std::filesystem::absolute(out).parent_path());
  const Decoded decoded = decode_all(photos.found, side, threads, store);
  PackResult result{0, std::move(photos.skipped)};
  for (std::size_t i = 0; i < photos.found.size(); ++i) {
    const PhotoFile& file = photos.found[i];
    if (decoded.stored[i])
      ++result.photos;
    else
      result.skipped.push_back({file.place(), decoded.why[i]});
  }
  write_pack(out, photos.found, decoded, side, store);
  return result;
}

}  // namespace vcl::train
