// SPDX-License-Identifier: LGPL-2.1-or-later
// A C program that links another BLAS than LibTorch's: the engine runs, and its errors arrive as messages.
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <string.h>

// Returns the error's text, or NULL at EOS.
static gchar* run(const gchar* properties) {
  gchar* description = g_strdup_printf(
      "videotestsrc num-buffers=8 ! video/x-raw,width=160,height=120 ! vcl-vis-segment %s ! fakesink", properties);
  GstElement* pipeline = gst_parse_launch(description, NULL);
  g_assert_nonnull(pipeline);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstBus* bus = gst_element_get_bus(pipeline);
  GstMessage* message = gst_bus_timed_pop_filtered(bus, 600 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  g_assert_nonnull(message);
  gchar* text = NULL;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    GError* error = NULL;
    gst_message_parse_error(message, &error, NULL);
    text = g_strdup(error->message);
    g_clear_error(&error);
  }
  gst_message_unref(message);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(bus);
  gst_object_unref(pipeline);
  g_free(description);
  return text;
}

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  gchar* broken = g_build_filename(g_get_tmp_dir(), "vcl-foreign-blas-XXXXXX", NULL);
  const int file = g_mkstemp(broken);
  g_assert_cmpint(file, >=, 0);
  g_close(file, NULL);
  gchar* properties = g_strdup_printf("model=%s", broken);
  gchar* error = run(properties);
  g_assert_nonnull(error);
  g_assert_nonnull(strstr(error, broken));
  g_free(error);
  error = run("");
  g_assert_cmpstr(error, ==, NULL);
  g_unlink(broken);
  g_free(properties);
  g_free(broken);
  return 0;
}
