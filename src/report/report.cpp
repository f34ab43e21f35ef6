#include "report/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/sha256.hpp"
#include "report/assets.hpp"
#include "report/escape.hpp"
#include "report/plot_json.hpp"

namespace jt::report {
namespace {

// plotly.js adds its few rules to a style element of this id, if there is one, instead of making its own,
// which the page's policy would refuse. Its text is part of the policy by its hash.
constexpr std::string_view plotly_style = "/* filled by plotly.js */";

struct VerdictLook {
  std::string_view word, style_class, symbol;
};

// Word, colour and symbol: whoever cannot tell the colours, or prints in grey, reads the same.
VerdictLook look(Verdict verdict) {
  constexpr std::string_view tick = R"(<circle cx="24" cy="24" r="22"/><path d="M13 25l8 8 15-17"/>)";
  constexpr std::string_view mark =
      R"(<path class="filled" d="M24 4l22 39H2z"/><path d="M24 18v12M24 36v1"/>)";
  constexpr std::string_view cross =
      R"(<path class="filled" d="M15 2h18l13 13v18L33 46H15L2 33V15z"/><path d="M16 16l16 16M32 16L16 32"/>)";
  switch (verdict) {
    case Verdict::good:
      return {"good", "good", tick};
    case Verdict::check:
      return {"check", "check", mark};
    case Verdict::bad:
      break;
  }
  return {"bad", "bad", cross};
}

std::string source_hash(std::string_view text) { return fmt::format("'sha256-{}'", base64(sha256(text))); }

// Nothing may be loaded, only what stands in the page runs, and of that only what has one of these hashes.
// Pictures are the browser's own (plotly paints images as data: and offers them as blob: for saving).
std::string content_policy() {
  return fmt::format(
      "default-src 'none'; script-src {} {}; style-src {} {}; style-src-attr 'unsafe-inline'; img-src data: "
      "blob:; "
      "base-uri 'none'; form-action 'none'",
      source_hash(plotly_js()), source_hash(report_js()), source_hash(report_css()),
      source_hash(plotly_style));
}

std::string head(const ReportData& data) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<title>{}</title>\n<style>{}</style>\n<style id=\"plotly.js-style-global\">{}</style>\n</head>\n",
      content_policy(), html_escaped(fmt::format("{}: {}", data.title, look(data.verdict).word)),
      report_css(), plotly_style);
}

std::string list(std::string_view style_class, const std::vector<std::string>& items) {
  if (items.empty()) return "";
  std::string out = fmt::format("<ul class=\"{}\">\n", style_class);
  for (const std::string& item : items) out += fmt::format("<li>{}</li>\n", html_escaped(item));
  return out + "</ul>\n";
}

std::string verdict_banner(const ReportData& data) {
  const VerdictLook shown = look(data.verdict);
  return fmt::format(
      "<section class=\"verdict {}\" aria-label=\"verdict\">\n"
      "<svg class=\"symbol\" viewBox=\"0 0 48 48\" aria-hidden=\"true\">{}</svg>\n"
      "<div>\n<p class=\"word\">{}</p>\n<p class=\"sentence\">{}</p>\n{}</div>\n</section>\n",
      shown.style_class, shown.symbol, shown.word, html_escaped(data.verdict_words),
      list("reasons", data.reasons));
}

std::string warnings(const ReportData& data) {
  if (data.warnings.empty()) return "";
  return fmt::format("<section class=\"warnings\">\n<h2>{}</h2>\n{}</section>\n",
                     data.warnings.size() == 1 ? "Warning" : "Warnings", list("", data.warnings));
}

std::string headline(const ReportData& data) {
  if (data.headline.empty()) return "";
  std::string out = "<section class=\"headline\" aria-label=\"main numbers\">\n";
  for (const Fact& fact : data.headline)
    out += fmt::format(
        "<div class=\"number\"><p class=\"name\">{}</p><p class=\"value\">{}</p><p "
        "class=\"note\">{}</p></div>\n",
        html_escaped(fact.name), html_escaped(fact.value), html_escaped(fact.note));
  return out + "</section>\n";
}

std::size_t points_outside(const Series& plot) {
  const auto range = range_of(plot.y, Range::bulk);
  if (!range) return 0;
  return static_cast<std::size_t>(std::count_if(plot.y.begin(), plot.y.end(), [&](double y) {
    return std::isfinite(y) && (y < range->low || y > range->high);
  }));
}

