// SPDX-License-Identifier: LGPL-2.1-or-later
// vcl-export: JSON lines in numbered files and to sockets, and their wall-clock times.
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "check_util.hpp"

using nlohmann::json;

namespace {

const std::vector<GstVclBox> kBoxes = {{4, 6, 20, 10}, {40, 30, 8, 8}};
const std::string kCaps = check::caps_string("RGB", 64, 48);

std::vector<json> read_lines(const std::string& path) {
  const std::string all = check::read_file(path);
  fail_unless(all.ends_with('\n'), "'%s' does not end with a line end", path.c_str());
  std::istringstream text(all);
  std::vector<json> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
  return lines;
}

/// A running vcl-export behind the segmenter, with a bus.
struct Export {
  explicit Export(const std::string& properties)
      : harness(check::start("vcl-vis-segment window=1 ! vcl-export name=export " + properties, kCaps)),
        element(gst_bin_get_by_name(GST_BIN(harness->element), "export")),
        bus(gst_bus_new()) {
    gst_element_set_bus(element, bus);
  }
  ~Export() {
    if (harness) stop();
    gst_object_unref(bus);
  }
  Export(const Export&) = delete;
  Export& operator=(const Export&) = delete;

  void stop() {
    gst_object_unref(element);
    gst_harness_teardown(harness);
    harness = nullptr;
  }
  void push(int first, int last) { check::push_frames(harness, kCaps, first, last, kBoxes); }
  /// Makes the stream go on after its end.
  void flush() {
    fail_unless(gst_harness_push_event(harness, gst_event_new_flush_start()));
    fail_unless(gst_harness_push_event(harness, gst_event_new_flush_stop(TRUE)));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    fail_unless(gst_harness_push_event(harness, gst_event_new_segment(&segment)));
  }
  std::uint64_t dropped() const {
    guint64 lines = 0;
    g_object_get(element, "json-dropped", &lines, nullptr);
    return lines;
  }
  int count(GstMessageType type) const {
    int messages = 0;
    for (; GstMessage* message = gst_bus_pop_filtered(bus, type); ++messages) gst_message_unref(message);
    return messages;
  }
  /// Waits for the next element message of this name.
  GstMessage* wait_for(const char* name) const {
    for (;;) {
      GstMessage* message = gst_bus_timed_pop_filtered(bus, check::kPatience, GST_MESSAGE_ELEMENT);
      fail_unless(message != nullptr, "no message '%s'", name);
      if (gst_message_has_name(message, name)) return message;
      gst_message_unref(message);
    }
  }

  GstHarness* harness;
  GstElement* element;
  GstBus* bus;
};

/// A peer that reads lines.
struct Listener {
  explicit Listener(GSocketAddress* address)
      : socket(g_socket_new(g_socket_address_get_family(address), G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT,
                            nullptr)) {
    fail_unless(g_socket_bind(socket, address, TRUE, nullptr) && g_socket_listen(socket, nullptr));
    GSocketAddress* bound = g_socket_get_local_address(socket, nullptr);
    if (G_IS_INET_SOCKET_ADDRESS(bound)) port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
    g_object_unref(bound);
    g_object_unref(address);
  }
  ~Listener() {
    hang_up();
    g_object_unref(socket);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void accept() {
    GSocket* accepted = g_socket_accept(socket, nullptr, nullptr);
    fail_unless(accepted != nullptr);
    connection = g_socket_connection_factory_create_connection(accepted);
    g_object_unref(accepted);
    lines = g_data_input_stream_new(g_io_stream_get_input_stream(G_IO_STREAM(connection)));
  }
  /// Returns whether somebody has connected who is not accepted yet.
  bool is_called() const { return (g_socket_condition_check(socket, G_IO_IN) & G_IO_IN) != 0; }
  /// Returns the next whole line, or nothing at the end of the connection.
  std::optional<json> next() {
    gsize bytes = 0;
    g_autofree char* line = g_data_input_stream_read_upto(lines, "\n", 1, &bytes, nullptr, nullptr);
    if (!line || g_buffered_input_stream_get_available(G_BUFFERED_INPUT_STREAM(lines)) == 0) return std::nullopt;
    g_data_input_stream_read_byte(lines, nullptr, nullptr);
    return json::parse(line);
  }
  json read() {
    const std::optional<json> line = next();
    fail_unless(line.has_value(), "the connection ended");
    return *line;
  }
  void hang_up() {
    g_clear_object(&lines);
    g_clear_object(&connection);
  }

  GSocket* socket;
  GSocketConnection* connection = nullptr;
  GDataInputStream* lines = nullptr;
  int port = 0;
};

/// Returns the descriptor by which this process has the file open.
int descriptor_of(const std::string& path) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code none;  // of a descriptor that is no file
    if (std::filesystem::equivalent(entry.path(), path, none)) return std::stoi(entry.path().filename());
  }
  fail("'%s' is not open", path.c_str());
  return -1;
}

