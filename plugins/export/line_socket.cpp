// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/export/line_socket.hpp"

#include <gio/gunixsocketaddress.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "plugins/export/socket_address.hpp"
#include "vcl/error.hpp"

namespace gstvcl {
namespace {

constexpr double kFirstPause = 1, kLongestPause = 30;
constexpr auto kPatienceAtEnd = std::chrono::seconds(2);
constexpr guint kLongestConnect = 10;          // seconds
constexpr std::size_t kLongestUnixPath = 107;  // bytes of sockaddr_un without its end

[[noreturn]] void refuse(const std::string& address, const std::string& why) {
  throw vcl::Error(vcl::ErrorKind::Invalid,
                   "json-location '" + address + "' is no address: " + why +
                       "; write unix:/path/of/socket or tcp://host:port (for a file of this name: ./" + address + ").");
}

GSocketConnectable* unix_peer(const std::string& address) {
  const std::string path = address.substr(kUnixAddress.size());
  if (path.empty() || path.size() > kLongestUnixPath) refuse(address, "a path has 1 to 107 bytes");
  return G_SOCKET_CONNECTABLE(g_unix_socket_address_new(path.c_str()));
}

GSocketConnectable* tcp_peer(const std::string& address) {
  g_autofree char *user = nullptr, *host = nullptr, *path = nullptr, *query = nullptr, *fragment = nullptr;
  int port = -1;
  g_autoptr(GError) error = nullptr;
  if (!g_uri_split(address.c_str(), G_URI_FLAGS_NONE, nullptr, &user, &host, &port, &path, &query, &fragment, &error))
    refuse(address, error->message);
  if (!host || !*host || port < 1) refuse(address, "a host and a port from 1 to 65535 are needed");
  if (user || query || fragment || (path && *path)) refuse(address, "there is more than a host and a port");
  return g_network_address_new(host, guint16(port));
}

}  // namespace

LineSocket::LineSocket(GstElement* element, const std::string& address, unsigned most_lines,
                       std::atomic<std::uint64_t>& dropped)
    : element_(element),
      address_(address),
      most_lines_(most_lines),
      dropped_(dropped),
      peer_(address.starts_with(kUnixAddress) ? unix_peer(address) : tcp_peer(address)),
      stop_(g_cancellable_new()),
      thread_([this] { run(); }) {}

LineSocket::~LineSocket() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  g_cancellable_cancel(stop_);
  changed_.notify_all();
  thread_.join();
  dropped_ += waiting();
  g_object_unref(stop_);
  g_object_unref(peer_);
}

void LineSocket::write(const std::string& line, const LineTimes&) {
  bool is_first_drop = false;
  {
    const std::lock_guard lock(mutex_);
    if (lines_.size() >= most_lines_) {
      lines_.pop_front();
      ++dropped_;
      is_first_drop = dropped_in_a_row_++ == 0;
    }
    lines_.push_back(line);
  }
  changed_.notify_all();
  if (!is_first_drop) return;
  GST_ELEMENT_WARNING(element_, RESOURCE, WRITE,
                      ("'%s' takes lines too slowly or not at all: the oldest are dropped; look after the listener, "
                       "or raise json-queue-lines.",
                       address_.c_str()),
                      (nullptr));
}

void LineSocket::linger() {
  std::unique_lock lock(mutex_);
  is_hurried_ = is_peer_there_ = true;
  changed_.notify_all();
  changed_.wait_for(lock, kPatienceAtEnd, [this] { return waiting() == 0 || !is_peer_there_; });
  is_hurried_ = false;
  const std::size_t left = waiting();
  const std::string why = trouble_.empty() ? "it reads too slowly" : trouble_;
  lock.unlock();
  if (left == 0) return;
  GST_ELEMENT_WARNING(element_, RESOURCE, WRITE,
                      ("'%s' has not taken the last %" G_GSIZE_FORMAT
                       " lines (%s): they are dropped when this stops; look after the listener.",
                       address_.c_str(), left, why.c_str()),
                      (nullptr));
}

