/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The C API of libvcl: a video that is decoded as a whole, with progress on standard error, and Ctrl-C to end it.
 *
 *   gcc whole_video.c $(pkg-config --cflags --libs libvcl-1.0) -o whole_video
 *   ffmpeg -i in.mp4 -f rawvideo -pix_fmt rgb24 - | ./whole_video 640 360
 *
 * Reads raw RGB frames and prints a line per object and frame. It ends with status 130 if it was cancelled.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <vcl/vcl.h>

static VclEngine *engine;

static void
interrupt (int number)
{
  (void) number;
  vcl_engine_cancel (engine);   /* may be called at any time, from any thread and signal handler */
}

/* signal() would restart fread() behind the handler: a video that stands still would not end */
static void
handle_interrupt (void (*handler) (int))
{
  struct sigaction action = { .sa_handler = handler };
  sigemptyset (&action.sa_mask);
  sigaction (SIGINT, &action, NULL);
}

static int
show_progress (double share, void *data)
{
  fprintf (stderr, "\r%s %3.0f %%%s", (const char *) data, 100 * share, share < 1 ? "" : "\n");
  return 0;                     /* any other value would cancel */
}

static void
print_results (void)
{
  VclResult *result;
  while (vcl_engine_take (engine, &result) == VCL_OK && result != NULL) {
    VclResultInfo info = { .struct_size = sizeof info };
    vcl_result_info (result, &info);
    for (size_t i = 0; i < info.instances; i++) {
      VclInstance instance = { .struct_size = sizeof instance };
      vcl_result_instance (result, i, &instance);
      printf ("%d %d %d\n", (int) info.frame, (int) instance.track_id, (int) instance.area);
    }
    vcl_result_free (result);
  }
}

static VclStatus
read_frames (VclFrame *frame, unsigned char *pixels, size_t size)
{
  VclStatus status = VCL_OK;
  frame->planes[0] = pixels;
  frame->strides[0] = 3 * frame->width;
  while (status == VCL_OK && fread (pixels, 1, size, stdin) == size)
    status = vcl_engine_push (engine, frame, -1, 1);
  return status == VCL_OK ? vcl_engine_drain (engine) : status;
}

int
main (int argc, char **argv)
{
  VclFrame frame = { .struct_size = sizeof frame, .format = VCL_PIXEL_FORMAT_RGB };
  VclEngineOptions options = { .struct_size = sizeof options, .mode = VCL_DECODE_WHOLE, .progress = show_progress,
    .progress_data = "segmenting"
  };
  VclStatus status;
  unsigned char *pixels;
  size_t size;

  if (argc == 3) {
    frame.width = atoi (argv[1]);
    frame.height = atoi (argv[2]);
  }
  if (frame.width < 1 || frame.height < 1) {
    fprintf (stderr, "usage: whole_video WIDTH HEIGHT < frames.rgb\n");
    return 2;
  }
  size = 3 * (size_t) frame.width * (size_t) frame.height;
  pixels = malloc (size);
  if (pixels == NULL) {
    fprintf (stderr, "whole_video: not enough memory for a frame\n");
    return 1;
  }
  status = vcl_engine_new (&options, &engine);
  if (status == VCL_OK) {
    handle_interrupt (interrupt);
    status = read_frames (&frame, pixels, size);
  }
  if (status == VCL_OK)
    print_results ();
  else
    fprintf (stderr, "\nwhole_video: %s\n", vcl_error_message ());
  handle_interrupt (SIG_DFL);   /* before the engine goes */
  vcl_engine_free (engine);
  free (pixels);
  return status == VCL_OK ? 0 : status == VCL_CANCELLED ? 130 : 1;
}
