// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/evaluate/report.hpp"

#include <fmt/format.h>
#include <glib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <span>

#include "tools/evaluate/report_pictures.hpp"
#include "tools/evaluate/report_style.hpp"
#include "tools/output.hpp"

namespace vcl {
namespace {

constexpr std::size_t kExhibits = 4;     // of the worst rows, and of the best ones
constexpr std::size_t kMostRows = 1000;  // maximum number of rows in the table
constexpr std::size_t kBins = 20;

/// Escapes any bytes for text between tags or in a quoted attribute.
std::string escaped(const std::string& text) {
  g_autofree char* valid = g_utf8_make_valid(text.data(), gssize(text.size()));
  g_autofree char* safe = g_markup_escape_text(valid, -1);
  return safe;
}

std::string image_tag(const std::vector<unsigned char>& jpeg, Size size, const std::string& alt) {
  g_autofree char* data = g_base64_encode(jpeg.data(), jpeg.size());
  return fmt::format(R"(<img width="{}" height="{}" alt="{}" src="data:image/jpeg;base64,{}">)", size.width,
                     size.height, escaped(alt), data);
}

std::string figure_list(const Evaluation& evaluation) {
  std::string html = "<dl>\n";
  for (const Evaluation::Figure& figure : evaluation.figures)
    html += fmt::format("<div{}><dt>{}</dt><dd>{}</dd></div>\n",
                        &figure == &evaluation.figures.front() ? R"( class="first")" : "", escaped(figure.name),
                        value_text(figure.value, figure.counts));
  return html + "</dl>\n";
}

/// Draws how many rows have which rank, from 0 to 1.
std::string histogram(const Evaluation& evaluation, std::span<const std::size_t> ranked) {
  constexpr double kWidth = 1160, kHeight = 150, kBase = 120, kTop = 16, kBar = kWidth / kBins;
  std::array<std::size_t, kBins> counts{};
  for (const std::size_t row : ranked) {
    const double rank = std::clamp(evaluation.rows[row].second.back(), 0.0, 1.0);
    ++counts[std::min(kBins - 1, std::size_t(rank * kBins))];
  }
  const double most = double(std::ranges::max(counts));
  const std::string& name = evaluation.columns.back().name;
  std::string html = fmt::format(R"(<svg viewBox="0 0 {} {}" role="img" aria-label="{}s by {}">)", kWidth, kHeight,
                                 evaluation.unit, escaped(name));
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    if (counts[bin] == 0) continue;
    const double height = double(counts[bin]) / most * (kBase - kTop), left = double(bin) * kBar;
    html += fmt::format(
        R"(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2"><title>{:.2f} to {:.2f}: {}</title></rect>)",
        left + 2, kBase - height, kBar - 4, height, double(bin) / kBins, double(bin + 1) / kBins, counts[bin]);
    html += fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>)", left + kBar / 2,
                        kBase - height - 4, counts[bin]);
  }
  html += fmt::format(R"(<line x1="0" y1="{0}" x2="{1}" y2="{0}"/>)", kBase, kWidth);
  for (const double tick : {0.0, 0.25, 0.5, 0.75, 1.0})
    html += fmt::format(R"(<text x="{:.1f}" y="{}" text-anchor="{}">{}</text>)", tick * kWidth, kBase + 18,
                        tick == 0   ? "start"
                        : tick == 1 ? "end"
                                    : "middle",
                        tick);
  return html + "</svg>\n";
}

bool has_frames(const Evaluation& evaluation) {
  return evaluation.unit != "image";
}

std::string frame_figure(const FramePictures& frame, const std::string& name, bool numbered) {
  const std::string what = !numbered ? name : fmt::format("{}, frame {}", name, frame.frame);
  const std::string iou = std::isnan(frame.iou) ? "no object" : fmt::format("IoU {:.2f}", frame.iou);
  return fmt::format(
      "<figure>{}\n{}\n<figcaption>{}{}</figcaption></figure>\n",
      image_tag(frame.truth, frame.size, fmt::format("{}: ground truth, objects: {}", what, frame.objects)),
      image_tag(frame.result, frame.size, fmt::format("{}: results: {}, {}", what, frame.found, iou)),
      numbered ? fmt::format("frame {} · ", frame.frame) : "", iou);
}

std::string article(const Evaluation& evaluation, std::size_t row) {
  const std::string& name = evaluation.rows[row].first;
  const std::vector<double>& values = evaluation.rows[row].second;
  const ExhibitPictures pictures = draw(evaluation.exhibit(row));
  std::string html = fmt::format("<article{}><h3>{}</h3>\n<p class=\"values\">",
                                 has_frames(evaluation) ? "" : R"( class="still")", escaped(name));
  const auto value = [&](std::size_t i, const char* kind) {
    html += fmt::format("<span{}>{} <b>{}</b></span>\n", kind, escaped(evaluation.columns[i].name),
                        value_text(values[i], evaluation.columns[i].counts));
  };
  value(values.size() - 1, R"( class="rank")");
  for (std::size_t i = 0; i + 1 < values.size(); ++i) value(i, "");
  html += "</p>\n<div class=\"strip\">\n";
  for (const FramePictures& frame : pictures.frames) html += frame_figure(frame, name, has_frames(evaluation));
  html += "</div>\n";
  if (!pictures.note.empty()) {
    html += fmt::format("<p class=\"note\">Drawn on plain ground: {}</p>\n", escaped(pictures.note));
    fmt::print(stderr, "note: '{}' is drawn on plain ground: {}\n", name, pictures.note);
  }
  return html + "</article>\n";
}

