// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/report/report.hpp"

#include <unistd.h>

#include <cstdio>

#include "support/json_text.hpp"
#include "support/whole_file.hpp"
#include "training/report/html_report.hpp"
#include "training/report/plots.hpp"
#include "vcl/error.hpp"

namespace vcl::train {

Report::Report(const std::string& folder, std::int64_t from_step)
    : folder_(folder), terminal_(isatty(STDERR_FILENO) != 0) {
  const std::string path = folder + "/log.jsonl";
  std::ifstream old(path);
  for (std::string text; std::getline(old, text);) {
    nlohmann::json line = nlohmann::json::parse(text, nullptr, false);
    if (from_step > 0 && line.is_object() && line.value("step", from_step + 1) <= from_step)
      lines_.push_back(std::move(line));
  }
  old.close();
  std::string kept;
  for (const nlohmann::json& line : lines_) kept += json_text(line) + '\n';
  write_whole_file(path, kept);  // keeps the history even if the run is killed now
  log_.open(path, std::ios::app);
  if (!log_)
    throw Error(ErrorKind::Resource, "cannot write " + path + ": is the folder writable and the disk not full?");
}

void Report::write(const nlohmann::json& line) {
  log_ << json_text(line) << std::endl;  // flushed, because people follow the log with tail
  lines_.push_back(line);
}

void Report::step(const StepReport& report) {
  constexpr double kMuchWaiting = 0.1;
  std::string more;
  if (report.waiting > kMuchWaiting)
    more += ", waiting for data " + std::to_string(int(100 * report.waiting)) + " %: more --workers";
  if (report.skipped > 0) more += ", skipped " + std::to_string(report.skipped);
  char number[32];
  std::snprintf(number, sizeof number, ", moves %.3f", report.moves);
  const std::string moves = report.moves > 0 ? number : "";
  char text[256];
  std::snprintf(text, sizeof text,
                "step %lld  loss %.3f (class %.3f, mask %.3f, dice %.3f%s)  %.1f samples/s  %d:%02d left%s",
                static_cast<long long>(report.step), report.loss, report.classes, report.mask, report.dice,
                moves.c_str(), report.samples_per_second, int(report.left) / 60, int(report.left) % 60, more.c_str());
  step({{"step", report.step},
        {"seconds", report.seconds},
        {"loss", report.loss},
        {"class", report.classes},
        {"mask", report.mask},
        {"dice", report.dice},
        {"moves", report.moves},
        {"lr", report.learning_rate},
        {"gradient_norm", report.gradient_norm},
        {"samples_per_second", report.samples_per_second},
        {"waiting", report.waiting},
        {"skipped", report.skipped}},
       text);
}

void Report::step(const nlohmann::json& values, const std::string& text) {
  write(values);
  const auto now = std::chrono::steady_clock::now();
  if (now - shown_ < std::chrono::seconds(terminal_ ? 1 : 30)) return;
  shown_ = now;
  std::fprintf(stderr, "%s%s%s", terminal_ ? "\r" : "", text.c_str(), terminal_ ? "   " : "\n");
}

void Report::validation(std::int64_t step, double seconds, const nlohmann::json& values) {
  if (!values.empty()) {  // empty if nothing is held out
    nlohmann::json line = values;
    line["step"] = step;
    line["seconds"] = seconds;
    write(line);
  }
  write_html_report(folder_, lines_);
  if (!values.empty()) std::fprintf(stderr, "%sheld out: %s\n", terminal_ ? "\n" : "", json_text(values).c_str());
}

void Report::flush() {
  log_.flush();
  if (!log_) throw Error(ErrorKind::Resource, "cannot write " + folder_ + "/log.jsonl: is the disk full?");
#ifdef VCL_HAVE_OPENCV
  write_plot(folder_ + "/loss.png", curves_of(lines_), "step");
#endif
}

}  // namespace vcl::train
