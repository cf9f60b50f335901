// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace vcl {

/// Loads the plugin with our elements: from the build tree when the program runs there, else from
/// where it was installed, else from GStreamer's own search path. No environment variable is needed.
/// gst_init first. Throws Error(Library).
void load_plugin();

}  // namespace vcl
