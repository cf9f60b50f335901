/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * SECTION:gstvclfeaturesmeta
 * @short_description: features of the patches of a frame on video buffers
 *
 * dinofeatures attaches one #GstVclFeaturesMeta to every video buffer. It holds one vector per patch of a grid that
 * covers the whole frame. Patch (column, row) begins at pixel (column * width / grid_width,
 * row * height / grid_height). Elements that scale the video keep the features. Elements that crop, flip or rotate
 * drop the meta.
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
 * Threads: any number of threads may read a meta. The copies of a buffer share the features, which never change.
 */

#ifndef GST_VCL_API
#define GST_VCL_API __attribute__ ((visibility ("default"))) extern
#endif

#define GST_VCL_FEATURES_META_API_TYPE (gst_vcl_features_meta_api_get_type ())
#define GST_VCL_FEATURES_META_INFO (gst_vcl_features_meta_get_info ())

/** Name of the #GstCustomMeta with the same content, for gst_buffer_get_custom_meta(). */
#define GST_VCL_FEATURES_CUSTOM_META_NAME "VclFeaturesMeta"

typedef struct _GstVclFeaturesMeta GstVclFeaturesMeta;

/**
 * GstVclFeaturesMeta:
 * @frame: number of the frame, from 0 since the stream started or was flushed
 * @pts: presentation time of the buffer when the meta was made, in nanoseconds, or %GST_CLOCK_TIME_NONE
 * @width: pixels of the frame that the grid covers
 * @height: pixels of the frame that the grid covers
 * @channels: values per patch
 * @grid_width: patches per row
 * @grid_height: patches per column
 * @stride: pixels of the network's input from patch to patch; 0: unknown
 * @input_width: pixels that the frame was scaled to for the network; 0: unknown
 * @input_height: pixels that the frame was scaled to for the network; 0: unknown
 * @stale: whether no inference ran for this frame; its features are then those of an earlier one
 * @data: float32 [channels, grid_height, grid_width] in the byte order of the machine
 * @model: (nullable): source of the features: path of the model, '#', facet, '@', layer. Features with equal
 *     names can be compared.
 *
 * Only the code that adds the meta may write its fields. Nobody may change @data.
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
 * @width: pixels of the frame, 1 or more
 * @height: pixels of the frame, 1 or more
 * @channels: values per patch, 1 or more
 * @grid_width: patches per row, 1 or more
 * @grid_height: patches per column, 1 or more
 * @data: (transfer none): channels * grid_height * grid_width float32 values; referenced, not copied
 *
 * The new meta has frame 0 and the PTS of the buffer. It is not stale and names no model; set @model with g_strdup().
 * All other fields are 0.
 *
 * Returns: (transfer none) (nullable): the meta, or %NULL if the size of @data does not match
 */
GST_VCL_API GstVclFeaturesMeta *gst_buffer_add_vcl_features_meta (GstBuffer *buffer, guint width, guint height,
    guint channels, guint grid_width, guint grid_height, GBytes *data);

/**
 * gst_buffer_get_vcl_features_meta:
 * Returns: (transfer none) (nullable): the buffer's meta, or %NULL if it has none
 */
GST_VCL_API GstVclFeaturesMeta *gst_buffer_get_vcl_features_meta (GstBuffer *buffer);

/**
 * gst_vcl_features_meta_get_values:
 * Returns: (transfer none): the values of @data, valid as long as the meta
 */
GST_VCL_API const gfloat *gst_vcl_features_meta_get_values (const GstVclFeaturesMeta *meta);

/**
 * gst_vcl_features_meta_to_structure:
 * Returns: (transfer full): a "VclFeaturesMeta" structure; docs/metadata.md lists its fields
 */
GST_VCL_API GstStructure *gst_vcl_features_meta_to_structure (const GstVclFeaturesMeta *meta);

/**
 * gst_buffer_add_vcl_features_custom_meta:
 * @buffer: (transfer none): a writable buffer that has a #GstVclFeaturesMeta
 *
 * Adds a #GstCustomMeta with the same content, which bindings can read without this library. The two share the
 * features.
 *
 * Returns: (transfer none) (nullable): the custom meta, or %NULL if the buffer has no #GstVclFeaturesMeta
 */
GST_VCL_API GstCustomMeta *gst_buffer_add_vcl_features_custom_meta (GstBuffer *buffer);

/**
 * gst_vcl_features_custom_meta_register:
 *
 * Registers the name of the custom meta with GStreamer. The vcl plugin calls this when it is loaded. It may be called
 * again, and from any thread.
 */
GST_VCL_API void gst_vcl_features_custom_meta_register (void);

G_END_DECLS