std::string outside_in_words(std::size_t count, std::string_view remedy) {
  if (count == 0) return "";
  return fmt::format(" {} {} beyond what is shown{}.", count, count == 1 ? "shot lies" : "shots lie", remedy);
}

// What the picture leaves out, said below it.
std::string omissions(const Plot& plot) {
  if (const auto* histogram = std::get_if<Histogram>(&plot)) return outside_in_words(histogram->outside, "");
  if (const auto* series = std::get_if<Series>(&plot))
    return outside_in_words(points_outside(*series), "; a double click shows all");
  const auto* image = std::get_if<Image>(&plot);
  const std::size_t factor = image == nullptr ? 1 : page_factor(*image);
  if (factor == 1) return "";
  return fmt::format(
      " The picture is reduced for this page: each of its pixels is the mean of {0} x {0} detector pixels.",
      factor);
}

std::string figure(const Plot& plot, std::size_t index) {
  const char* wide = std::holds_alternative<Series>(plot) ? " wide" : "";
  const char* kind = std::holds_alternative<Image>(plot) ? " image" : "";
  return fmt::format(
      "<figure class=\"plot{}{}\">\n<h3>{}</h3>\n<div class=\"canvas\" id=\"plot-{}\" role=\"img\" "
      "aria-label=\"{}\"></div>\n"
      "<figcaption>{}</figcaption>\n</figure>\n",
      wide, kind, html_escaped(frame_of(plot).title), index, html_escaped(frame_of(plot).title),
      html_escaped(frame_of(plot).caption) + omissions(plot));
}

std::string sections(const ReportData& data) {
  std::string out;
  std::size_t index = 0;
  for (const Section& section : data.sections) {
    out += fmt::format("<section class=\"plots\">\n<h2>{}</h2>\n", html_escaped(section.heading));
    if (!section.words.empty())
      out += fmt::format("<p class=\"words\">{}</p>\n", html_escaped(section.words));
    out += "<div class=\"grid\">\n";
    for (const Plot& plot : section.plots) out += figure(plot, index++);
    out += "</div>\n</section>\n";
  }
  return out;
}

std::string table(const Table& table) {
  std::string out = fmt::format("<section class=\"table\">\n<h2>{}</h2>\n", html_escaped(table.heading));
  if (!table.words.empty()) out += fmt::format("<p class=\"words\">{}</p>\n", html_escaped(table.words));
  out += "<table>\n";
  for (const Fact& row : table.rows)
    out += fmt::format(
        "<tr><th scope=\"row\">{}</th><td class=\"value\">{}</td><td class=\"note\">{}</td></tr>\n",
        html_escaped(row.name), html_escaped(row.value), html_escaped(row.note));
  return out + "</table>\n</section>\n";
}

std::string tables(const ReportData& data) {
  std::string out = "<div class=\"tables\">\n";
  for (const Table& one : data.tables) out += table(one);
  return out + "</div>\n";
}

std::string plot_data(const ReportData& data) {
  nlohmann::json plots = nlohmann::json::array();
  for (const Section& section : data.sections)
    for (const Plot& plot : section.plots) plots.push_back(plot_json(plot));
  const nlohmann::json all = {{"file_name", data.title}, {"plots", std::move(plots)}};
  return script_safe(all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string scripts(const ReportData& data) {
  std::string out =
      "<script type=\"application/json\" id=\"report-data\">" + plot_data(data) + "</script>\n<script>";
  out += plotly_js();
  out += "</script>\n<script>";
  out += report_js();
  return out + "</script>\n";
}

}  // namespace

std::string html(const ReportData& data) {
  std::string page = head(data);
  page += fmt::format("<body>\n<main>\n<header>\n<h1>{}</h1>\n<p class=\"subtitle\">{}</p>\n</header>\n",
                      html_escaped(data.title), html_escaped(data.subtitle));
  page += verdict_banner(data);
  page += headline(data);
  page += warnings(data);
  page +=
      "<noscript><p class=\"words\">The plots need JavaScript; the numbers on this page do "
      "not.</p></noscript>\n";
  page += sections(data);
  page += tables(data);
  page += fmt::format("<footer>{}</footer>\n</main>\n", html_escaped(data.footer));
  page += scripts(data);
  return page + "</body>\n</html>\n";
}

}  // namespace jt::report
