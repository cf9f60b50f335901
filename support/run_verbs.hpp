// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <fcntl.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <utility>
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

/// Adds to every number option what CLI11 leaves out: its ranges include NaN, and unsigned numbers wrap below 0.
inline void check_numbers(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    const std::string type = option->get_type_name();
    if (type.starts_with("FLOAT"))
      option->check([](const std::string& text) {
        double number = 0;
        const bool is_nan = CLI::detail::lexical_cast(text, number) && std::isnan(number);
        return is_nan ? "'" + text + "' is not a number" : std::string();
      });
    if (type.starts_with("UINT"))
      option->check(
          [](const std::string& text) { return text.starts_with("-") ? "'" + text + "' is negative" : std::string(); });
  }
  for (CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) check_numbers(*verb);
}

/// Opens standard streams that the caller closed, so that no file or socket gets their numbers. Input and output are
/// opened the wrong way round: using them is an error, not a loss.
inline void open_closed_streams() {
  for (const auto& [stream, mode] : {std::pair{0, O_WRONLY}, {1, O_RDONLY}, {2, O_WRONLY}})
    if (fcntl(stream, F_GETFD) == -1) (void)!open("/dev/null", mode);  // gets the lowest free number, which is this one
}

/// Runs the verb of a command line and prints errors. Returns the exit status: 0 success, 1 failure, 2 wrong usage.
inline int run_verbs(CLI::App& app, int argc, char** argv) {
  open_closed_streams();
  check_numbers(app);
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
