// Reports opened in headless Chromium, where there is one: do the plots draw, and does the policy hold?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <limits>

#include "report/report.hpp"
#include "sample_report_data.hpp"
#include "support/support.hpp"

namespace {

using namespace jt::report;
using jt::test::sample_report_data;
using testing::HasSubstr;
using testing::Not;

bool have_chromium() { return std::system("command -v chromium >/dev/null 2>&1") == 0; }

#define JT_NEEDS_CHROMIUM() \
  if (!have_chromium()) GTEST_SKIP() << "chromium is not installed: the look into a browser is skipped"

struct Opened {
  std::string dom;       // after all scripts ran
  std::string messages;  // of the browser's console
};

Opened open_in_browser(const std::string& page) {
  const jt::test::TempDir dir;
  jt::test::write_text(dir.path() / "report.html", page);
  const std::string command =
      "timeout 600 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
      "--disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage "
      "--virtual-time-budget=3000 --enable-logging=stderr --dump-dom --user-data-dir='" +
      (dir.path() / "profile").string() + "' 'file://" + (dir.path() / "report.html").string() + "' >'" +
      (dir.path() / "dom").string() + "' 2>'" + (dir.path() / "err").string() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0);
  Opened opened{jt::test::read_text(dir.path() / "dom"), ""};
  std::string line;
  for (const char c : jt::test::read_text(dir.path() / "err")) {
    line += c;
    if (c != '\n') continue;
    if (line.find("CONSOLE") != std::string::npos) opened.messages += line;
    line.clear();
  }
  return opened;
}

TEST(browser, every_plot_is_drawn_and_the_policy_has_nothing_to_refuse) {
  JT_NEEDS_CHROMIUM();
  const Opened opened = open_in_browser(html(sample_report_data(Verdict::bad)));
  EXPECT_THAT(opened.dom, HasSubstr("data-plots-drawn=\"8 of 8\""));
  EXPECT_THAT(opened.dom, HasSubstr("class=\"main-svg\""));
  EXPECT_EQ(opened.messages, "");
}

TEST(browser, gaps_and_empty_plots_are_drawn_too) {
  JT_NEEDS_CHROMIUM();
  const double gap = std::numeric_limits<double>::quiet_NaN();
  Profile gaps;
  gaps.x = {0, 1};
  gaps.y = {gap, gap};
  Series one;
  one.x = {1};
  one.y = {2};
  ReportData data;
  data.sections = {{"s", "", {Histogram{}, Profile{}, Histogram2d{}, Series{}, Image{}, gaps, one}}};
  EXPECT_THAT(open_in_browser(html(data)).dom, HasSubstr("data-plots-drawn=\"7 of 7\""));
}

TEST(browser, a_name_that_tries_to_run_or_to_load_something_does_neither) {
  JT_NEEDS_CHROMIUM();
  const std::string evil =
      "</script><script>document.documentElement.dataset.owned='1'</script>"
      "<img src='http://127.0.0.1:9/x.png' onerror=\"document.documentElement.dataset.owned='2'\">"
      "<a href=\"javascript:document.title='owned'\">x</a>";
  ReportData data = sample_report_data(Verdict::good);
  data.title = data.subtitle = evil;
  for (Plot& plot : data.sections[0].plots)
    std::visit([&](auto& one) { one.frame = {evil, evil, evil, evil}; }, plot);
  std::get<Profile>(data.sections[0].plots[0]).curve_name = evil;
  const Opened opened = open_in_browser(html(data));
  EXPECT_THAT(opened.dom, HasSubstr("data-plots-drawn=\"8 of 8\""));
  EXPECT_THAT(opened.dom, Not(HasSubstr("data-owned")));
  EXPECT_THAT(opened.dom, Not(HasSubstr("<a href=\"javascript")));
  EXPECT_EQ(opened.messages, "");
}

// The policy holds even where the page's escaping had failed: a script that is not ours does not run.
TEST(browser, a_foreign_script_in_the_page_is_refused) {
  JT_NEEDS_CHROMIUM();
  std::string page = html(sample_report_data(Verdict::good));
  page.insert(page.rfind("</body>"),
              "<script>document.documentElement.dataset.owned='1'</script>"
              "<img src='http://127.0.0.1:9/x.png'>");
  const Opened opened = open_in_browser(page);
  EXPECT_THAT(opened.dom, Not(HasSubstr("data-owned")));
  EXPECT_THAT(opened.messages, HasSubstr("script-src"));
  EXPECT_THAT(opened.messages, HasSubstr("img-src"));
}

}  // namespace
