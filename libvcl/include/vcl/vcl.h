// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef VCL_VCL_H
#define VCL_VCL_H

#include <stddef.h>
#include <stdint.h>

/// The C API of libvcl: frames of a video in, instances with masks and track ids out, without GStreamer. C99, for C and
/// for every language that calls C (docs/embedding.md has Python and Rust). `pkg-config --cflags --libs libvcl-1.0`.
///
///     VclEngine* engine = NULL;
///     VclResult* result = NULL;
///     if (vcl_engine_new(NULL, &engine) != VCL_OK) return complain(vcl_error_message());
///     while (next_picture(&frame)) {
///       if (vcl_engine_push(engine, &frame, pts, 1) != VCL_OK) return complain(vcl_error_message());
///       while (vcl_engine_take(engine, &result) == VCL_OK && result != NULL) use_and_free(result);
///     }
///     if (vcl_engine_drain(engine) != VCL_OK) return complain(vcl_error_message());
///     while (vcl_engine_take(engine, &result) == VCL_OK && result != NULL) use_and_free(result);
///     vcl_engine_free(engine);
///
/// Errors: a function that can fail returns a VclStatus; what went wrong, and its cure, is vcl_error_message(). Null
/// and meaningless arguments are errors too; the caller's promises are that a pointer which is not null is what its
/// type says, and that a plane holds the rows which its frame describes. No C++ exception leaves the library.
///
/// Ownership: *_free frees what *_new or *_take gave, and takes NULL. What a result points to lives as long as the
/// result, and results outlive their engine. Nothing that is passed in is kept after the call.
///
/// Threads: calls for one engine must not overlap; any number of engines and any threads are fine. A result never
/// changes: any threads may read it at once.
///
/// ABI: structs grow at their end and functions are added. `struct_size` says what the caller knows: set it to sizeof
/// the struct and the rest to zero, which is each field's default. Fields that a library does not know are refused
/// unless they are zero.

