#include "report/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <regex>

#include "report/assets.hpp"
#include "sample_report_data.hpp"

namespace {

using namespace jt::report;
using jt::test::sample_report_data;
using testing::HasSubstr;
using testing::Not;

std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

// The page without what others wrote (plotly.js) or what is data.
std::string without(std::string page, std::string_view part) {
  const std::size_t at = page.find(part);
  EXPECT_NE(at, std::string::npos);
  return at == std::string::npos ? page : page.erase(at, part.size());
}

std::string data_block(const std::string& page) {
  constexpr std::string_view begin = "<script type=\"application/json\" id=\"report-data\">";
  const std::size_t at = page.find(begin) + begin.size();
  return page.substr(at, page.find("</script>", at) - at);
}

// Markup alone: the contents of script and style elements are taken out.
std::string markup_of(const std::string& page) {
  std::string rest = without(without(without(page, plotly_js()), report_js()), report_css());
  return without(rest, data_block(rest));
}

TEST(report, the_verdict_comes_first_as_a_word_a_colour_and_a_symbol) {
  for (const auto& [verdict, word] :
       {std::pair{Verdict::good, "good"}, {Verdict::check, "check"}, {Verdict::bad, "bad"}}) {
    const std::string markup = markup_of(html(sample_report_data(verdict)));
    const std::size_t banner = markup.find("<section class=\"verdict " + std::string(word));
    ASSERT_NE(banner, std::string::npos);
    EXPECT_THAT(markup.substr(banner, 200), HasSubstr("<svg class=\"symbol\""));
    EXPECT_THAT(markup, HasSubstr("<p class=\"word\">" + std::string(word)));
    EXPECT_LT(banner, markup.find("<section class=\"headline\""));
    EXPECT_LT(banner, markup.find("<figure"));
    EXPECT_LT(banner, markup.find("<table"));
  }
}

TEST(report, reasons_warnings_numbers_and_tables_are_in_the_page) {
  const std::string markup = markup_of(html(sample_report_data(Verdict::check)));
  EXPECT_THAT(markup, HasSubstr("<li>the ratio drifted by 11 % within the run</li>"));
  EXPECT_THAT(markup, HasSubstr("<h2>Warnings</h2>"));
  EXPECT_THAT(markup, HasSubstr("<p class=\"value\">21.62 \u00b1 0.03 px</p>"));
  EXPECT_THAT(markup, HasSubstr("<th scope=\"row\">i0 below the cut</th><td class=\"value\">41</td>"));
}

TEST(report, its_policy_forbids_to_load_anything_and_stands_before_everything_else) {
  const std::string markup = markup_of(html(sample_report_data(Verdict::good)));
  const std::regex meta("<meta http-equiv=\"Content-Security-Policy\" content=\"([^\"]*)\">");
  std::smatch found;
  ASSERT_TRUE(std::regex_search(markup, found, meta));
  const std::string policy = found[1];
  EXPECT_THAT(policy, testing::StartsWith("default-src 'none'; script-src 'sha256-"));
  EXPECT_THAT(policy, HasSubstr("img-src data: blob:; base-uri 'none'; form-action 'none'"));
  EXPECT_THAT(policy.substr(0, policy.find("style-src")), Not(HasSubstr("unsafe")));
  for (const char* forbidden : {"http", "*", "'self'", "unsafe-eval", "connect-src"})
    EXPECT_THAT(policy, Not(HasSubstr(forbidden)));
  EXPECT_LT(markup.find("Content-Security-Policy"), std::min(markup.find("<script"), markup.find("<style")));
}

TEST(report, nothing_outside_plotly_names_an_address_on_the_network) {
  const std::string page = without(html(sample_report_data(Verdict::bad)), plotly_js());
  EXPECT_EQ(count_of(page, "http://") + count_of(page, "https://"), 0u);
  const std::string markup = markup_of(html(sample_report_data(Verdict::bad)));
  for (const char* loading :
       {" src=", " href=", "url(", "@import", "<link", "<iframe", "<object", "<embed", "<base"})
    EXPECT_THAT(markup, Not(HasSubstr(loading)));
  EXPECT_THAT(std::string(report_css()), Not(HasSubstr("url(")));
  EXPECT_THAT(std::string(report_css()), Not(HasSubstr("@import")));
}

TEST(report, plotly_keeps_its_licence) {
  EXPECT_THAT(std::string(plotly_js().substr(0, 300)), HasSubstr("Licensed under the MIT license"));
  EXPECT_THAT(html(sample_report_data(Verdict::good)), HasSubstr("Copyright 2012-"));
}

// Names come out of files: every text of the report is hostile here.
ReportData hostile_data() {
  const std::string evil =
      "</script></title></style><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\xff\xc3";
  ReportData data;
  data.title = data.subtitle = data.verdict_words = data.footer = evil;
  data.reasons = data.warnings = {evil};
  data.headline = {{evil, evil, evil}};
  data.tables = {{evil, evil, {{evil, evil, evil}}}};
  Histogram histogram = histogram_of(std::vector<double>{1, 2, 3}, 3);
  histogram.frame = {evil, evil, evil, evil};
  histogram.kept = Span{1, 2};
  histogram.kept_name = histogram.rest_name = evil;
  histogram.marks = {{2, evil}};
  Image image;
  image.frame = histogram.frame;
  image.value_name = evil;
  image.rows = image.cols = 1;
  image.pixels = {1};
  image.circles = {{0, 0, 1, evil}};
  image.center_x = Mark{0, evil};
  data.sections = {{evil, evil, {histogram, image}}};
  return data;
}

TEST(report, hostile_names_stay_text) {
  const std::string page = html(hostile_data());
  const std::string markup = markup_of(page);
  EXPECT_EQ(count_of(markup, "<script"), 3u);  // data, plotly.js, report.js
  EXPECT_EQ(count_of(markup, "</script"), 3u);
  EXPECT_EQ(count_of(markup, "<img"), 0u);
  EXPECT_THAT(markup, HasSubstr("&lt;img src=x onerror=alert(2)&gt;&quot;&#39;&amp;\uFFFD\uFFFD"));
  EXPECT_THAT(data_block(page), Not(HasSubstr("<")));
  const auto data = nlohmann::json::parse(data_block(page));
  EXPECT_THAT(data["plots"][0]["x_name"].get<std::string>(),
              HasSubstr("</script></title>"));  // and is still itself
}

// Every element that opens closes, in order; the few void elements do not.
TEST(report, its_markup_is_balanced) {
  for (const ReportData& data : {sample_report_data(Verdict::check), hostile_data(), ReportData{}}) {
    const std::string markup = markup_of(html(data));
    const std::regex tag("<(/?)([a-z][a-z0-9]*)([^>]*)>");
    std::vector<std::string> open;
    for (std::sregex_iterator it(markup.begin(), markup.end(), tag), end; it != end; ++it) {
      const std::string name = (*it)[2], rest = (*it)[3];
      if (name == "meta" || rest.ends_with("/")) continue;
      if ((*it)[1].length() == 0) {
        open.push_back(name);
      } else {
        ASSERT_FALSE(open.empty()) << name;
        ASSERT_EQ(open.back(), name);
        open.pop_back();
      }
    }
    EXPECT_TRUE(open.empty());
  }
  EXPECT_EQ(count_of(report_css(), "{"), count_of(report_css(), "}"));
  EXPECT_EQ(count_of(report_js(), "{"), count_of(report_js(), "}"));
  EXPECT_EQ(count_of(report_js(), "("), count_of(report_js(), ")"));
}

TEST(report, it_stays_near_the_size_of_plotly_even_for_a_large_detector) {
  EXPECT_LT(html(sample_report_data(Verdict::good)).size(), 1'700'000u);
  EXPECT_LT(html(sample_report_data(Verdict::bad)).size(), 2'400'000u);  // 1920 x 1920 pixels
}

TEST(report, a_reduced_picture_and_points_beyond_the_axis_are_told_in_the_caption) {
  EXPECT_THAT(html(sample_report_data(Verdict::bad)),
              HasSubstr("each of its pixels is the mean of 4 x 4 detector pixels."));
  Series series;
  for (int i = 0; i < 100; ++i) {
    series.x.push_back(i);
    series.y.push_back(i % 10);
  }
  series.y[50] = 1e9;
  ReportData data;
  data.sections = {{"s", "", {series}}};
  EXPECT_THAT(html(data), HasSubstr("1 shot lies beyond what is shown; a double click shows all."));
}

TEST(report, empty_plots_and_plots_of_nothing_but_gaps_make_a_page) {
  const double gap = std::numeric_limits<double>::quiet_NaN();
  Profile gaps;
  gaps.x = {0, 1};
  gaps.y = {gap, gap};
  ReportData data;
  data.sections = {{"s", "", {Histogram{}, Profile{}, Histogram2d{}, Series{}, Image{}, gaps}}};
  EXPECT_EQ(nlohmann::json::parse(data_block(html(data)))["plots"].size(), 6u);
}

}  // namespace
