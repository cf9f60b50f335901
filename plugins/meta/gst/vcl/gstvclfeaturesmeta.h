/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * SECTION:gstvclfeaturesmeta
 * @short_description: features of the patches of a frame on video buffers
 *
 * dinofeatures attaches one #GstVclFeaturesMeta to every video buffer: a vector for each patch of a grid that
 * covers the whole frame. Patch (column, row) lies over the pixels from column * width / grid_width and row *
 * height / grid_height on. Scaling the video keeps the features; elements that crop, flip or rotate drop the meta.
 *
 * |[<!-- language="C" -->
 * GstVclFeaturesMeta *meta = gst_buffer_get_vcl_features_meta (buffer);
 * if (meta) {
 *   const gfloat *values = gst_vcl_features_meta_get_values (meta);
 *   gsize patch = (meta->grid_height / 2) * meta->grid_width + meta->grid_width / 2;
 *   for (guint c = 0; c < meta->channels; c++)
 *     g_print ("%f\n", values[c * meta->grid_width * meta->grid_height + patch]);
 * }
 * ]|
 *
 * Threads: a meta may be read from any number of threads. The features are shared between the copies of a buffer and
 * never change.
 */

#ifndef GST_VCL_API
#define GST_VCL_API __attribute__ ((visibility ("default"))) extern
#endif

#define GST_VCL_FEATURES_META_API_TYPE (gst_vcl_features_meta_api_get_type ())
#define GST_VCL_FEATURES_META_INFO (gst_vcl_features_meta_get_info ())

/** Name of the #GstCustomMeta twin, for gst_buffer_get_custom_meta(). */
#define GST_VCL_FEATURES_CUSTOM_META_NAME "VclFeaturesMeta"

typedef struct _GstVclFeaturesMeta GstVclFeaturesMeta;

/**
 * GstVclFeaturesMeta:
 * @frame: counts from 0 since the stream started or was flushed
 * @pts: presentation time when the meta was made, or %GST_CLOCK_TIME_NONE
 * @width: pixels of the frame that the grid covers
 * @height: pixels of the frame that the grid covers
 * @channels: values of a patch
 * @grid_width: patches in a row
 * @grid_height: patches in a column
 * @stride: pixels of the network's input from patch to patch; 0: unknown
 * @input_width: pixels that the frame was scaled to for the network; 0: unknown
 * @input_height: pixels that the frame was scaled to for the network; 0: unknown
 * @stale: no inference ran for this frame, the features are those of an earlier one
 * @data: float32 in the byte order of the machine, [channels, grid_height, grid_width]
 * @model: (nullable): what made them: the path of the model, '#', the facet, '@' and the layer; features of equal
 *     names can be compared
 *
 * Read only, but for whoever adds it, and @data even for that one.
 */
struct _GstVclFeaturesMeta {
  GstMeta meta;

  guint64 frame;
  GstClockTime pts;
  guint width;
  guint height;
  guint channels;
  guint grid_width;
  guint grid_height;
  guint stride;
  guint input_width;
  guint input_height;
  gboolean stale;
  GBytes *data;
  gchar *model;
};

GST_VCL_API GType gst_vcl_features_meta_api_get_type (void);
GST_VCL_API const GstMetaInfo *gst_vcl_features_meta_get_info (void);

/**
 * gst_buffer_add_vcl_features_meta:
 * @buffer: (transfer none): a writable buffer
 * @width: of the frame, 1 or more
 * @height: of the frame, 1 or more
 * @channels: 1 or more
 * @grid_width: 1 or more
 * @grid_height: 1 or more
 * @data: (transfer none): channels * grid_height * grid_width float32 values; referenced, not copied
 *
 * Returns: (transfer none) (nullable): a meta with frame 0, the buffer's PTS, not stale, of no model (set one with
 * g_strdup()), the rest 0; %NULL when @data is of another size
 */
GST_VCL_API GstVclFeaturesMeta *gst_buffer_add_vcl_features_meta (GstBuffer *buffer, guint width, guint height,
    guint channels, guint grid_width, guint grid_height, GBytes *data);

/**
 * gst_buffer_get_vcl_features_meta:
 * Returns: (transfer none) (nullable): the buffer's meta
 */
GST_VCL_API GstVclFeaturesMeta *gst_buffer_get_vcl_features_meta (GstBuffer *buffer);

/**
 * gst_vcl_features_meta_get_values:
 * Returns: (transfer none): the values of @data, valid as long as the meta
 */
GST_VCL_API const gfloat *gst_vcl_features_meta_get_values (const GstVclFeaturesMeta *meta);

/**
 * gst_vcl_features_meta_to_structure:
 * Returns: (transfer full): a "VclFeaturesMeta" structure, docs/metadata.md lists its fields
 */
GST_VCL_API GstStructure *gst_vcl_features_meta_to_structure (const GstVclFeaturesMeta *meta);

/**
 * gst_buffer_add_vcl_features_custom_meta:
 * @buffer: (transfer none): a writable buffer that has a #GstVclFeaturesMeta
 *
 * Adds the #GstCustomMeta twin, which bindings read without knowing this library. The features are shared with it.
 * Returns: (transfer none) (nullable): the twin; %NULL when the buffer has no #GstVclFeaturesMeta
 */
GST_VCL_API GstCustomMeta *gst_buffer_add_vcl_features_custom_meta (GstBuffer *buffer);

/**
 * gst_vcl_features_custom_meta_register:
 *
 * Makes the name of the twin known to GStreamer; the vcl plugin does so when it is loaded. Safe to repeat.
 */
GST_VCL_API void gst_vcl_features_custom_meta_register (void);

G_END_DECLS
