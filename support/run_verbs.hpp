// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "vcl/error.hpp"
#include "vcl/instruction_set.hpp"

namespace vcl {

inline std::vector<const CLI::App*> verbs_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

/// Throws CLI::ParseError for an unknown verb. CLI11 itself would handle --help first.
inline void check_verbs(const CLI::App& app, int argc, char** argv) {
  std::string command = app.get_name();
  std::vector<const CLI::App*> verbs = verbs_of(app);
  for (int i = 1; i < argc && !verbs.empty(); ++i) {
    const std::string word = argv[i];
    if (word.starts_with("-")) continue;  // options before a verb take no values
    const auto verb = std::ranges::find(verbs, word, [](const CLI::App* known) { return known->get_name(); });
    if (verb == verbs.end()) {
      std::string names;
      for (const CLI::App* known : verbs) names += (names.empty() ? "" : ", ") + known->get_name();
      throw CLI::ParseError(command + " has no verb '" + word + "'; its verbs are " + names, 2);
    }
    command += " " + word;
    verbs = verbs_of(**verb);
  }
}

/// Runs the verb of a command line and prints errors. Returns the exit status: 0 success, 1 failure, 2 wrong usage.
inline int run_verbs(CLI::App& app, int argc, char** argv) {
  try {
    usable_instructions();  // refuses an invalid cap before anything is made
    check_verbs(app, argc, argv);
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const Error& error) {
    std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), error.what());
  } catch (const std::filesystem::filesystem_error& error) {
    std::fprintf(stderr, "%s: '%s': %s; check its name and its permissions\n", app.get_name().c_str(),
                 error.path1().c_str(), error.code().message().c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s; please report this\n", app.get_name().c_str(), error.what());
  }
  return 1;
}

}  // namespace vcl
