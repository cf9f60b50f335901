// SPDX-License-Identifier: LGPL-2.1-or-later
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "training/verbs/verbs.hpp"
#include "vcl/error.hpp"
#include "vcl/instruction_set.hpp"

int main(int argc, char** argv) {
  CLI::App app("vcl-train: trains class-agnostic video instance segmentation from photos without labels");
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
  try {
    vcl::usable_instructions();  // a cap that is not one is refused before anything is made
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const vcl::Error& error) {
    std::fprintf(stderr, "vcl-train: %s\n", error.what());
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "vcl-train: unexpected failure: %s\n", error.what());
    return 1;
  }
  return 0;
}
