// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The C API of libvcl from Rust: reads raw RGB frames from standard input, prints the objects of each.
//
//   bindgen "$(pkg-config --variable=includedir libvcl-1.0)/vcl-1.0/vcl/vcl.h" --allowlist-file '.*/vcl\.h' -o vcl.rs
//   rustc segment.rs -L "$(pkg-config --variable=libdir libvcl-1.0)" -l vcl
//   ffmpeg -i in.mp4 -f rawvideo -pix_fmt rgb24 - | ./segment 640 360
#[allow(dead_code, non_camel_case_types, non_upper_case_globals)]
mod vcl; // what bindgen wrote

use std::ffi::CStr;
use std::io::Read;
use std::{env, io, mem, process, ptr, slice};

/// Owns an engine. It may be sent to another thread, but not be used by two at once.
struct Engine(*mut vcl::VclEngine);
unsafe impl Send for Engine {}

/// Owns the result of a frame, which never changes.
struct FrameResult(*mut vcl::VclResult);
unsafe impl Send for FrameResult {}
unsafe impl Sync for FrameResult {}

fn check(status: vcl::VclStatus) -> Result<(), String> {
    if status == vcl::VclStatus_VCL_OK {
        return Ok(());
    }
    Err(unsafe { CStr::from_ptr(vcl::vcl_error_message()) }
        .to_string_lossy()
        .into_owned())
}

impl Engine {
    fn new() -> Result<Engine, String> {
        let mut engine = ptr::null_mut();
        check(unsafe { vcl::vcl_engine_new(ptr::null(), &mut engine) })?;
        Ok(Engine(engine))
    }

    /// `rgb`: rows of 3 * width bytes.
    fn push(&mut self, rgb: &[u8], width: usize) -> Result<(), String> {
        let mut frame: vcl::VclFrame = unsafe { mem::zeroed() };
        frame.struct_size = mem::size_of_val(&frame) as _;
        frame.width = width as i32;
        frame.height = (rgb.len() / (3 * width)) as i32;
        frame.format = vcl::VclPixelFormat_VCL_PIXEL_FORMAT_RGB as i32;
        frame.planes[0] = rgb.as_ptr();
        frame.strides[0] = (3 * width) as _;
        check(unsafe { vcl::vcl_engine_push(self.0, &frame, -1, 1) })
    }

    fn drain(&mut self) -> Result<(), String> {
        check(unsafe { vcl::vcl_engine_drain(self.0) })
    }

    fn take(&mut self) -> Result<Option<FrameResult>, String> {
        let mut result = ptr::null_mut();
        check(unsafe { vcl::vcl_engine_take(self.0, &mut result) })?;
        Ok(if result.is_null() {
            None
        } else {
            Some(FrameResult(result))
        })
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        unsafe { vcl::vcl_engine_free(self.0) }
    }
}

impl FrameResult {
    fn info(&self) -> Result<vcl::VclResultInfo, String> {
        let mut info: vcl::VclResultInfo = unsafe { mem::zeroed() };
        info.struct_size = mem::size_of_val(&info) as _;
        check(unsafe { vcl::vcl_result_info(self.0, &mut info) })?;
        Ok(info)
    }

    fn instance(&self, index: usize) -> Result<vcl::VclInstance, String> {
        let mut instance: vcl::VclInstance = unsafe { mem::zeroed() };
        instance.struct_size = mem::size_of_val(&instance) as _;
        check(unsafe { vcl::vcl_result_instance(self.0, index as _, &mut instance) })?;
        Ok(instance)
    }

    /// The mask's runs: column by column, background first.
    fn runs(&self, index: usize) -> Result<&[u32], String> {
        let instance = self.instance(index)?;
        Ok(unsafe { slice::from_raw_parts(instance.runs, instance.run_count as usize) })
    }
}

impl Drop for FrameResult {
    fn drop(&mut self) {
        unsafe { vcl::vcl_result_free(self.0) }
    }
}

fn print(engine: &mut Engine) -> Result<(), String> {
    while let Some(result) = engine.take()? {
        let info = result.info()?;
        print!("{}", info.frame);
        for i in 0..info.instances as usize {
            let instance = result.instance(i)?;
            print!(
                " {}:{}:{:?}",
                instance.track_id,
                instance.area,
                result.runs(i)?
            );
        }
        println!();
    }
    Ok(())
}

fn run() -> Result<(), String> {
    let sides: Vec<usize> = env::args()
        .skip(1)
        .filter_map(|side| side.parse().ok())
        .collect();
    let [width, height] = sides[..] else {
        return Err("usage: segment WIDTH HEIGHT < frames of RGB".to_string());
    };
    let mut engine = Engine::new()?;
    let mut rgb = vec![0; 3 * width * height];
    while !rgb.is_empty() && io::stdin().read_exact(&mut rgb).is_ok() {
        engine.push(&rgb, width)?;
        print(&mut engine)?;
    }
    engine.drain()?;
    print(&mut engine)
}

fn main() {
    if let Err(message) = run() {
        eprintln!("{message}");
        process::exit(1);
    }
}
