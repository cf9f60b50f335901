// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef VCL_VCL_H
#define VCL_VCL_H

#include <stddef.h>
#include <stdint.h>

/// The C API of libvcl. Frames of a video go in, and instances with masks and track ids come out, without GStreamer. It
/// is C99, for C and for every language that calls C. docs/embedding.md has examples in Python and Rust.
/// `pkg-config --cflags --libs libvcl-1.0` prints the compiler's flags.
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
/// Errors: a function that can fail returns a VclStatus. vcl_error_message() then states what is wrong and how to cure
/// it. Null pointers and meaningless values are reported as errors. The caller must ensure two things: a pointer that
/// is not null has its stated type, and a plane has the rows that its frame describes. No C++ exception leaves the
/// library.
///
/// Ownership: *_free frees what *_new or *_take returned, and accepts NULL. What a result points to lives as long as
/// the result. Results may outlive their engine. The library keeps no argument after the call, but for
/// `progress` and `progress_data` of an engine's options.
///
/// Threads: any number of engines may run in any threads. Calls for one engine must not overlap, whichever threads make
/// them; a call during another one is refused with VCL_INVALID. vcl_engine_cancel() is the exception: any thread may
/// call it at any time. No thread may use an engine that another one frees. Models and results never change, so any
/// threads may use one at the same time. All engines share LibTorch's threads: VclEngineOptions.threads of the engine
/// whose call began last counts for the process.
///
/// ABI: structs grow at their end, and functions are added. Enumerations are passed as int, because the size of an enum
/// is not fixed in C. `struct_size` states which fields the caller knows. Set it to sizeof the struct, and all other
/// fields to zero, which is the default of each. A struct with fields that the library does not know is refused unless
/// they are zero.

