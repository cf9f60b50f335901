// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/report/html_report.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/json_text.hpp"
#include "support/whole_file.hpp"
#include "training/report/curves.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

constexpr const char* kStyle =
    "body{font:14px/1.5 system-ui,sans-serif;max-width:1160px;margin:24px auto;padding:0 16px;color:#222}"
    "h1{font-size:20px}h2{font-size:16px;margin-top:28px}table{border-collapse:collapse}"
    "td,th{padding:2px 14px 2px 0;text-align:left;vertical-align:top}th{font-weight:600}"
    ".plots{display:flex;flex-wrap:wrap;gap:12px}svg{width:372px;height:210px}svg text{font-size:11px;fill:#444}"
    "img{max-width:100%}";

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  return out;
}

std::string read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string base64(const std::string& bytes) {
  constexpr const char* kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? std::uint8_t(bytes[i + k]) : std::uint8_t(0));
    for (int k = 3; k >= 0; --k) out += kDigits[group >> (6 * k) & 63];
  }
  const std::size_t padding = (3 - bytes.size() % 3) % 3;
  out.replace(out.size() - padding, padding, padding, '=');
  return out;
}

std::string number(double value, int digits = 4) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  return text;
}

std::string cell(const nlohmann::json& value) {
  return escaped(value.is_string()         ? value.get<std::string>()
                 : value.is_number_float() ? number(value)
                                           : json_text(value));
}

std::string row(const std::string& name, const std::string& cell) {
  return "<tr><th>" + escaped(name) + "</th><td>" + cell + "</td></tr>\n";
}

/// Returns a panel of 372x210 with the curve's name, its range and, if it is noisy, its running mean.
std::string panel(const Curve& curve) {
  constexpr double kLeft = 56, kTop = 22, kWidth = 306, kHeight = 158;
  constexpr std::size_t kMostPoints = 1000;
  const CurveRange range = range_of(curve);
  const auto x = [&](double value) {
    return number(kLeft + (value - range.left) / (range.right - range.left) * kWidth);
  };
  const auto y = [&](double value) {
    const double share = (value - range.bottom) / (range.top - range.bottom);
    return number(kTop + (1 - std::clamp(share, 0.0, 1.0)) * kHeight);
  };
  const auto line = [&](const std::vector<double>& values, const char* colour, const char* width) {
    const std::size_t every = 1 + values.size() / kMostPoints;
    std::string points;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (i % every == 0 || i + 1 == values.size()) points += x(curve.x[i]) + "," + y(values[i]) + " ";
    return "<polyline fill=\"none\" stroke=\"" + std::string(colour) + "\" stroke-width=\"" + width +
           "\" stroke-linejoin=\"round\" points=\"" + points + "\"/>\n";
  };
  const auto text = [](double x, double y, const char* anchor, const std::string& what) {
    return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor + "\">" + escaped(what) +
           "</text>\n";
  };
  std::string svg = "<svg viewBox=\"0 0 372 210\" role=\"img\" aria-label=\"" + escaped(curve.name) + "\">\n";
  svg += "<rect x=\"56\" y=\"22\" width=\"306\" height=\"158\" fill=\"#fafafa\" stroke=\"#ccc\"/>\n";
  svg += text(kLeft, 14, "start", curve.name + ": " + number(curve.y.back()));
  for (const double share : {0.0, 0.5, 1.0}) {
    svg += text(kLeft - 5, kTop + (1 - share) * kHeight + 4, "end",
                number(range.bottom + share * (range.top - range.bottom), 3));
    svg += text(kLeft + share * kWidth, kTop + kHeight + 15,
                share == 0  ? "start"
                : share < 1 ? "middle"
                            : "end",
                number(range.left + share * (range.right - range.left)));
  }
  svg += line(curve.y, curve.smooth ? "#aacbe9" : "#145fb4", curve.smooth ? "1" : "2");
  if (curve.smooth) svg += line(running_mean(curve.y), "#145fb4", "2");
  return svg + "</svg>\n";
}

/// Returns table rows with the last value of everything in the log.
std::string latest(const std::vector<nlohmann::json>& lines) {
  nlohmann::json values = nlohmann::json::object();
  for (const nlohmann::json& line : lines) values.update(line);
  std::string rows;
  for (const auto& [key, value] : values.items()) rows += row(key, cell(value));
  return rows;
}

std::string settings_rows(const std::string& path) {
  const nlohmann::json settings = nlohmann::json::parse(read_bytes(path), nullptr, false);
  std::string rows;
  if (settings.is_object())
    for (const auto& [key, value] : settings.items()) rows += row(key, cell(value));
  return rows;
}

}  // namespace

void write_html_report(const std::string& folder, const std::vector<nlohmann::json>& lines) {
  const std::string title = escaped(std::filesystem::path(folder + "/").parent_path().filename().string());
  std::string page = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + title +
                     "</title>\n<style>" + kStyle + "</style></head><body>\n<h1>Training " + title + "</h1>\n";
  page += "<h2>Latest</h2>\n<table>\n" + latest(lines) + "</table>\n";
  page += "<h2>Curves over the steps</h2>\n<div class=\"plots\">\n";
  for (const Curve& curve : curves_of(lines)) page += panel(curve);
  page += "</div>\n";
  const std::string examples = read_bytes(folder + "/examples.png");
  if (!examples.empty())
    page +=
        "<h2>Held-out examples</h2>\n<img alt=\"held-out photos with what the network found\" "
        "src=\"data:image/png;base64," +
        base64(examples) + "\">\n";
  page += "<h2>Settings</h2>\n<table>\n" + settings_rows(folder + "/settings.json") + "</table>\n</body></html>\n";
  write_whole_file(folder + "/report.html", page);
}

}  // namespace vcl::train