std::string refusal(const std::string& properties) {
  return check::error_of("vcl-export " + properties, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);
}

void assert_refused(const std::string& properties, const std::vector<const char*>& names) {
  const std::string text = refusal(properties);
  for (const char* name : names) fail_unless(text.find(name) != std::string::npos, "%s", text.c_str());
}

}  // namespace

// By time and by size: each file has whole lines, `frame` counts on, and each complete file is told.
GST_START_TEST(test_files) {
  for (const char* limit : {"json-max-duration=120000000", "json-max-bytes=700"}) {
    const check::TemporaryFolder folder;
    Export run("json-location=" + (folder / "o-%03d.jsonl") + " " + limit);
    run.push(0, 7);
    gst_harness_push_event(run.harness, gst_event_new_eos());
    std::uint64_t frame = 0;
    for (int file = 0; frame < 8; ++file) {
      const std::string path = folder / ("o-00" + std::to_string(file) + ".jsonl");
      const std::vector<json> lines = read_lines(path);
      if (g_str_has_prefix(limit, "json-max-duration")) fail_unless_equals_int(int(lines.size()), file < 2 ? 3 : 2);
      fail_unless(check::read_file(path).size() <= 700 || g_str_has_prefix(limit, "json-max-duration"));
      GstMessage* message = run.wait_for("vcl-file-complete");
      const GstStructure* news = gst_message_get_structure(message);
      guint64 first = 0, last = 0, frames = 0;
      fail_unless(gst_structure_get(news, "first-pts", G_TYPE_UINT64, &first, "last-pts", G_TYPE_UINT64, &last,
                                    "frames", G_TYPE_UINT64, &frames, nullptr));
      fail_unless_equals_string(gst_structure_get_string(news, "location"), path.c_str());
      fail_unless(lines.front()["pts"] == first && lines.back()["pts"] == last && lines.size() == frames);
      gst_message_unref(message);
      for (const json& line : lines) fail_unless(line["frame"] == frame++);
    }
  }
}
GST_END_TEST;

// Earlier files stay, and numbers go on behind them. A run without frames leaves none.
GST_START_TEST(test_earlier_files) {
  const check::TemporaryFolder folder;
  for (const char* name : {"o-7.jsonl", "o-x.jsonl", "o-99.json", "p-12.jsonl"})
    fail_unless(g_file_set_contents((folder / name).c_str(), "earlier", -1, nullptr));
  const std::string properties = "json-location=" + (folder / "o-%d.jsonl") + " json-max-bytes=1";
  { Export run(properties); }
  fail_unless(!g_file_test((folder / "o-8.jsonl").c_str(), G_FILE_TEST_EXISTS));
  {
    Export run(properties);
    run.push(0, 1);
  }
  fail_unless(check::read_file(folder / "o-7.jsonl") == "earlier");
  fail_unless_equals_int(int(read_lines(folder / "o-8.jsonl").size()), 1);
  fail_unless_equals_int(int(read_lines(folder / "o-9.jsonl").size()), 1);
}
GST_END_TEST;

// The number is that of the file name: a folder may have any name.
GST_START_TEST(test_folder_with_percent) {
  const check::TemporaryFolder folder;
  fail_unless(g_mkdir((folder / "100%").c_str(), 0777) == 0);
  {
    Export run("json-location=" + (folder / "100%/o-%d.jsonl") + " json-max-bytes=1");
    run.push(0, 0);
  }
  fail_unless_equals_int(int(read_lines(folder / "100%/o-0.jsonl").size()), 1);
}
GST_END_TEST;