void LineSocket::run() {
  GSocketClient* client = g_socket_client_new();
  g_socket_client_set_enable_proxy(client, FALSE);
  g_socket_client_set_timeout(client, kLongestConnect);
  while (!g_cancellable_is_cancelled(stop_)) {
    g_autoptr(GError) error = nullptr;
    g_autoptr(GSocketConnection) connection = g_socket_client_connect(client, peer_, stop_, &error);
    if (!connection) {
      pause(error->message);
      continue;
    }
    GSocket* socket = g_socket_connection_get_socket(connection);
    g_socket_set_timeout(socket, 0);  // a slow peer is no broken one
    g_socket_set_keepalive(socket, TRUE);
    {
      const std::lock_guard lock(mutex_);
      is_peer_there_ = true;
      trouble_.clear();
    }
    if (send_lines(connection)) break;
    pause("the connection broke");
  }
  g_object_unref(client);
}

/// Returns false if the connection broke, true if the thread is to end.
bool LineSocket::send_lines(GSocketConnection* connection) {
  GOutputStream* out = g_io_stream_get_output_stream(G_IO_STREAM(connection));
  while (std::optional<std::string> line = next_line()) {
    unsent_ = std::move(*line);
    if (!is_alive(connection) ||
        !g_output_stream_write_all(out, unsent_.data(), unsent_.size(), nullptr, stop_, nullptr))
      return false;
    line_is_sent();
  }
  return true;
}

bool LineSocket::is_alive(GSocketConnection* connection) const {
  const auto gone = GIOCondition(G_IO_HUP | G_IO_ERR);
  return (g_socket_condition_check(g_socket_connection_get_socket(connection), gone) & gone) == 0;
}

/// Returns the line to send, or nothing if the thread is to end.
std::optional<std::string> LineSocket::next_line() {
  std::unique_lock lock(mutex_);
  if (!unsent_.empty() && !is_stopped_) return unsent_;
  changed_.wait(lock, [this] { return is_stopped_ || !lines_.empty(); });
  if (is_stopped_) return std::nullopt;
  std::string line = std::move(lines_.front());
  lines_.pop_front();
  is_sending_ = true;
  return line;
}

void LineSocket::line_is_sent() {
  unsent_.clear();
  pause_ = 0;
  is_reported_ = false;
  std::uint64_t dropped = 0;
  {
    const std::lock_guard lock(mutex_);
    is_sending_ = false;
    if (lines_.empty()) dropped = std::exchange(dropped_in_a_row_, 0);
  }
  changed_.notify_all();
  if (dropped == 0) return;
  GstStructure* news = gst_structure_new("vcl-drops-ended", "location", G_TYPE_STRING, address_.c_str(), "dropped",
                                         G_TYPE_UINT64, guint64(dropped), nullptr);
  gst_element_post_message(element_, gst_message_new_element(GST_OBJECT(element_), news));
}

/// Waits before the next try to connect, but at the end of the stream tries once more at once.
void LineSocket::pause(const std::string& why) {
  std::unique_lock lock(mutex_);
  trouble_ = why;
  if (is_stopped_ || std::exchange(is_hurried_, false)) return;
  pause_ = pause_ > 0 ? std::min(2 * pause_, kLongestPause) : kFirstPause;
  is_peer_there_ = false;
  changed_.notify_all();
  if (!std::exchange(is_reported_, true)) {
    lock.unlock();
    GST_ELEMENT_INFO(
        element_, RESOURCE, OPEN_WRITE,
        ("'%s' is not there (%s): it is tried again until it is; lines wait meanwhile.", address_.c_str(), why.c_str()),
        (nullptr));
    lock.lock();
  }
  changed_.wait_for(lock, std::chrono::duration<double>(pause_), [this] { return is_stopped_ || is_hurried_; });
  is_hurried_ = false;
}

}  // namespace gstvcl
