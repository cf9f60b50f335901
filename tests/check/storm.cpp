// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storm.hpp"

#include <chrono>
#include <cstdlib>
#include <thread>

#include "storm_run.hpp"

namespace check {
namespace {

unsigned number_of(const char* variable, unsigned otherwise) {
  const char* value = std::getenv(variable);
  return value ? unsigned(std::strtoul(value, nullptr, 10)) : otherwise;
}

/// A pad without a template takes the caps that it has, and no others.
gboolean take_any_caps(GstPad* pad, GstObject* parent, GstQuery* query) {
  if (GST_QUERY_TYPE(query) == GST_QUERY_ACCEPT_CAPS) {
    gst_query_set_accept_caps_result(query, TRUE);
    return TRUE;
  }
  if (GST_QUERY_TYPE(query) != GST_QUERY_CAPS) return gst_pad_query_default(pad, parent, query);
  GstCaps* filter;
  gst_query_parse_caps(query, &filter);
  GstCaps* any = filter ? gst_caps_ref(filter) : gst_caps_new_any();
  gst_query_set_caps_result(query, any);
  gst_caps_unref(any);
  return TRUE;
}

}  // namespace

StormPlan storm_plan() {
  return {number_of("VCL_STORM_SEED", 1), number_of("VCL_STORMS", 6)};
}

void run_storm(const StormElement& element, unsigned seed) {
  StormRun(element, seed).run();
}

StormRun::StormRun(const StormElement& element, unsigned seed)
    : storm_(element),
      ledger_(element.name + ", VCL_STORM_SEED=" + std::to_string(seed), element.gaps),
      stream_dice_(seed),
      application_dice_(seed + 1000003),
      sink_dice_(seed + 2000003),
      bin_(gst_parse_bin_from_description(element.launch.c_str(), TRUE, nullptr)),
      bus_(gst_bus_new()),
      source_(gst_pad_new("storm", GST_PAD_SRC)),
      sink_(gst_pad_new("shelter", GST_PAD_SINK)) {
  ledger_.require(bin_ != nullptr, "cannot be made");
  gst_object_ref_sink(bin_);
  GstIterator* all = gst_bin_iterate_recurse(GST_BIN(bin_));
  gst_iterator_foreach(
      all,
      [](const GValue* item, gpointer list) {
        static_cast<std::vector<GstElement*>*>(list)->push_back(GST_ELEMENT(g_value_get_object(item)));
      },
      &elements_);
  gst_iterator_free(all);
  gst_bus_set_sync_handler(
      bus_,
      [](GstBus*, GstMessage* message, gpointer self) {
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) ++static_cast<StormRun*>(self)->errors_;
        gst_message_unref(message);
        return GST_BUS_DROP;
      },
      this, nullptr);
  gst_element_set_bus(bin_, bus_);
  static constexpr auto owner = [](GstPad* pad) { return static_cast<StormRun*>(gst_pad_get_element_private(pad)); };
  for (GstPad* pad : {source_, sink_}) gst_pad_set_element_private(pad, this);
  gst_pad_set_chain_function(sink_,
                             [](GstPad* pad, GstObject*, GstBuffer* buffer) { return owner(pad)->take(buffer); });
  gst_pad_set_event_function(source_, [](GstPad* pad, GstObject*, GstEvent* event) -> gboolean {
    ++owner(pad)->events_up_;
    gst_event_unref(event);
    return TRUE;
  });
  gst_pad_set_event_function(sink_, [](GstPad*, GstObject*, GstEvent* event) -> gboolean {
    gst_event_unref(event);
    return TRUE;
  });
  gst_pad_set_query_function(sink_, take_any_caps);
  gst_pad_set_query_function(source_, [](GstPad* pad, GstObject* parent, GstQuery* query) -> gboolean {
    if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) return gst_pad_query_default(pad, parent, query);
    gst_query_set_latency(query, owner(pad)->events_up_ % 2 == 0, 0, GST_CLOCK_TIME_NONE);
    return TRUE;
  });
  GstPad* into = gst_element_get_static_pad(bin_, "sink");
  GstPad* from = gst_element_get_static_pad(bin_, "src");
  gst_pad_link(source_, into);
  gst_pad_link(from, sink_);
  gst_object_unref(into);
  gst_object_unref(from);
}

StormRun::~StormRun() {
  gst_element_set_state(bin_, GST_STATE_NULL);
  gst_pad_set_active(source_, FALSE);
  gst_pad_set_active(sink_, FALSE);
  gst_element_set_bus(bin_, nullptr);
  gst_object_unref(bin_);
  gst_object_unref(source_);
  gst_object_unref(sink_);
  gst_object_unref(bus_);
  ledger_.require(alive_ == 0, std::to_string(alive_) + " buffers leak");
}

void StormRun::run() {
  gst_pad_set_active(sink_, TRUE);
  gst_pad_set_active(source_, TRUE);
  GstClock* clock = gst_system_clock_obtain();
  gst_element_set_clock(bin_, clock);
  gst_element_set_base_time(bin_, gst_clock_get_time(clock));
  gst_object_unref(clock);
  play_again();
  std::thread streaming([this] { stream(); });
  for (bool done = false; !done;) {
    std::this_thread::sleep_for(std::chrono::microseconds(application_dice_.roll(0, 2000)));
    act_as_application();
    const std::lock_guard lock(mutex_);
    done = done_;
  }
  streaming.join();
  final_check();
}

/// After all that the element works as if nothing had been.
void StormRun::final_check() {
  calm_ = true;
  gst_pad_push_event(source_, gst_event_new_flush_start());
  gst_pad_push_event(source_, gst_event_new_flush_stop(TRUE));
  ledger_.dropped(false);
  gst_element_set_state(bin_, GST_STATE_PLAYING);
  caps_ = caps_string(storm_.formats[0], 16, 12);
  info_ = video_info(caps_);
  begin_stream();
  const std::size_t before = ledger_.frames_out();
  for (int n = 0; n < 20; ++n) {
    GstBuffer* buffer = numbered_frame(caps_, n, {{2, 3, 8, 5}});
    watch(buffer);
    ledger_.goes_in(buffer);
    ledger_.require(gst_pad_push(source_, buffer) == GST_FLOW_OK, "a good buffer was refused when all was over");
  }
  gst_pad_push_event(source_, gst_event_new_eos());
  ledger_.all_out(true);
  ledger_.require(ledger_.frames_out() == before + 20, "not every buffer came out when all was over");
}

GstFlowReturn StormRun::take(GstBuffer* buffer) {
  ledger_.came_out(buffer);
  gst_buffer_unref(buffer);
  if (calm_ || !sink_dice_.one_in(300)) return GST_FLOW_OK;
  refused_ = true;
  return sink_dice_.pick<GstFlowReturn>({GST_FLOW_ERROR, GST_FLOW_EOS, GST_FLOW_NOT_LINKED, GST_FLOW_NOT_NEGOTIATED});
}

void StormRun::watch(GstBuffer* buffer) {
  ++alive_;
  gst_mini_object_weak_ref(
      GST_MINI_OBJECT_CAST(buffer), [](gpointer self, GstMiniObject*) { --static_cast<StormRun*>(self)->alive_; },
      this);
}

}  // namespace check
