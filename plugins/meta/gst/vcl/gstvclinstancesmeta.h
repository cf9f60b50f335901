/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * SECTION:gstvclinstancesmeta
 * @short_description: instance masks and track ids on video buffers
 *
 * vcl-vis-segment and maskcut attach one #GstVclInstancesMeta to every video buffer, even if the frame has no
 * instance. All values are in pixels of the frame that carries the meta. Elements that scale the video scale the meta
 * too. Elements that crop, flip or rotate drop it.
 *
 * |[<!-- language="C" -->
 * GstVclInstancesMeta *meta = gst_buffer_get_vcl_instances_meta (buffer);
 * for (guint i = 0; meta && i < gst_vcl_instances_meta_get_n_instances (meta); i++) {
 *   const GstVclInstance *instance = gst_vcl_instances_meta_get_instance (meta, i);
 *   GstVclBox box;
 *   gst_vcl_instance_get_box (instance, &box);
 *   g_print ("track %" G_GUINT64_FORMAT " at %d,%d %dx%d\n",
 *       gst_vcl_instance_get_track_id (instance), box.x, box.y, box.width, box.height);
 * }
 * ]|
 *
 * Threads: any number of threads may read a meta while nobody adds to it. Instances may be added only while the
 * buffer is writable. They never change after they are added.
 */

#ifndef GST_VCL_API
#define GST_VCL_API __attribute__ ((visibility ("default"))) extern
#endif

#define GST_VCL_INSTANCES_META_API_TYPE (gst_vcl_instances_meta_api_get_type ())
#define GST_VCL_INSTANCES_META_INFO (gst_vcl_instances_meta_get_info ())

/** Name of the #GstCustomMeta with the same content, for gst_buffer_get_custom_meta(). */
#define GST_VCL_INSTANCES_CUSTOM_META_NAME "VclInstancesMeta"

typedef struct _GstVclInstancesMeta GstVclInstancesMeta;
typedef struct _GstVclInstance GstVclInstance;

/**
 * GstVclInstanceFlags:
 * @GST_VCL_INSTANCE_FLAG_NONE: no flag
 * @GST_VCL_INSTANCE_FLAG_NEW: this is the first frame in which the track is reported
 * @GST_VCL_INSTANCE_FLAG_COARSE: the mask came in a video stream and is coarse: it covers the sender's
 * @GST_VCL_INSTANCE_FLAG_BOX: the mask came in a video stream without pixels: it is the whole box
 */
typedef enum {
  GST_VCL_INSTANCE_FLAG_NONE = 0,
  GST_VCL_INSTANCE_FLAG_NEW = 1 << 0,
  GST_VCL_INSTANCE_FLAG_COARSE = 1 << 1,
  GST_VCL_INSTANCE_FLAG_BOX = 1 << 2
} GstVclInstanceFlags;

/**
 * GstVclBox: pixels [x, x + width) x [y, y + height).
 */
typedef struct {
  gint x, y, width, height;
} GstVclBox;

/**
 * GstVclInstancesMeta:
 * @frame: number of the frame, from 0 since the stream started or was flushed
 * @pts: presentation time of the buffer when the meta was made, in nanoseconds, or %GST_CLOCK_TIME_NONE
 * @width: pixels of the frame that boxes and masks refer to
 * @height: pixels of the frame that boxes and masks refer to
 * @stale: whether no inference ran for this frame, so that its masks are those of an earlier one, or an instance is
 *   missing
 * @utc: wall-clock time at which the source of the stream says that the frame was taken, in nanoseconds since
 *   1970-01-01 UTC, or %GST_CLOCK_TIME_NONE
 *
 * Only the code that adds the meta may write its fields.
 */
struct _GstVclInstancesMeta {
  GstMeta meta;

  guint64 frame;
  GstClockTime pts;
  guint width;
  guint height;
  gboolean stale;

  /*< private >*/
  GPtrArray *instances;

  /*< public >*/
  GstClockTime utc;
};

GST_VCL_API GType gst_vcl_instances_meta_api_get_type (void);
GST_VCL_API const GstMetaInfo *gst_vcl_instances_meta_get_info (void);

/**
 * gst_buffer_add_vcl_instances_meta:
 * @buffer: (transfer none): a writable buffer
 * @width: pixels of the frame, 1 or more
 * @height: pixels of the frame, 1 or more
 *
 * Returns: (transfer none): a meta without instances, with frame 0 and the PTS of the buffer, and not stale
 */
GST_VCL_API GstVclInstancesMeta *gst_buffer_add_vcl_instances_meta (GstBuffer *buffer, guint width, guint height);

/**
 * gst_buffer_get_vcl_instances_meta:
 * Returns: (transfer none) (nullable): the buffer's meta, or %NULL if it has none
 */