// The newest files of this run stay, and no file of another is deleted.
GST_START_TEST(test_most_files) {
  const check::TemporaryFolder folder;
  fail_unless(g_file_set_contents((folder / "o-0.jsonl").c_str(), "earlier", -1, nullptr));
  Export run("json-location=" + (folder / "o-%d.jsonl") + " json-max-bytes=1 json-max-files=2");
  run.push(0, 4);
  gst_harness_push_event(run.harness, gst_event_new_eos());
  for (int file = 0; file <= 5; ++file) {
    const bool stays = file == 0 || file >= 4;
    fail_unless(g_file_test((folder / ("o-" + std::to_string(file) + ".jsonl")).c_str(), G_FILE_TEST_EXISTS) == stays);
  }
}
GST_END_TEST;

// A full disk is an error with a cure, and no half of a line stays.
GST_START_TEST(test_full_disk) {
  const check::TemporaryFolder folder;
  Export run("json-location=" + (folder / "o-%d.jsonl") + " json-max-duration=1000000000000");
  run.push(0, 1);
  const std::string before = check::read_file(folder / "o-0.jsonl");
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit full{before.size() + 20, RLIM_INFINITY}, none{RLIM_INFINITY, RLIM_INFINITY};
  fail_unless(setrlimit(RLIMIT_FSIZE, &full) == 0);
  const GstFlowReturn flow = gst_harness_push(run.harness, check::numbered_frame(kCaps, 2, kBoxes));
  fail_unless(setrlimit(RLIMIT_FSIZE, &none) == 0);  // libcheck writes its results to a file
  fail_unless(flow == GST_FLOW_ERROR);
  GstMessage* message = gst_bus_pop_filtered(run.bus, GST_MESSAGE_ERROR);
  GError* error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  fail_unless(g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT), "%s", error->message);
  fail_unless(std::strstr(error->message, "o-0.jsonl") && std::strstr(error->message, "free some space"));
  g_error_free(error);
  gst_message_unref(message);
  fail_unless(check::read_file(folder / "o-0.jsonl") == before);
}
GST_END_TEST;

// A file that cannot be closed is an error, and is never complete.
GST_START_TEST(test_failing_close) {
  const check::TemporaryFolder folder;
  Export run("json-location=" + (folder / "o-%d.jsonl") + " json-max-duration=1000000000000");
  run.push(0, 0);
  fail_unless(close(descriptor_of(folder / "o-0.jsonl")) == 0);  // its second close fails
  gst_harness_push_event(run.harness, gst_event_new_eos());
  fail_unless_equals_int(run.count(GST_MESSAGE_ERROR), 1);
  run.stop();
  fail_unless_equals_int(run.count(GST_MESSAGE_ELEMENT), 0);
}
GST_END_TEST;

GST_START_TEST(test_refused) {
  assert_refused("json-max-duration=1", {"json-max-duration", "json-location"});
  assert_refused("json-max-bytes=1 json-location=-", {"json-max-bytes", "'-'"});
  assert_refused("json-max-bytes=1 json-location=unix:/tmp/x%d", {"json-max-bytes", "unix:/tmp/x%d"});
  assert_refused("json-max-bytes=1 json-location=/tmp/o.jsonl", {"json-max-bytes", "/tmp/o.jsonl", "%05d"});
  assert_refused("json-max-bytes=1 json-location=/tmp/o%s.jsonl", {"json-location", "/tmp/o%s.jsonl"});
  assert_refused("json-max-bytes=1 json-location=/tmp/o%d/x.jsonl", {"json-location", "/tmp/o%d/x.jsonl"});
  assert_refused("json-max-files=3 json-location=/tmp/o%d.jsonl", {"json-max-files", "json-max-duration"});
  for (const char* address : {"unix:", "tcp://", "tcp://host", "tcp://host:0", "tcp://host:70000", "tcp://:5",
                              "tcp://host:5/path", "tcp://me@host:5"})
    assert_refused(std::string("json-location=") + address, {"json-location", address, "tcp://host:port"});
  assert_refused("json-location=unix:/" + std::string(200, 'x'), {"107 bytes"});
}
GST_END_TEST;

