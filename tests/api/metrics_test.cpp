// The page of counters, fetched with curl: what Prometheus reads, and nothing else is served.
#include <curl/curl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/metrics.hpp"

namespace jt::api {
namespace {

using testing::HasSubstr;

struct Answer {
  long code = 0;
  std::string body;
};

std::size_t take(char* data, std::size_t size, std::size_t count, void* to) {
  static_cast<std::string*>(to)->append(data, size * count);
  return size * count;
}

Answer fetch(int port, const std::string& path, bool post = false) {
  Answer answer;
  CURL* curl = curl_easy_init();
  const std::string url = "http://127.0.0.1:" + std::to_string(port) + path;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, 20L);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
  if (post) curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "x=1");
  if (curl_easy_perform(curl) == CURLE_OK) curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.code);
  curl_easy_cleanup(curl);
  return answer;
}

TEST(MetricsText, is_the_text_format_of_prometheus) {
  MetricsText page;
  page.help("jt_shots_total", "counter", "shots seen");
  page.value("jt_shots_total", 1200);
  page.value("jt_rejected_total", "cause", "a \"b\"\\", 3);
  EXPECT_EQ(page.text(),
            "# HELP jt_shots_total shots seen\n# TYPE jt_shots_total counter\njt_shots_total 1200\n"
            "jt_rejected_total{cause=\"a \\\"b\\\"\\\\\"} 3\n");
}

TEST(MetricsText, a_histogram_counts_up) {
  LatencyHistogram times;
  times.add(5e-6);  // up to 1e-5
  times.add(2e-3);  // up to 3e-3
  times.add(2.5e-3);
  times.add(100);  // above all
  MetricsText page;
  page.histogram("jt_put_seconds", "until the put", times);
  EXPECT_THAT(page.text(), HasSubstr("jt_put_seconds_bucket{le=\"1e-05\"} 1\n"));
  EXPECT_THAT(page.text(), HasSubstr("jt_put_seconds_bucket{le=\"0.001\"} 1\n"));
  EXPECT_THAT(page.text(), HasSubstr("jt_put_seconds_bucket{le=\"0.003\"} 3\n"));
  EXPECT_THAT(page.text(), HasSubstr("jt_put_seconds_bucket{le=\"10\"} 3\n"));
  EXPECT_THAT(page.text(), HasSubstr("jt_put_seconds_bucket{le=\"+Inf\"} 4\n"));
  EXPECT_THAT(page.text(), HasSubstr("jt_put_seconds_count 4\n"));
  EXPECT_NEAR(times.sum_s(), 100.004505, 1e-6);
  EXPECT_EQ(times.largest_s(), 100);
}

TEST(MetricsPage, gives_the_page_and_takes_nothing) {
  const MetricsPage page({"127.0.0.1", 0}, [] { return std::string("jt_up 1\n"); });
  const Answer got = fetch(page.port(), "/metrics");
  EXPECT_EQ(got.code, 200);
  EXPECT_EQ(got.body, "jt_up 1\n");
  EXPECT_EQ(fetch(page.port(), "/").code, 404);
  EXPECT_NE(fetch(page.port(), "/metrics", true).code, 200);
}

}  // namespace
}  // namespace jt::api
