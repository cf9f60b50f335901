// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/segment/segment_inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <new>
#include <optional>

#include "support/stop_signal.hpp"
#include "tools/output.hpp"
#include "tools/segment/result_folders.hpp"
#include "vcl/engine.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

struct Tally {
  std::size_t inputs;
  std::size_t begun = 0, done = 0, failed = 0, skipped = 0;
  std::vector<std::string> failures = {};  // without an error that ends the run, which is printed last

  void fail(const std::string& why) {
    ++failed;
    failures.push_back(why);
  }

  void print(bool quiet) const {
    for (const std::string& failure : failures) fmt::print(stderr, "failed: {}\n", failure);
    if (!quiet)
      fmt::print(stderr, "{} inputs: {} done, {} failed, {} skipped{}\n", inputs, done, failed, skipped,
                 begun < inputs ? fmt::format(", {} not begun", inputs - begun) : "");
  }
};

std::string failure_of(const std::string& name, const std::string& why) {
  return why.find(name) == why.npos ? fmt::format("'{}': {}", name, why) : why;
}

struct Job {
  std::string name;
  std::optional<Input> input;  // empty if it cannot be read
  std::string why, folder;
};

/// Resolves the inputs. Checks that outputs do not overwrite inputs or one another.
std::vector<Job> plan(const SegmentOptions& options, const std::vector<std::string>& names) {
  std::vector<Job> jobs;
  std::vector<Input> inputs;
  for (const std::string& name : names) {
    Job& job = jobs.emplace_back(Job{name, {}, {}, {}});
    try {
      inputs.push_back(resolve_input(name));
      job.input = inputs.back();
      if (job.input->is_remote()) job.name = job.input->name;  // without a password
    } catch (const Error& error) {
      if (names.size() == 1) throw;
      job.why = error.what();
    } catch (const std::filesystem::filesystem_error& error) {
      job.why = fmt::format("'{}': {}; check its name and its permissions", name, error.code().message());
    }
  }
  const std::vector<std::string> folders = result_folders(options.out, inputs);
  check_results(options, inputs, folders);
  make_output_folder(options.out);
  auto folder = folders.begin();
  for (Job& job : jobs)
    if (job.input) job.folder = *folder++;
  return jobs;
}

void segment_into_folder(const SegmentOptions& options, const Job& job, const Tally& tally,
                         const SegmentOne& segment_one) {
  if (!job.input) throw Error(ErrorKind::Unreadable, job.why);
  make_output_folder(job.folder);
  remove_record(job.folder);
  const RunCounts counts =
      segment_one(with_results_in(options, job.folder), *job.input, [&] { tally.print(options.quiet); });
  write_record(job.folder, options, *job.input, counts);
}

EngineOptions model_options(const SegmentOptions& options) {
  EngineOptions engine;
  engine.model = options.model.value_or(engine.model);
  engine.device = options.device.value_or(engine.device);
  engine.precision = options.precision;
  return engine;
}

/// Loads the model for all inputs. All would meet its errors, so these end the run.
std::shared_ptr<const LoadedModel> load_model(const SegmentOptions& options, Tally& tally) {
  try {
    return open_model(model_options(options));
  } catch (const Error&) {
    ++tally.failed;
    tally.print(options.quiet);
    throw;
  }
}

/// Returns the text about an input that failed. Rethrows errors that all inputs would meet, such as
/// no space or no model.
std::string describe(const Error& error, const Job& job, Tally& tally, bool quiet) {
  if (error.kind() == ErrorKind::Resource || error.kind() == ErrorKind::Library) {
    ++tally.failed;
    tally.print(quiet);
    throw error;
  }
  return failure_of(job.name, error.what());
}

void report(const Tally& tally, bool stopped) {
  if (tally.failed == 0) return;
  if (stopped)
    throw Error(ErrorKind::Unreadable, fmt::format("stopped at the input that failed, as listed above; {} of {} inputs "
                                                   "are done or skipped",
                                                   tally.done + tally.skipped, tally.inputs));
  throw Error(ErrorKind::Unreadable,
              fmt::format("{} of {} inputs failed, as listed above; the others are done", tally.failed, tally.inputs));
}

}  // namespace

void segment_inputs(const SegmentOptions& options, const std::vector<std::string>& names,
                    const SegmentOne& segment_one) {
  check_single_results(options, names.size());
  const std::vector<Job> jobs = plan(options, names);
  const bool stops = options.on_error.value_or(OnError::Skip) == OnError::Stop;
  const StopOnSignal stop_on_signal;
  Tally tally{.inputs = jobs.size()};
  std::shared_ptr<const LoadedModel> model;  // stays in memory from input to input
  for (std::size_t i = 0; i < jobs.size() && !StopOnSignal::requested(); ++i) {
    const Job& job = jobs[i];
    ++tally.begun;
    const auto say = [&](const char* what) {
      if (!options.quiet) fmt::print(stderr, "[{}/{}] {}{}\n", i + 1, jobs.size(), job.name, what);
    };
    if (options.skip_existing && job.input && has_complete_results(job.folder, options, *job.input)) {
      ++tally.skipped;
      say(": skipped, its results are complete");
      continue;
    }
    say("");
    const std::size_t failed_before = tally.failed;
    if (!model) model = load_model(options, tally);
    try {
      segment_into_folder(options, job, tally, segment_one);
      ++tally.done;
    } catch (const Error& error) {
      if (!StopOnSignal::requested())
        tally.fail(describe(error, job, tally, options.quiet));
      else if (!options.quiet)
        fmt::print(stderr, "'{}': {}\n", job.name, error.what());
    } catch (const std::bad_alloc&) {
      tally.fail(fmt::format("'{}' needs more memory than there is; make it smaller", job.name));
    }
    if (tally.failed == failed_before) continue;
    say(": failed");
    if (stops) break;
  }
  tally.print(options.quiet);
  const std::size_t passed = tally.done + tally.skipped + tally.failed;
  if (StopOnSignal::requested() && passed < tally.inputs)
    throw Error(ErrorKind::Unreadable,
                fmt::format("interrupted after {} of {} inputs; --skip-existing goes on with the others", passed,
                            tally.inputs));
  report(tally, stops);
}

}  // namespace vcl