// A listener gets all lines in order, by both kinds of socket.
GST_START_TEST(test_socket) {
  const check::TemporaryFolder folder;
  Listener local(g_unix_socket_address_new((folder / "s").c_str()));
  Listener network(g_inet_socket_address_new_from_string("127.0.0.1", 0));
  const std::string there = "tcp://127.0.0.1:" + std::to_string(network.port);
  for (auto [listener, address] : {std::pair(&local, "unix:" + (folder / "s")), std::pair(&network, there)}) {
    Export run("json-location=" + address);
    run.push(0, 9);
    listener->accept();
    for (int frame = 0; frame < 10; ++frame) fail_unless(listener->read()["frame"] == frame);
    fail_unless(gst_harness_push_event(run.harness, gst_event_new_eos()));
    fail_unless(run.dropped() == 0);
  }
}
GST_END_TEST;

// While nobody listens, lines wait and the oldest are dropped: counted, one warning, and one message when it ends.
GST_START_TEST(test_no_listener) {
  const check::TemporaryFolder folder;
  Export run("json-location=unix:" + (folder / "s") + " json-queue-lines=5");
  run.push(0, 19);
  fail_unless_equals_uint64(run.dropped(), 15);
  fail_unless_equals_int(run.count(GST_MESSAGE_WARNING), 1);
  run.flush();
  Listener listener(g_unix_socket_address_new((folder / "s").c_str()));
  listener.accept();
  for (int frame = 15; frame < 20; ++frame) fail_unless(listener.read()["frame"] == frame);
  GstMessage* message = run.wait_for("vcl-drops-ended");
  guint64 dropped = 0;
  fail_unless(gst_structure_get_uint64(gst_message_get_structure(message), "dropped", &dropped) && dropped == 15);
  gst_message_unref(message);
}
GST_END_TEST;

// A listener that goes away and comes back gets whole lines each time.
GST_START_TEST(test_listener_comes_back) {
  const check::TemporaryFolder folder;
  Listener listener(g_unix_socket_address_new((folder / "s").c_str()));
  Export run("json-location=unix:" + (folder / "s"));
  run.push(0, 0);
  listener.accept();
  fail_unless(listener.read()["frame"] == 0);
  listener.hang_up();
  run.push(1, 3);
  listener.accept();
  for (int frame = 1; frame < 4; ++frame) fail_unless(listener.read()["frame"] == frame);
}
GST_END_TEST;

// Lines that wait for a connection that broke just before the end of the stream still arrive.
GST_START_TEST(test_listener_comes_back_at_end) {
  const check::TemporaryFolder folder;
  Listener listener(g_unix_socket_address_new((folder / "s").c_str()));
  Export run("json-location=unix:" + (folder / "s"));
  run.push(0, 0);
  listener.accept();
  fail_unless(listener.read()["frame"] == 0);
  listener.hang_up();
  run.push(1, 3);
  GstMessage* pause = gst_bus_timed_pop_filtered(run.bus, check::kPatience, GST_MESSAGE_INFO);
  fail_unless(pause != nullptr);
  gst_message_unref(pause);
  fail_unless(gst_harness_push_event(run.harness, gst_event_new_eos()));
  fail_unless_equals_int(run.count(GST_MESSAGE_WARNING), 0);
  listener.accept();
  for (int frame = 1; frame < 4; ++frame) fail_unless(listener.read()["frame"] == frame);
}
GST_END_TEST;

// An element that stops connects no more.
GST_START_TEST(test_stop_connects_no_more) {
  const check::TemporaryFolder folder;
  Listener listener(g_unix_socket_address_new((folder / "s").c_str()));
  for (int round = 0; round < 30; ++round) {
    Export run("json-location=unix:" + (folder / "s"));
    run.push(0, 0);
    listener.accept();
    fail_unless(listener.read()["frame"] == 0);
    run.stop();
    fail_unless(!listener.is_called(), "a second connection in round %d", round);
    listener.hang_up();
  }
}
GST_END_TEST;

// A listener that never reads holds up neither frames nor the end of the stream nor the stop. Each line is counted or
// sent.
GST_START_TEST(test_stuck_listener) {
  const check::TemporaryFolder folder;
  Listener listener(g_unix_socket_address_new((folder / "s").c_str()));
  Export run("json-location=unix:" + (folder / "s") + " json-queue-lines=3");
  listener.accept();
  int frames = 0;
  // Drops show only that the sender was slower than the frames, until lines are left at the end.
  for (bool is_stuck = false; !is_stuck;) {
    for (const std::uint64_t before = run.dropped(); run.dropped() == before; ++frames) run.push(frames, frames);
    run.count(GST_MESSAGE_WARNING);
    fail_unless(gst_harness_push_event(run.harness, gst_event_new_eos()));
    is_stuck = run.count(GST_MESSAGE_WARNING) == 1;
    run.flush();
  }
  const std::uint64_t before = run.dropped();
  GstElement* element = GST_ELEMENT(gst_object_ref(run.element));
  run.stop();
  guint64 after = 0;
  g_object_get(element, "json-dropped", &after, nullptr);
  gst_object_unref(element);
  fail_unless(after > before);
  guint64 sent = 0;
  while (listener.next()) ++sent;
  fail_unless_equals_uint64(sent + after, guint64(frames));
}
GST_END_TEST;

