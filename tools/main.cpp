// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>

#include "vcl/error.hpp"
#include "verbs.hpp"

int main(int argc, char** argv) {
  CLI::App app("Finds, masks and tracks objects in video without any label", "vcl");
  app.set_version_flag("--version", "vcl " VCL_VERSION);
  app.footer("Exit status: 0 done, 1 failed or interrupted, 2 wrong usage");
  app.require_subcommand(1);
  vcl::add_segment(app);
  vcl::add_maskcut(app);
  vcl::add_features(app);
  vcl::add_model(app);
  vcl::add_eval(app);
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const vcl::Error& error) {
    fmt::print(stderr, "vcl: {}\n", error.what());
  } catch (const std::exception& error) {
    fmt::print(stderr, "vcl: {}; please report this\n", error.what());
  }
  return 1;
}