GST_VCL_API GstVclInstancesMeta *gst_buffer_get_vcl_instances_meta (GstBuffer *buffer);

/**
 * gst_vcl_instances_meta_add_instance:
 * @meta: a meta of a writable buffer
 * @track_id: id of the track; an object keeps it from frame to frame
 * @score: confidence, 0 to 1
 * @flags: see #GstVclInstanceFlags
 * @rle: the mask of the whole frame as COCO compressed run lengths ("counts")
 * @error: set to %GST_STREAM_ERROR_FORMAT if @rle is empty or is not a mask of the meta's size
 *
 * Box, area and mask pixels are derived from @rle, which may be untrusted text.
 *
 * Returns: whether the instance was added
 */
GST_VCL_API gboolean gst_vcl_instances_meta_add_instance (GstVclInstancesMeta *meta, guint64 track_id, gfloat score,
    GstVclInstanceFlags flags, const gchar *rle, GError **error);

/**
 * gst_vcl_instances_meta_repeat_instance:
 * @meta: a meta of a writable buffer
 * @instance: an instance of a meta of the same size
 *
 * Adds the instance of another frame without %GST_VCL_INSTANCE_FLAG_NEW. Both metas share its pixels.
 */
GST_VCL_API void gst_vcl_instances_meta_repeat_instance (GstVclInstancesMeta *meta, const GstVclInstance *instance);

GST_VCL_API guint gst_vcl_instances_meta_get_n_instances (const GstVclInstancesMeta *meta);

/**
 * gst_vcl_instances_meta_get_instance:
 * @index: 0 to n - 1; elements of gst-vcl put the best score first
 *
 * Returns: (transfer none) (nullable): the instance, valid as long as the meta, or %NULL if there is no such index
 */
GST_VCL_API const GstVclInstance *gst_vcl_instances_meta_get_instance (const GstVclInstancesMeta *meta, guint index);

/**
 * gst_vcl_instances_meta_find_track:
 * Returns: (transfer none) (nullable): the track's instance in this frame, valid as long as the meta, or %NULL if
 * it has none
 */
GST_VCL_API const GstVclInstance *gst_vcl_instances_meta_find_track (const GstVclInstancesMeta *meta,
    guint64 track_id);

/**
 * gst_vcl_instances_meta_to_structure:
 * Returns: (transfer full): a "VclInstancesMeta" structure; docs/metadata.md lists its fields
 */
GST_VCL_API GstStructure *gst_vcl_instances_meta_to_structure (const GstVclInstancesMeta *meta);

/**
 * gst_buffer_add_vcl_instances_custom_meta:
 * @buffer: (transfer none): a writable buffer that has a #GstVclInstancesMeta with all its instances
 *
 * Adds a #GstCustomMeta with the same content, which bindings can read without this library.
 *
 * Returns: (transfer none) (nullable): the custom meta, or %NULL if the buffer has no #GstVclInstancesMeta
 */
GST_VCL_API GstCustomMeta *gst_buffer_add_vcl_instances_custom_meta (GstBuffer *buffer);

/**
 * gst_vcl_instances_custom_meta_register:
 *
 * Registers the name of the custom meta with GStreamer. The vcl plugin calls this when it is loaded. It may be called
 * again, and from any thread.
 */
GST_VCL_API void gst_vcl_instances_custom_meta_register (void);

GST_VCL_API guint64 gst_vcl_instance_get_track_id (const GstVclInstance *instance);
GST_VCL_API gfloat gst_vcl_instance_get_score (const GstVclInstance *instance);
GST_VCL_API GstVclInstanceFlags gst_vcl_instance_get_flags (const GstVclInstance *instance);

/** gst_vcl_instance_get_box: @box: (out caller-allocates): the smallest box that holds the mask */
GST_VCL_API void gst_vcl_instance_get_box (const GstVclInstance *instance, GstVclBox *box);

/** gst_vcl_instance_get_area: Returns: pixels of the mask, 1 or more */
GST_VCL_API guint64 gst_vcl_instance_get_area (const GstVclInstance *instance);

/**
 * gst_vcl_instance_get_rle:
 * Returns: (transfer none): the mask of the whole frame as COCO compressed run lengths (column-major), valid as long
 * as the instance. pycocotools reads {"size": [height, width], "counts": rle}.
 */
GST_VCL_API const gchar *gst_vcl_instance_get_rle (const GstVclInstance *instance);

/**
 * gst_vcl_instance_get_mask:
 * Returns: (transfer none): the mask cropped to the box: GRAY8 with #GstVideoMeta, rows packed (stride equals width),
 * 0 for background and 255 for foreground. The buffer is shared: never write to it.
 */
GST_VCL_API GstBuffer *gst_vcl_instance_get_mask (const GstVclInstance *instance);

G_END_DECLS
