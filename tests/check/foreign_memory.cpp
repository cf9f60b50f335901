// SPDX-License-Identifier: LGPL-2.1-or-later
// Frames in the memory of a GPU or a driver: negotiated away, or an error that names the cure.
#include <gst/base/gstpushsrc.h>

#include "check_util.hpp"

namespace {

/// A source that, as hardware decoders do, prefers its own memory and can also give frames in system memory.
struct FakeDecoder {
  GstPushSrc parent;
};
struct FakeDecoderClass {
  GstPushSrcClass parent;
};

}  // namespace

G_DEFINE_TYPE(FakeDecoder, fake_decoder, GST_TYPE_PUSH_SRC)

namespace {

#define FRAME "format=NV12,width=64,height=48,framerate=25/1"
GstStaticPadTemplate offers = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS("video/x-raw(memory:VAMemory)," FRAME ";video/x-raw," FRAME));

GstFlowReturn create(GstPushSrc*, GstBuffer** buffer) {
  static constexpr gsize kBytes = 64 * 48 * 3 / 2;
  *buffer = gst_buffer_new_allocate(nullptr, kBytes, nullptr);
  gst_buffer_memset(*buffer, 0, 0, kBytes);
  GST_BUFFER_PTS(*buffer) = 0;
  return GST_FLOW_OK;
}

const std::vector<const char*> kElements = {"vcl-vis-segment window=1", "vcl-overlay", "vcl-idmap", "dinofeatures",
                                            "maskcut crf=false"};

}  // namespace

static void fake_decoder_class_init(FakeDecoderClass* klass) {
  gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), &offers);
  gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "Fake", "Source", "A decoder", "gst-vcl");
  GST_PUSH_SRC_CLASS(klass)->create = create;
}

static void fake_decoder_init(FakeDecoder* self) {
  gst_base_src_set_format(GST_BASE_SRC(self), GST_FORMAT_TIME);
}

// Upstream picks system memory if it can.
GST_START_TEST(test_negotiated_away) {
  gst_element_register(nullptr, "fakedecoder", GST_RANK_NONE, fake_decoder_get_type());
  GstElement* pipeline = gst_parse_launch(
      (std::string("fakedecoder num-buffers=3 ! ") + kElements[std::size_t(__i__)] + " name=e ! fakesink").c_str(),
      nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  check::wait_for_eos(pipeline);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
}
GST_END_TEST;

// Where it cannot, the error names the memory and the element that copies frames to system memory.
GST_START_TEST(test_cure) {
  static constexpr const char* kCures[][2] = {{"memory:VAMemory", "vapostproc"},
                                              {"memory:DMABuf", "v4l2convert"},
                                              {"memory:CUDAMemory", "cudadownload"},
                                              {"memory:GLMemory", "gldownload"},
                                              {"memory:FakeHW", "download"}};
  for (const auto& [memory, cure] : kCures) {
    GstElement* pipeline = gst_parse_launch(
        (std::string("appsrc name=a format=time ! ") + kElements[std::size_t(__i__)] + " name=e ! fakesink").c_str(),
        nullptr);
    GstElement* source = gst_bin_get_by_name(GST_BIN(pipeline), "a");
    GstCaps* caps = gst_caps_from_string((std::string("video/x-raw(") + memory + ")," FRAME).c_str());
    g_object_set(source, "caps", caps, nullptr);
    gst_caps_unref(caps);
    GstFlowReturn flow;
    GstBuffer* frame = gst_buffer_new_allocate(nullptr, 64 * 48 * 3 / 2, nullptr);
    g_signal_emit_by_name(source, "push-buffer", frame, &flow);
    gst_buffer_unref(frame);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    GstBus* bus = gst_element_get_bus(pipeline);
    GstMessage* message = gst_bus_timed_pop_filtered(bus, check::kPatience, GST_MESSAGE_ERROR);
    fail_unless(message != nullptr);
    GError* error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    const std::string text = error->message;
    fail_unless(g_error_matches(error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION), "%s", text.c_str());
    fail_unless(text.find(memory) != std::string::npos && text.find(cure) != std::string::npos, "%s", text.c_str());
    g_error_free(error);
    gst_message_unref(message);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(bus);
    gst_object_unref(source);
    gst_object_unref(pipeline);
  }
}
GST_END_TEST;

static Suite* foreign_memory_suite() {
  Suite* suite = suite_create("foreign_memory");
  TCase* tests = tcase_create("foreign_memory");
  suite_add_tcase(suite, tests);
  tcase_set_timeout(tests, 600);
  tcase_add_loop_test(tests, test_negotiated_away, 0, int(kElements.size()));
  tcase_add_loop_test(tests, test_cure, 0, int(kElements.size()));
  return suite;
}

GST_CHECK_MAIN(foreign_memory)
