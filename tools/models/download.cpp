// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/models/download.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>
#include <utility>

#include "support/stop_signal.hpp"
#include "support/time_left.hpp"
#include "support/whole_file.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

namespace fs = std::filesystem;

constexpr long kSecondsToConnect = 30, kSecondsOfSilence = 60;
constexpr double kSecondsBetweenLines = 0.2;
constexpr long kPartialContent = 206, kRangeNotSatisfiable = 416;  // HTTP status
constexpr auto kPause = std::chrono::milliseconds(500);            // before the next connection

/// The server does not have the rest of what is there.
struct OtherVersion {};

/// What is known of the file whose beginning lies in `path`: from where it came, and which version it was.
struct Origin {
  std::string address, version;
};

Origin read_origin(const std::string& path) {
  Origin origin;
  std::ifstream file(path);
  std::getline(file, origin.address);
  std::getline(file, origin.version);
  return origin;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string without_quotes(const std::string& text) {
  return text.size() >= 2 && text.front() == '"' && text.back() == '"' ? text.substr(1, text.size() - 2) : text;
}

bool is_sha256(const std::string& text) {
  return text.size() == 64 && std::ranges::all_of(text, [](unsigned char c) { return std::isxdigit(c) != 0; });
}

/// One request for a file, or for the rest of it.
class Transfer {
 public:
  Transfer(const std::string& address, const std::string& path, bool quiet)
      : address_(address), path_(path), shows_progress_(!quiet && isatty(STDERR_FILENO) != 0) {
    file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (file_ < 0) throw disk_error(errno);
    const Origin origin = read_origin(origin_path());
    const off_t length = ::lseek(file_, 0, SEEK_END);
    if (length > 0 && origin.address == address && !origin.version.empty()) {
      start_ = std::uint64_t(length);
      version_before_ = origin.version;
    }
    position_ = start_;
  }
  ~Transfer() {
    if (shows_progress_) fmt::print(stderr, "\r\033[K");
    ::close(file_);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Returns the SHA-256 that the server states, or an empty string.
  std::string run() {
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
    if (!curl) throw Error(ErrorKind::Library, "libcurl cannot start; install it again (Debian: libcurl4)");
    curl_ = curl.get();
    char reason[CURL_ERROR_SIZE] = "";
    curl_slist* lines = nullptr;
    if (start_ > 0) lines = curl_slist_append(lines, fmt::format("If-Range: {}", version_before_).c_str());
    const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(lines, curl_slist_free_all);
    set(CURLOPT_URL, address_.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, lower(address_).starts_with("https:") ? "https" : "http,https");
    set(CURLOPT_USERAGENT, "gst-vcl/" VCL_VERSION);
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, 10L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT, kSecondsToConnect);
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, kSecondsOfSilence);
    set(CURLOPT_ERRORBUFFER, reason);
    set(CURLOPT_HTTPHEADER, headers.get());
    const std::string range = fmt::format("{}-", start_);
    if (start_ > 0) set(CURLOPT_RANGE, range.c_str());
    set(CURLOPT_HEADERFUNCTION, &Transfer::see_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Transfer::take_bytes);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &Transfer::see_progress);
    set(CURLOPT_XFERINFODATA, this);
    const CURLcode code = curl_easy_perform(curl_);
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    check(code, status, *reason ? reason : curl_easy_strerror(code));
    return sha256_;
  }

  /// Returns how far the file has come, in bytes.
  std::uint64_t position() const { return position_; }
  /// Returns whether the rest can be asked for, if the server has parts of the file.
  bool can_go_on() const { return !version_.empty(); }

 private:
  template <typename Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(curl_, option, value);
  }
  std::string origin_path() const { return path_ + ".from"; }

  Error disk_error(int code) const {
    return Error(code == ENOSPC || code == EDQUOT || code == EFBIG ? ErrorKind::Resource : ErrorKind::Unreadable,
                 fmt::format("cannot write '{}': {}; free space there, or set XDG_DATA_HOME to another folder", path_,
                             std::strerror(code)));
  }

  void check(CURLcode code, long status, const std::string& reason) const {
    if (StopOnSignal::requested())
      throw Error(ErrorKind::Cancelled,
                  fmt::format("interrupted after {:.1f} MB; the same command {}", double(position_) / 1e6,
                              version_.empty() ? "begins again" : "goes on there"));
    if (disk_code_ != 0) throw disk_error(disk_code_);
    if (has_other_version_ || status == kRangeNotSatisfiable) throw OtherVersion();
    if (status == 404 || status == 410)
      throw Error(ErrorKind::NotFound, fmt::format("{} has no such file (HTTP status {}); look for its new address on "
                                                   "its authors' page, and name it with --from",
                                                   address_, status));
    if (status >= 400)
      throw Error(
          ErrorKind::Unreadable,
          fmt::format("{}: the server refuses (HTTP status {}); try again later, or get the file with a browser "
                      "and use vcl model add",
                      address_, status));
    if (is_page_)
      throw Error(ErrorKind::Unreadable,
                  fmt::format("{} gives a web page, not the file; get the file with a browser and use vcl model add",
                              address_));
    if (code != CURLE_OK)
      throw Error(ErrorKind::Unreadable,
                  fmt::format("{}: {} after {:.1f} MB; the same command tries again{}", address_, reason,
                              double(position_) / 1e6, version_.empty() ? "" : " and goes on there"));
  }

  void begin_response() {
    version_.clear();
    sent_from_.clear();
    is_page_ = has_begun_ = false;
  }

  /// Opens the file for the body of the answer: behind what is there, or empty.
  bool begin_body() {
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 300 || is_page_) return false;
    has_begun_ = true;
    has_other_version_ = status == kPartialContent &&
                         (version_ != version_before_ || !sent_from_.starts_with(fmt::format("bytes {}-", start_)));
    if (has_other_version_) return false;
    if (status != kPartialContent) {
      start_ = position_ = 0;
      if (::ftruncate(file_, 0) != 0) disk_code_ = errno;
    }
    if (::lseek(file_, off_t(position_), SEEK_SET) < 0) disk_code_ = errno;
    if (disk_code_ != 0) return false;
    if (!version_.empty())
      write_whole_file(origin_path(), address_ + "\n" + version_ + "\n");
    else
      fs::remove(origin_path());
    return true;
  }

  bool take(const char* bytes, std::size_t count) {
    if (!has_begun_ && !begin_body()) return false;
    while (count > 0) {
      const ssize_t written = ::write(file_, bytes, count);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        disk_code_ = errno;
        return false;
      }
      bytes += written;
      count -= std::size_t(written);
      position_ += std::uint64_t(written);
    }
    return true;
  }

  // libcurl is C: no exception may leave what it calls.
  static std::size_t take_bytes(const char* bytes, std::size_t one, std::size_t count, void* self) noexcept {
    try {
      return static_cast<Transfer*>(self)->take(bytes, one * count) ? one * count : 0;
    } catch (...) {
      static_cast<Transfer*>(self)->disk_code_ = ENOSPC;
      return 0;
    }
  }

  static std::size_t see_header(const char* line, std::size_t one, std::size_t count, void* self) noexcept {
    try {
      static_cast<Transfer*>(self)->note_header(std::string(line, one * count));
      return one * count;
    } catch (...) {
      return 0;
    }
  }

  void note_header(const std::string& line) {
    if (line.starts_with("HTTP/")) return begin_response();  // also of each redirection
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) return;
    const std::string name = lower(line.substr(0, colon));
    const std::size_t first = line.find_first_not_of(" \t", colon + 1), last = line.find_last_not_of(" \t\r\n");
    const std::string value = first == std::string::npos || first > last ? "" : line.substr(first, last + 1 - first);
    if (name == "content-type") is_page_ = lower(value).starts_with("text/html");
    if (name == "etag" && !value.starts_with("W/")) version_ = value;
    if (name == "last-modified" && version_.empty()) version_ = value;
    if (name == "content-range") sent_from_ = value;
    if (name == "x-linked-etag" && is_sha256(without_quotes(value))) sha256_ = lower(without_quotes(value));
  }

  static int see_progress(void* self, curl_off_t all, curl_off_t now, curl_off_t, curl_off_t) noexcept {
    static_cast<Transfer*>(self)->show(double(all), double(now));
    return StopOnSignal::requested() ? 1 : 0;
  }

  void show(double all, double now) noexcept {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
    if (!shows_progress_ || now <= 0 || all <= 0 || seconds < shown_ + kSecondsBetweenLines) return;
    shown_ = seconds;
    fmt::print(stderr, "\r\033[K{:.1f} of {:.1f} MB, {}", (double(start_) + now) / 1e6, (double(start_) + all) / 1e6,
               time_left(now / all, seconds));
    std::fflush(stderr);
  }

  const std::string address_, path_;
  const bool shows_progress_;
  CURL* curl_ = nullptr;
  int file_ = -1;
  std::uint64_t start_ = 0, position_ = 0;    // where this run began in the file, and where it is
  std::string version_before_;                // of what is in the file
  std::string version_, sent_from_, sha256_;  // as the server states them
  bool is_page_ = false, has_begun_ = false, has_other_version_ = false;
  int disk_code_ = 0;  // an errno
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  double shown_ = 0;
};

}  // namespace

std::string download(const std::string& address, const std::string& path, bool quiet) {
  bool has_begun_anew = false;
  for (std::uint64_t reached = 0;;) {
    Transfer transfer(address, path, quiet);
    try {
      std::string sha256 = transfer.run();
      fs::remove(path + ".from");
      return sha256;
    } catch (const OtherVersion&) {
      if (std::exchange(has_begun_anew, true))
        throw Error(ErrorKind::Unreadable, fmt::format("{} changes while it is downloaded; try again later", address));
      fs::remove(path + ".from");
    } catch (const Error& error) {
      // As long as each connection brings more of the file than there was, it is not the user's business that they
      // break.
      if (error.kind() != ErrorKind::Unreadable || !transfer.can_go_on() || transfer.position() <= reached) throw;
      reached = transfer.position();
    }
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace vcl
