/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The installed headers are plain C99: this file is compiled as such. */
#include <gst/vcl/gstvclfeaturesmeta.h>
#include <gst/vcl/gstvclinstancesmeta.h>

int
main (int argc, char **argv)
{
  GstBuffer *buffer;
  GstVclInstancesMeta *meta;
  const gfloat values[2] = { 0.25f, 0.5f };
  GBytes *data;
  int ok;

  gst_init (&argc, &argv);
  buffer = gst_buffer_new ();
  meta = gst_buffer_add_vcl_instances_meta (buffer, 2, 2);
  ok = gst_vcl_instances_meta_add_instance (meta, 5, 0.5f, GST_VCL_INSTANCE_FLAG_NEW, "04", NULL)
      && gst_vcl_instance_get_area (gst_vcl_instances_meta_find_track (meta, 5)) == 4
      && gst_buffer_add_vcl_instances_custom_meta (buffer) != NULL;
  data = g_bytes_new (values, sizeof (values));
  ok = ok && gst_buffer_add_vcl_features_meta (buffer, 2, 2, 1, 2, 1, data) != NULL
      && gst_vcl_features_meta_get_values (gst_buffer_get_vcl_features_meta (buffer))[1] == 0.5f
      && gst_buffer_add_vcl_features_custom_meta (buffer) != NULL;
  g_bytes_unref (data);
  gst_buffer_unref (buffer);
  return ok ? 0 : 1;
}
