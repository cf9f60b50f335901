// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gio/gio.h>
#include <gst/gst.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "plugins/export/line_output.hpp"

namespace gstvcl {

/// Sends lines to a listening socket in a thread of its own. write() never waits: while the peer is slow or gone, lines
/// wait in a queue of limited length, from which the oldest are dropped. A connection that breaks is made anew, with
/// growing pauses. Each connection begins with a whole line.
class LineSocket : public LineOutput {
 public:
  /// `most_lines`: 1 or more, the length of the queue. `dropped` counts the dropped lines, and outlives this object.
  /// Throws vcl::Error(Invalid) for an address that is none.
  LineSocket(GstElement* element, const std::string& address, unsigned most_lines, std::atomic<std::uint64_t>& dropped);
  /// Drops what waits, and counts it.
  ~LineSocket() override;
  void write(const std::string& line, const LineTimes& times) override;
  /// Gives the peer two seconds to take what waits, if it is there or one more try finds it. Posts a warning with the
  /// reason if lines are left.
  void linger() override;

 private:
  void run();
  std::size_t waiting() const { return lines_.size() + (is_sending_ ? 1 : 0); }
  bool send_lines(GSocketConnection* connection);
  bool is_alive(GSocketConnection* connection) const;
  std::optional<std::string> next_line();
  void line_is_sent();
  void pause(const std::string& why);

  GstElement* element_;
  std::string address_;
  std::size_t most_lines_;
  std::atomic<std::uint64_t>& dropped_;
  GSocketConnectable* peer_;
  GCancellable* stop_;  // cancelled: the thread ends
  std::string unsent_;  // a line whose connection broke; only of the thread
  double pause_ = 0;    // seconds; only of the thread
  bool is_reported_ = false;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<std::string> lines_;
  bool is_sending_ = false;  // a line that is not in the queue any more
  bool is_peer_there_ = true;
  bool is_hurried_ = false;  // the next pause is none
  std::string trouble_;      // why there is no connection; empty while there is one
  bool is_stopped_ = false;
  std::uint64_t dropped_in_a_row_ = 0;

  std::thread thread_;  // uses all the others
};

}  // namespace gstvcl
