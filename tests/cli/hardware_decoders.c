/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decoders that stand for those of hardware and are preferred to all others. Those of H.264 and JPEG leave their
 * frames in memory of their own, the one of VP8 prefers to. Their frames have 64x48 pixels. */
#include <gst/gst.h>

#define PACKAGE "vcl-tests"
#define FRAME "format=NV12,width=64,height=48,framerate=10/1"
#define FRAME_BYTES (64 * 48 * 3 / 2)

typedef struct {
  GstElement element;
  GstPad *src;
} Decoder;
typedef struct {
  GstElementClass parent;
} DecoderClass;
typedef Decoder ForeignDecoder;
typedef DecoderClass ForeignDecoderClass;
typedef Decoder ForeignJpegDecoder;
typedef DecoderClass ForeignJpegDecoderClass;
typedef Decoder BothDecoder;
typedef DecoderClass BothDecoderClass;

G_DEFINE_ABSTRACT_TYPE (Decoder, decoder, GST_TYPE_ELEMENT)
G_DEFINE_TYPE (ForeignDecoder, foreign_decoder, decoder_get_type ())
G_DEFINE_TYPE (ForeignJpegDecoder, foreign_jpeg_decoder, decoder_get_type ())
G_DEFINE_TYPE (BothDecoder, both_decoder, decoder_get_type ())

static GstStaticPadTemplate h264 =
GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS ("video/x-h264"));
static GstStaticPadTemplate jpeg =
GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS ("image/jpeg"));
static GstStaticPadTemplate foreign =
GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS ("video/x-raw(memory:VAMemory)," FRAME));
static GstStaticPadTemplate vp8 =
GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS ("video/x-vp8"));
static GstStaticPadTemplate both =
GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("video/x-raw(memory:VAMemory)," FRAME ";video/x-raw," FRAME));

static GstFlowReturn
chain (GstPad *pad, GstObject *parent, GstBuffer *coded)
{
  GstBuffer *frame = gst_buffer_new_allocate (NULL, FRAME_BYTES, NULL);
  (void) pad;
  gst_buffer_memset (frame, 0, 128, FRAME_BYTES);
  gst_buffer_copy_into (frame, coded, GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  gst_buffer_unref (coded);
  return gst_pad_push (((Decoder *) parent)->src, frame);
}

/* Chooses the memory once, before anything is linked. */
static gboolean
choose_caps (GstPad *src)
{
  GstCaps *own = gst_pad_get_pad_template_caps (src);
  GstCaps *peer = gst_pad_peer_query_caps (src, NULL);
  GstCaps *caps = gst_caps_truncate (gst_caps_intersect_full (own, peer, GST_CAPS_INTERSECT_FIRST));
  gboolean done = gst_pad_push_event (src, gst_event_new_caps (caps));
  gst_caps_unref (caps);
  gst_caps_unref (peer);
  gst_caps_unref (own);
  return done;
}

static gboolean
on_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstPad *src = ((Decoder *) parent)->src;
  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return gst_pad_event_default (pad, parent, event);
  gst_event_unref (event);
  return gst_pad_has_current_caps (src) || choose_caps (src);
}

static void
add_templates (GstElementClass *klass, const char *kind, GstStaticPadTemplate *sink, GstStaticPadTemplate *src)
{
  gst_element_class_add_static_pad_template (klass, sink);
  gst_element_class_add_static_pad_template (klass, src);
  gst_element_class_set_static_metadata (klass, "Test", kind, "A test", "gst-vcl");
}

static void
decoder_class_init (DecoderClass *klass)
{
  (void) klass;
}

static void
foreign_decoder_class_init (ForeignDecoderClass *klass)
{
  add_templates (GST_ELEMENT_CLASS (klass), "Codec/Decoder/Video/Hardware", &h264, &foreign);
}

static void
foreign_jpeg_decoder_class_init (ForeignJpegDecoderClass *klass)
{
  add_templates (GST_ELEMENT_CLASS (klass), "Codec/Decoder/Image/Hardware", &jpeg, &foreign);
}

static void
both_decoder_class_init (BothDecoderClass *klass)
{
  add_templates (GST_ELEMENT_CLASS (klass), "Codec/Decoder/Video/Hardware", &vp8, &both);
}

static void
add_pads (Decoder *self, GstStaticPadTemplate *in, GstStaticPadTemplate *out)
{
  GstPad *sink = gst_pad_new_from_static_template (in, "sink");
  gst_pad_set_chain_function (sink, chain);
  gst_pad_set_event_function (sink, on_event);
  gst_element_add_pad (GST_ELEMENT (self), sink);
  self->src = gst_pad_new_from_static_template (out, "src");
  gst_element_add_pad (GST_ELEMENT (self), self->src);
}

static void
decoder_init (Decoder *self)
{
  (void) self;
}

static void
foreign_decoder_init (ForeignDecoder *self)
{
  add_pads (self, &h264, &foreign);
}

static void
foreign_jpeg_decoder_init (ForeignJpegDecoder *self)
{
  add_pads (self, &jpeg, &foreign);
}

static void
both_decoder_init (BothDecoder *self)
{
  add_pads (self, &vp8, &both);
}

static gboolean
init (GstPlugin *plugin)
{
  return gst_element_register (plugin, "foreigndec", GST_RANK_PRIMARY + 500, foreign_decoder_get_type ()) &&
      gst_element_register (plugin, "foreignjpegdec", GST_RANK_PRIMARY + 500, foreign_jpeg_decoder_get_type ()) &&
      gst_element_register (plugin, "bothdec", GST_RANK_PRIMARY + 500, both_decoder_get_type ());
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, hardwaredecoders, "Decoders of tests", init, "1", "LGPL",
    PACKAGE, "https://example.org")