#ifdef __cplusplus
extern "C" {
#endif

#define VCL_API __attribute__((visibility("default")))

typedef enum VclStatus {
  VCL_OK = 0,
  VCL_NOT_FOUND = 1,    ///< a file or device does not exist
  VCL_UNREADABLE = 2,   ///< a file exists but is corrupt, truncated or not permitted
  VCL_UNSUPPORTED = 3,  ///< the input is well formed, but this build or model cannot handle it
  VCL_INVALID = 4,      ///< an argument or setting is outside its range
  VCL_LIBRARY = 5,      ///< a library (LibTorch, CUDA) is missing or broken
  VCL_RESOURCE = 6,     ///< the disk is full or memory ran out
  VCL_INTERNAL = 7,     ///< none of these: a defect in the library; please report it
  VCL_CANCELLED = 8     ///< vcl_engine_cancel() or a VclProgress ended the call
} VclStatus;

/// Returns the version of the library that runs, such as "0.1.0". The string is static.
VCL_API const char* vcl_version(void);

/// Returns one sentence, in UTF-8, about the latest error of the calling thread, or "" if there was none. The string is
/// valid until the next error of this thread.
VCL_API const char* vcl_error_message(void);

/// Byte order in memory. X is a byte that is ignored; formats with alpha use the same layouts. I420 has the planes Y,
/// U, V. NV12 has the planes Y, UV. Their chroma sides are half of the frame's, rounded up. All other formats have one
/// plane.
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

/// YCbCr to RGB conversion of I420 and NV12 frames.
typedef enum VclColorMatrix { VCL_COLOR_MATRIX_BT601 = 0, VCL_COLOR_MATRIX_BT709 = 1 } VclColorMatrix;

/// A picture. It is read only during the call that it is passed to.
typedef struct VclFrame {
  size_t struct_size;
  int width, height;         ///< at most 2^30 pixels
  int format;                ///< a VclPixelFormat
  int matrix;                ///< a VclColorMatrix, used for I420 and NV12
  int full_range;            ///< used for I420 and NV12; 1: luma is 0 to 255 instead of 16 to 235
  const uint8_t* planes[4];  ///< the first byte of the top row of each plane
  ptrdiff_t strides[4];      ///< bytes from row to row of each plane; negative: rows are stored bottom-up
} VclFrame;

/// How much of a video the decoder sees at once.
typedef enum VclDecodeMode {
  VCL_DECODE_WINDOW = 0,  ///< windows of a few frames, with tracks across them; results come while the video runs
  VCL_DECODE_WHOLE = 1    ///< all frames, as in the paper; results come at the end, from vcl_engine_drain()
} VclDecodeMode;

/// Arithmetic of the network's part that sees single frames.
typedef enum VclPrecision {
  VCL_PRECISION_FP32 = 0,
  VCL_PRECISION_BF16 = 1  ///< faster if the device has instructions for it
} VclPrecision;

/// Whether the network sees how frames move.
typedef enum VclMotion {
  VCL_MOTION_AUTO = 0,  ///< as the model was trained
  VCL_MOTION_OFF = 1    ///< each frame by itself; also removes the frames of latency that looking ahead adds
} VclMotion;

/// Whether a pixel may belong to several instances of a frame.
typedef enum VclOverlap {
  VCL_OVERLAP_AUTO = 0,   ///< the setting in the model file
  VCL_OVERLAP_ALLOW = 1,  ///< it may, as in the paper
  /// It belongs to the instance with the best score; repeats and small stray parts are left out.
  VCL_OVERLAP_FORBID = 2
} VclOverlap;

/// A model in memory, which any number of engines may use.
typedef struct VclModel VclModel;

/// Reports that a long call proceeds: `share` of its work is done. It rises from above 0 to 1. Long calls are
/// vcl_model_new(), vcl_engine_new(), and vcl_engine_drain() in VCL_DECODE_WHOLE. If the model sees motion, a cut in the
/// video makes vcl_engine_push() long too: each shot is decoded by itself, and `share` starts again for each.
///
/// It is called in the thread whose call runs, often many times per second, and should return soon. It returns 0 to go
/// on. Any other value ends the call with VCL_CANCELLED, as vcl_engine_cancel() does. It may call vcl_engine_cancel(),
/// but no other function for the same engine. It may open other models and engines, and must not wait for other threads
/// that do: they may wait for the model that this call loads. It must return: what it throws (C++) ends the call with
/// VCL_CANCELLED, and longjmp() past the library leaves the engine unusable.
typedef int (*VclProgress)(double share, void* data);

/// Options that are fixed for the life of an engine.
typedef struct VclEngineOptions {
  size_t struct_size;
  const char* model;        ///< model file, or a name (docs/models.md); NULL: the default model
  const char* device;       ///< "cpu", "cuda" or "cuda:N", an error if not present; NULL: cuda if present, else cpu
  int threads;              ///< CPU threads of inference, up to 1024; 0: the model's number, or all usable ones
  int mode;                 ///< a VclDecodeMode
  int window;               ///< frames decoded together; 0: the model's number
  int stride;               ///< frames from one window to the next, 1 to window; 0: the model's number
  uint64_t feature_memory;  ///< bytes that VCL_DECODE_WHOLE keeps in memory, the rest in $TMPDIR; 0: 2 GiB
  int precision;            ///< a VclPrecision
  int motion;               ///< a VclMotion
  int pipelined;            ///< 1: wait for one more frame if the model sees motion, so that two processors share the
                            ///< work; the results are the same; used in VCL_DECODE_WINDOW
  const VclModel* shared;   ///< used in place of `model`, `device` and `precision`; NULL: those are used
  VclProgress progress;     ///< called during long calls; NULL: nothing is
  void* progress_data;      ///< passed to `progress`; must be valid as long as the engine
} VclEngineOptions;

/// An engine serves one stream of frames. A result belongs to one frame.
typedef struct VclEngine VclEngine;
typedef struct VclResult VclResult;

/// Loads `model` of the options for their `device` and `precision`; `progress` is called meanwhile, and other options
/// have no effect. Engines whose options name the model as `shared` then open faster and use its memory together. The
/// memory is freed after vcl_model_free() and the last of these engines, in any order, whatever becomes of the file.
/// Engines that name the same unchanged file, device and precision share their model too, as long as one of them lives.
/// `options` may be NULL. `*model` is NULL after an error. Errors are those of vcl_engine_new().
VCL_API VclStatus vcl_model_new(const VclEngineOptions* options, VclModel** model);
VCL_API void vcl_model_free(VclModel* model);

/// Loads the model. The first engine of the process also loads LibTorch, which takes seconds. `options` may be NULL.
/// `*engine` is NULL after an error. The engine module is libvcl-engine beside libvcl, or $VCL_ENGINE_MODULE.
VCL_API VclStatus vcl_engine_new(const VclEngineOptions* options, VclEngine** engine);
VCL_API void vcl_engine_free(VclEngine* engine);

/// Sets the minimum score for a track to be reported, up to 1. A reported track stays down to half of it. Below 0, the
/// default: the model's threshold. This setting and the following four apply from the next frame on.
VCL_API VclStatus vcl_engine_set_threshold(VclEngine* engine, float score);
/// Sets the maximum number of instances per frame, 1 or more, best scores first. The default is 10.
VCL_API VclStatus vcl_engine_set_max_instances(VclEngine* engine, int instances);
/// Sets the minimum mask area of an instance in pixels. The default is 0.
VCL_API VclStatus vcl_engine_set_min_area(VclEngine* engine, uint64_t pixels);
/// Sets the number of frames that an object may be missing and keep its id when it returns (VCL_DECODE_WINDOW only).
/// The default is 30.
VCL_API VclStatus vcl_engine_set_max_age(VclEngine* engine, uint32_t frames);

/// Sets whether a pixel may belong to several instances: a VclOverlap. The default is VCL_OVERLAP_AUTO.
VCL_API VclStatus vcl_engine_set_overlap(VclEngine* engine, int overlap);

/// Writes the maximum number of inferred frames that wait for their result: window - 1, plus the frames that the model
/// looks ahead to see motion. -1: all frames wait for vcl_engine_drain().
VCL_API VclStatus vcl_engine_latency(const VclEngine* engine, int* frames);

/// Takes the next frame of the video. `pts` is its time in nanoseconds, or -1 if unknown. If `infer` is 0, no inference
/// runs and the planes are not read: the frame's result repeats the latest masks and is stale. VCL_INVALID means that
/// the frame is malformed or that its size differs from the previous one (drain first); the engine is unchanged. After
/// any other error the engine is in the state after vcl_engine_reset(), except that results already ready can still be
/// taken.
VCL_API VclStatus vcl_engine_push(VclEngine* engine, const VclFrame* frame, int64_t pts, int infer);

/// Writes the next result that is ready to `*result`: one per frame, in order. The caller frees it with
/// vcl_result_free(). `*result` is NULL if none is ready, and after an error.
VCL_API VclStatus vcl_engine_take(VclEngine* engine, VclResult** result);

/// Ends the video, or the part of it whose frames have one size. The results of all frames that still wait become
/// ready, and all tracks end. Frames pushed later start new tracks. Frame numbers and ids continue. For another video,
/// call vcl_engine_reset() too.
VCL_API VclStatus vcl_engine_drain(VclEngine* engine);

/// Drops all frames that wait and all results that were not taken, and ends all tracks (a seek, another video). `frame`
/// starts at 0 again; ids continue. A cancelled engine takes frames again.
VCL_API VclStatus vcl_engine_reset(VclEngine* engine);

/// Ends the call of vcl_engine_push() or vcl_engine_drain() that runs for the engine: it returns VCL_CANCELLED after the
/// step of the work that it is at (a network run, or a few frames of VCL_DECODE_WHOLE). Until vcl_engine_reset(), all
/// further calls of the two return VCL_CANCELLED too, so nothing is lost if none runs. Frames that waited are dropped,
/// and results that were ready can still be taken. Any thread may call it at any time before vcl_engine_free(), a signal
/// handler too. vcl_model_new() and vcl_engine_new() are ended by their VclProgress.
VCL_API VclStatus vcl_engine_cancel(VclEngine* engine);

VCL_API void vcl_result_free(VclResult* result);

/// The properties of one frame's result.
typedef struct VclResultInfo {
  size_t struct_size;
  uint64_t frame;     ///< counts from 0 since the engine was made or reset
  int64_t pts;        ///< nanoseconds, as pushed
  size_t instances;   ///< number of instances
  int width, height;  ///< pixels of the frame
  int stale;          ///< 1: no inference ran for this frame, and its masks are those of an earlier one
} VclResultInfo;

/// Fills `info`. Set info->struct_size first.
VCL_API VclStatus vcl_result_info(const VclResult* result, VclResultInfo* info);

/// One object in one frame. Boxes and masks are in pixels of the frame.
typedef struct VclInstance {
  size_t struct_size;
  uint64_t track_id;        ///< from 1; an object keeps it; no id is used again after its track ended
  uint64_t area;            ///< pixels of the mask
  float score;              ///< confidence of the track so far, 0 to 1
  int x, y, width, height;  ///< the smallest box that holds the mask: [x, x + width) x [y, y + height)
  int is_new;               ///< 1 in the first frame in which the track is reported
  const char* counts;       ///< the mask as COCO's compressed run lengths, whose "size" is [height, width]
  const uint32_t* runs;     ///< the same as numbers: pixels column by column, background first
  size_t run_count;         ///< number of runs
} VclInstance;

/// Fills `instance`. Set instance->struct_size first. `index` counts from 0, by descending score.
VCL_API VclStatus vcl_result_instance(const VclResult* result, size_t index, VclInstance* instance);

/// Writes the mask as pixels of the whole frame, 0 and 255. A row has `width` bytes, and `stride` is the number of
/// bytes from row to row, at least width. `size` is the number of bytes that `pixels` has room for, at least stride *
/// (height - 1) + width. Bytes between the rows are not changed.
VCL_API VclStatus vcl_result_mask(const VclResult* result, size_t index, uint8_t* pixels, size_t size, size_t stride);

#ifdef __cplusplus
}
#endif

#endif
