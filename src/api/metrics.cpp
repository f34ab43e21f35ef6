#include "api/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <mutex>
#include <thread>

#include <httplib.h>

#include "core/errors.hpp"

namespace jt::api {
namespace {

std::string escaped(std::string_view label) {
  std::string text;
  for (const char c : label) {
    if (c == '\\' || c == '"') text += '\\';
    text += c == '\n' ? ' ' : c;
  }
  return text;
}

std::string number_text(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", number);
}

}  // namespace

void LatencyHistogram::add(double seconds) {
  if (!(seconds >= 0)) seconds = 0;
  const auto bucket = std::lower_bound(upper_s.begin(), upper_s.end(), seconds) - upper_s.begin();
  ++counts_[static_cast<std::size_t>(bucket)];
  const auto us = static_cast<std::uint64_t>(std::min(seconds, 1e9) * 1e6);
  sum_us_ += us;
  std::uint64_t largest = largest_us_;
  while (us > largest && !largest_us_.compare_exchange_weak(largest, us)) {
  }
}

std::array<std::uint64_t, LatencyHistogram::upper_s.size() + 1> LatencyHistogram::counts() const {
  std::array<std::uint64_t, upper_s.size() + 1> counts{};
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = counts_[i];
  return counts;
}

void MetricsText::help(std::string_view name, std::string_view type, std::string_view words) {
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, words, name, type);
}

void MetricsText::value(std::string_view name, double number) {
  text_ += fmt::format("{} {}\n", name, number_text(number));
}

void MetricsText::value(std::string_view name, std::string_view label, std::string_view label_value,
                        double number) {
  text_ += fmt::format("{}{{{}=\"{}\"}} {}\n", name, label, escaped(label_value), number_text(number));
}

void MetricsText::histogram(std::string_view name, std::string_view words, const LatencyHistogram& times) {
  help(name, "histogram", words);
  const auto counts = times.counts();
  std::uint64_t up_to_here = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    up_to_here += counts[i];
    const std::string edge =
        i < LatencyHistogram::upper_s.size() ? fmt::format("{}", LatencyHistogram::upper_s[i]) : "+Inf";
    text_ += fmt::format("{}_bucket{{le=\"{}\"}} {}\n", name, edge, up_to_here);
  }
  text_ += fmt::format("{}_sum {}\n{}_count {}\n", name, times.sum_s(), name, up_to_here);
}

struct MetricsPage::Parts {
  httplib::Server server;
  std::function<std::string()> page;
  std::mutex one_at_a_time;
  std::thread thread;
  int port = 0;
};

MetricsPage::MetricsPage(const Endpoint& endpoint, std::function<std::string()> page)
    : parts_(std::make_unique<Parts>()) {
  Parts& parts = *parts_;
  parts.page = std::move(page);
  parts.server.new_task_queue = [] { return new httplib::ThreadPool(2); };
  parts.server.set_payload_max_length(1024);
  parts.server.set_read_timeout(2);
  parts.server.set_write_timeout(2);
  parts.server.set_keep_alive_max_count(100);
  parts.server.set_keep_alive_timeout(2);
  parts.server.Get("/metrics", [&parts](const httplib::Request&, httplib::Response& response) {
    const std::lock_guard lock(parts.one_at_a_time);
    response.set_content(parts.page(), "text/plain; version=0.0.4");
  });
  const bool bound = endpoint.port == 0 ? (parts.port = parts.server.bind_to_any_port(endpoint.host)) > 0
                                        : parts.server.bind_to_port(endpoint.host, endpoint.port);
  if (!bound)
    throw SetupError(fmt::format("the page of counters cannot listen on {}:{}", endpoint.host, endpoint.port),
                     "monitoring reads it there",
                     "Is the port taken? Set publish.metrics_port to another one, or to 0 for none?");
  if (endpoint.port != 0) parts.port = endpoint.port;
  parts.thread = std::thread([&parts] { parts.server.listen_after_bind(); });
  // A stop before it runs would be forgotten.
  while (!parts.server.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

MetricsPage::~MetricsPage() {
  parts_->server.stop();
  if (parts_->thread.joinable()) parts_->thread.join();
}

int MetricsPage::port() const { return parts_->port; }

}  // namespace jt::api
