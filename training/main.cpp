// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/run_verbs.hpp"
#include "training/verbs/verbs.hpp"

int main(int argc, char** argv) {
  CLI::App app("Trains class-agnostic video instance segmentation from photos without labels", "vcl-train");
  app.require_subcommand(1);
#ifdef VCL_HAVE_OPENCV
  vcl::train::add_pack(app);
  vcl::train::add_synthesize(app);
#endif
  vcl::train::add_pretrain(app);
  vcl::train::add_pseudo_label(app);
  vcl::train::add_merge(app);
  vcl::train::add_fit(app);
  vcl::train::add_refine(app);
  vcl::train::add_average(app);
  return vcl::run_verbs(app, argc, argv);
}