std::string section(const Evaluation& evaluation, const std::string& id, const std::string& title,
                    std::span<const std::size_t> rows) {
  if (rows.empty()) return "";
  std::string html = fmt::format("<section id=\"{}\"><h2>{}</h2>\n", id, title);
  for (const std::size_t row : rows) html += article(evaluation, row);
  return html + "</section>\n";
}

/// Draws the worst rows, and then the best ones with the best first. No row is drawn twice.
std::string exhibits(const Evaluation& evaluation, const std::vector<std::size_t>& ranked) {
  const std::size_t worst = std::min(kExhibits, (ranked.size() + 1) / 2);
  const std::size_t best = std::min(kExhibits, ranked.size() - worst);
  const std::vector<std::size_t> from_best(ranked.rbegin(), ranked.rbegin() + std::ptrdiff_t(best));
  return section(evaluation, "worst", fmt::format("The worst by {}", escaped(evaluation.columns.back().name)),
                 std::span(ranked).first(worst)) +
         section(evaluation, "best", "The best", from_best);
}

std::string table(const Evaluation& evaluation, const std::vector<std::size_t>& ranked) {
  std::vector<std::size_t> rows = ranked;
  for (std::size_t row = 0; row < evaluation.rows.size(); ++row)
    if (std::isnan(evaluation.rows[row].second.back())) rows.push_back(row);
  const std::size_t shown = std::min(rows.size(), kMostRows);
  std::string html = fmt::format(
      "<section id=\"all\"><h2>{} {}s</h2>\n<p class=\"dim\">{}</p>\n", rows.size(), evaluation.unit,
      shown < rows.size() ? fmt::format("The worst {} of them; all are in the JSON file.", shown) : "The worst first.");
  html += fmt::format("<div class=\"card scroll\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">{}</th>",
                      evaluation.unit);
  for (const Evaluation::Column& column : evaluation.columns)
    html += fmt::format("<th scope=\"col\">{}</th>", escaped(column.name));
  html += "</tr></thead>\n<tbody>\n";
  for (const std::size_t row : std::span(rows).first(shown)) {
    const auto& [name, values] = evaluation.rows[row];
    html += fmt::format("<tr><th scope=\"row\">{}</th>", escaped(name));
    for (std::size_t i = 0; i < values.size(); ++i)
      html += fmt::format("<td>{}</td>", value_text(values[i], evaluation.columns[i].counts));
    html += "</tr>\n";
  }
  return html + "</tbody></table></div></section>\n";
}

std::string page(const Evaluation& evaluation, const ReportSources& sources) {
  const std::vector<std::size_t> ranked = ranked_rows(evaluation);
  std::string html =
      fmt::format(R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{0}: {1}</title>
<style>{2}</style></head>
<body><main>
<header><h1>{0}, whatever the classes</h1>
<p class="dim">Results <code>{1}</code> against <code>{3}</code>{4}</p></header>
)",
                  evaluation.title, escaped(sources.results), kReportStyle, escaped(sources.truth),
                  sources.frames.empty() ? "" : fmt::format(", on images of <code>{}</code>", escaped(sources.frames)));
  html += figure_list(evaluation);
  if (!ranked.empty()) {
    html += fmt::format(
        "<section id=\"spread\"><h2>All {}s by {}</h2>\n<p class=\"dim\">Median {:.2f}</p>\n<div "
        "class=\"card\">{}</div></section>\n",
        evaluation.unit, escaped(evaluation.columns.back().name),
        evaluation.rows[ranked[ranked.size() / 2]].second.back(), histogram(evaluation, ranked));
    html += fmt::format(
        "<p class=\"dim\">{} An object and the result that has most of it share a colour{}; gray results have no "
        "object. "
        "White lines: the ground truth.</p>\n",
        has_frames(evaluation) ? "Above the ground truth, below what was found."
                               : "On the left the ground truth, on the right what was found.",
        has_frames(evaluation) ? ", over all frames" : "");
    html += exhibits(evaluation, ranked);
  }
  html += table(evaluation, ranked);
  return html + fmt::format("</main>\n<script>{}</script>\n</body></html>\n", kReportScript);
}

}  // namespace

void write_report(const std::string& path, const Evaluation& evaluation, const ReportSources& sources) {
  replace_output(path, page(evaluation, sources));
}

}  // namespace vcl
