// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/run_verbs.hpp"
#include "tools/verbs.hpp"

int main(int argc, char** argv) {
  CLI::App app("Finds, masks and tracks objects in video, trained without labels", "vcl");
  app.set_version_flag("--version", "vcl " VCL_VERSION);
  app.footer("Exit status: 0 if done, 1 if failed or interrupted, 2 for wrong usage");
  app.require_subcommand(1);
  vcl::add_segment(app);
  vcl::add_maskcut(app);
  vcl::add_features(app);
  vcl::add_model(app);
  vcl::add_eval(app);
  return vcl::run_verbs(app, argc, argv);
}