#ifdef __cplusplus
extern "C" {
#endif

#define VCL_API __attribute__((visibility("default")))

typedef enum VclStatus {
  VCL_OK = 0,
  VCL_NOT_FOUND = 1,    ///< a file or device that is not there
  VCL_UNREADABLE = 2,   ///< a file that is there but is corrupt, truncated or not permitted
  VCL_UNSUPPORTED = 3,  ///< well formed, but not something this build or model can do
  VCL_INVALID = 4,      ///< an argument or setting outside its range
  VCL_LIBRARY = 5,      ///< a library (LibTorch, CUDA) that is missing or broken
  VCL_RESOURCE = 6,     ///< disk full, out of memory
  VCL_INTERNAL = 7      ///< none of these: a defect, please report it
} VclStatus;

/// Of the library that runs, such as "0.1.0".
VCL_API const char* vcl_version(void);

/// One sentence about the latest error of the calling thread, UTF-8, valid until its next one; "" before the first.
VCL_API const char* vcl_error_message(void);

/// Byte order in memory; X is a byte to ignore (alpha formats use the same layouts). I420 has the planes Y, U, V, NV12
/// has Y, UV, with chroma sides that are half those of the frame, rounded up; all others have one plane.
typedef enum VclPixelFormat {
  VCL_PIXEL_FORMAT_RGB = 0,
  VCL_PIXEL_FORMAT_BGR = 1,
  VCL_PIXEL_FORMAT_RGBX = 2,
  VCL_PIXEL_FORMAT_BGRX = 3,
  VCL_PIXEL_FORMAT_XRGB = 4,
  VCL_PIXEL_FORMAT_XBGR = 5,
  VCL_PIXEL_FORMAT_GRAY8 = 6,
  VCL_PIXEL_FORMAT_I420 = 7,
  VCL_PIXEL_FORMAT_NV12 = 8
} VclPixelFormat;

typedef enum VclColorMatrix { VCL_COLOR_MATRIX_BT601 = 0, VCL_COLOR_MATRIX_BT709 = 1 } VclColorMatrix;

/// A picture, read only during the call that it is passed to.
typedef struct VclFrame {
  size_t struct_size;
  int width, height;         ///< at most 2^30 pixels
  int format;                ///< a VclPixelFormat
  int matrix;                ///< a VclColorMatrix, of I420 and NV12
  int full_range;            ///< of I420 and NV12: luma from 0 to 255 instead of 16 to 235
  const uint8_t* planes[4];  ///< the first byte of the top row of each plane
  ptrdiff_t strides[4];      ///< bytes from row to row of each plane; negative: the rows lie bottom-up
} VclFrame;

typedef enum VclDecodeMode {
  VCL_DECODE_WINDOW = 0,  ///< windows of a few frames, joined into tracks: results come as it goes
  VCL_DECODE_WHOLE = 1    ///< all frames, as in the paper: results come at the end, from vcl_engine_drain()
} VclDecodeMode;

typedef enum VclPrecision {
  VCL_PRECISION_FP32 = 0,
  VCL_PRECISION_BF16 = 1  ///< of the part for single frames: faster where the device has instructions for it
} VclPrecision;

typedef enum VclMotion {
  VCL_MOTION_AUTO = 0,  ///< a model that was trained to see how frames move is shown it
  VCL_MOTION_OFF = 1    ///< each frame by itself, also without the frames of delay that looking ahead costs
} VclMotion;

typedef enum VclOverlap {
  VCL_OVERLAP_AUTO = 0,   ///< as the model's file says
  VCL_OVERLAP_ALLOW = 1,  ///< a pixel may belong to several instances, as in the paper
  VCL_OVERLAP_FORBID = 2  ///< it belongs to the best scored one that claims it; repeats and crumbs are left out
} VclOverlap;

/// Fixed for the life of an engine.
typedef struct VclEngineOptions {
  size_t struct_size;
  const char* model;        ///< path of a .safetensors model; NULL: the default model
  const char* device;       ///< "cpu", "cuda" or "cuda:N", one that is missing is an error; NULL: cuda if there is one
  int threads;              ///< CPU threads of inference, up to 1024; 0: as the model says, else all usable ones
  int mode;                 ///< a VclDecodeMode
  int window;               ///< frames decoded together; 0: as the model says
  int stride;               ///< frames between windows, 1 to window; 0: as the model says
  uint64_t feature_memory;  ///< bytes that VCL_DECODE_WHOLE keeps in memory, the rest in $TMPDIR; 0: 2 GiB
  int precision;            ///< a VclPrecision
  int motion;               ///< a VclMotion
  int pipelined;            ///< 1: one frame more is held back where the model sees motion, to be sooner done on two
                            ///< processors or more; same results, of VCL_DECODE_WINDOW
} VclEngineOptions;

typedef struct VclEngine VclEngine;
typedef struct VclResult VclResult;

/// Loads the model and, for the first engine of the process, LibTorch: seconds. `options` may be NULL. `*engine` is
/// NULL after an error. The engine module is libvcl-engine beside libvcl, or $VCL_ENGINE_MODULE.
VCL_API VclStatus vcl_engine_new(const VclEngineOptions* options, VclEngine** engine);
VCL_API void vcl_engine_free(VclEngine* engine);

/// These five hold from the next frame on.
/// Least score of a track to be reported, up to 1; it then stays down to half of it. Below 0, the default: the model's.
VCL_API VclStatus vcl_engine_set_threshold(VclEngine* engine, float score);
/// Most instances of a frame, best scores first, 1 or more; 10 by default.
VCL_API VclStatus vcl_engine_set_max_instances(VclEngine* engine, int instances);
/// Least mask pixels of an instance; 0 by default.
VCL_API VclStatus vcl_engine_set_min_area(VclEngine* engine, uint64_t pixels);
/// Most frames that an object may be missing and still have its id when it comes back, of VCL_DECODE_WINDOW; 30 by
/// default.
VCL_API VclStatus vcl_engine_set_max_age(VclEngine* engine, uint32_t frames);

/// Whether a pixel may belong to several instances: a VclOverlap; VCL_OVERLAP_AUTO by default.
VCL_API VclStatus vcl_engine_set_overlap(VclEngine* engine, int overlap);

/// Most inferred frames that are held back before their result comes: window - 1, and those after it that the model
/// looks at to see motion; -1: all, until vcl_engine_drain().
VCL_API VclStatus vcl_engine_latency(const VclEngine* engine, int* frames);

/// Takes the next frame of the video. `pts` is its time in nanoseconds, -1 where unknown. With `infer` 0 no inference
/// runs and the planes are not read: the frame's result repeats the latest masks and is stale. VCL_INVALID, for a frame
/// that does not exist so or has another size than the one before (drain first), changes nothing; after any other error
/// the engine goes on as if reset, and results that were ready stay.
VCL_API VclStatus vcl_engine_push(VclEngine* engine, const VclFrame* frame, int64_t pts, int infer);

/// The next result that is ready, one a frame, in order; `*result` is NULL when there is none, and after an error.
VCL_API VclStatus vcl_engine_take(VclEngine* engine, VclResult** result);

/// Ends the video, or the part of it whose frames have one size: the results of all frames held back become ready, and
/// all tracks end. What is pushed next starts new ones. Frames and ids go on counting; for another video, reset too.
VCL_API VclStatus vcl_engine_drain(VclEngine* engine);

/// Drops all frames held back and all results not taken, and ends all tracks (a seek, another video). `frame` starts at
/// 0 again; ids go on counting.
VCL_API VclStatus vcl_engine_reset(VclEngine* engine);

VCL_API void vcl_result_free(VclResult* result);

/// What is known of a frame.
typedef struct VclResultInfo {
  size_t struct_size;
  uint64_t frame;    ///< counts from 0 since the engine was made or reset
  int64_t pts;       ///< as pushed
  size_t instances;  ///< how many
  int width, height;
  int stale;  ///< 1: no inference ran for this frame, masks are those of an earlier one
} VclResultInfo;

VCL_API VclStatus vcl_result_info(const VclResult* result, VclResultInfo* info);

/// One object in one frame. Boxes and masks are in pixels of the frame.
typedef struct VclInstance {
  size_t struct_size;
  uint64_t track_id;        ///< from 1; the same object keeps it; never used again after the track ends
  uint64_t area;            ///< pixels of the mask
  float score;              ///< confidence of the track so far, 0 to 1
  int x, y, width, height;  ///< the smallest box that holds the mask: [x, x + width) x [y, y + height)
  int is_new;               ///< 1 in the first frame in which the track is reported
  const char* counts;       ///< the mask as COCO's compressed run lengths, "size" being [height, width]
  const uint32_t* runs;     ///< the same as numbers: pixels column by column, background first
  size_t run_count;
} VclInstance;

/// `index` counts from 0, by falling score.
VCL_API VclStatus vcl_result_instance(const VclResult* result, size_t index, VclInstance* instance);

/// Writes the mask as pixels of the whole frame, 0 and 255: `width` bytes a row, from row to row `stride` bytes, at
/// least width. `size` is what `pixels` has room for, at least stride * (height - 1) + width bytes; bytes
/// between the rows stay as they are.
VCL_API VclStatus vcl_result_mask(const VclResult* result, size_t index, uint8_t* pixels, size_t size, size_t stride);

#ifdef __cplusplus
}
#endif

#endif
