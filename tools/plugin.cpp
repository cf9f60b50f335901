// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/plugin.hpp"

#include <fmt/format.h>
#include <gst/gst.h>

#include <filesystem>

#include "vcl/error.hpp"

namespace vcl {
namespace fs = std::filesystem;

void load_plugin() {
  // Both are relative to the program, so a moved prefix (or DESTDIR) still works.
  const fs::path here = fs::read_symlink("/proc/self/exe").parent_path();
  for (const char* place : {"../plugins", VCL_PLUGIN_DIR_FROM_BIN}) {
    const fs::path file = here / place / "libgstvcl.so";
    if (!fs::exists(file)) continue;
    g_autoptr(GError) error = nullptr;
    g_autoptr(GstPlugin) plugin = gst_plugin_load_file(file.c_str(), &error);
    if (plugin) return;
    throw Error(ErrorKind::Library, fmt::format("cannot load '{}': {}; build or install it again",
                                                file.lexically_normal().string(), error->message));
  }
  g_autoptr(GstElementFactory) factory = gst_element_factory_find("vcl-vis-segment");
  if (!factory)
    throw Error(ErrorKind::Library,
                "the GStreamer plugin libgstvcl.so was not found beside this program or in "
                "GStreamer's plugin folders; install it or set GST_PLUGIN_PATH");
}

}  // namespace vcl
