// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace vcl {

/// Loads the plugin with our elements: from the build folder if the program runs there, else from where it was
/// installed, else from GStreamer's search path. It needs no environment variable. Call gst_init first. Throws
/// Error(Library).
void load_plugin();

}  // namespace vcl