// The wall-clock time that the stream states is in the line and in the metadata.
GST_START_TEST(test_stated_time) {
  for (const auto& [clock, epoch] : {std::pair("timestamp/x-ntp", 2'208'988'800), std::pair("timestamp/x-unix", 0L)}) {
    const check::TemporaryFolder folder;
    Export run("system-clock=true json-location=" + (folder / "o.jsonl"));
    GstBuffer* frame = check::numbered_frame(kCaps, 0, kBoxes);
    GstCaps* reference = gst_caps_new_empty_simple(clock);
    const GstClockTime utc = 1'795'981'552 * GST_SECOND + 1'234;
    gst_buffer_add_reference_timestamp_meta(frame, reference, utc + GstClockTime(epoch) * GST_SECOND,
                                            GST_CLOCK_TIME_NONE);
    gst_caps_unref(reference);
    fail_unless(gst_harness_push(run.harness, frame) == GST_FLOW_OK);
    fail_unless(read_lines(folder / "o.jsonl").front()["utc"] == "2026-11-29T19:45:52.000001Z", "%s",
                check::read_file(folder / "o.jsonl").c_str());
    GstBuffer* out = gst_harness_pull(run.harness);
    fail_unless_equals_uint64(check::meta_of(out)->utc, utc);
    GstStructure* fields = gst_vcl_instances_meta_to_structure(check::meta_of(out));
    guint64 field = 0;
    fail_unless(gst_structure_get_uint64(fields, "utc", &field) && field == utc);
    gst_structure_free(fields);
    gst_buffer_unref(out);
  }
}
GST_END_TEST;

// Without it a line has no time, unless the clock of the computer is asked for.
GST_START_TEST(test_system_time) {
  for (const bool asked : {false, true}) {
    const check::TemporaryFolder folder;
    Export run("json-location=" + (folder / "o.jsonl") + (asked ? " system-clock=true" : ""));
    g_autoptr(GDateTime) before = g_date_time_new_now_utc();
    g_autofree char* earliest = g_date_time_format(before, "%Y-%m-%dT%H:%M");
    run.push(0, 0);
    const json line = read_lines(folder / "o.jsonl").front();
    fail_unless(line.contains("utc") == asked);
    if (asked) fail_unless(line["utc"].get<std::string>().substr(0, 13) >= std::string(earliest).substr(0, 13));
    GstBuffer* out = gst_harness_pull(run.harness);
    fail_unless(!GST_CLOCK_TIME_IS_VALID(check::meta_of(out)->utc));
    gst_buffer_unref(out);
  }
}
GST_END_TEST;

static Suite* export_lines_suite() {
  Suite* suite = suite_create("export_lines");
  TCase* tests = tcase_create("export_lines");
  suite_add_tcase(suite, tests);
  tcase_set_timeout(tests, 600);
  tcase_add_test(tests, test_files);
  tcase_add_test(tests, test_earlier_files);
  tcase_add_test(tests, test_folder_with_percent);
  tcase_add_test(tests, test_most_files);
  tcase_add_test(tests, test_full_disk);
  tcase_add_test(tests, test_failing_close);
  tcase_add_test(tests, test_refused);
  tcase_add_test(tests, test_socket);
  tcase_add_test(tests, test_no_listener);
  tcase_add_test(tests, test_listener_comes_back);
  tcase_add_test(tests, test_listener_comes_back_at_end);
  tcase_add_test(tests, test_stop_connects_no_more);
  tcase_add_test(tests, test_stuck_listener);
  tcase_add_test(tests, test_stated_time);
  tcase_add_test(tests, test_system_time);
  return suite;
}

GST_CHECK_MAIN(export_lines)
