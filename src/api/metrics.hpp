// Counters and latency histograms as text that Prometheus and people read, and the small page that shows it.
// Beside the walk: read-only, on loopback unless the config says otherwise; nobody's shot waits for it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/stream_socket.hpp"

namespace jt::api {

// Times in buckets of half a decade from 10 us to 10 s. Any thread may add; reading takes no lock.
class LatencyHistogram {
 public:
  static constexpr std::array<double, 13> upper_s = {1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2,
                                                     3e-2, 1e-1, 3e-1, 1.0,  3.0,  10.0};
  void add(double seconds);
  [[nodiscard]] std::array<std::uint64_t, upper_s.size() + 1> counts() const;
  [[nodiscard]] double sum_s() const { return static_cast<double>(sum_us_.load()) * 1e-6; }
  [[nodiscard]] double largest_s() const { return static_cast<double>(largest_us_.load()) * 1e-6; }

 private:
  std::array<std::atomic<std::uint64_t>, upper_s.size() + 1> counts_{};
  std::atomic<std::uint64_t> sum_us_{0}, largest_us_{0};
};

// Builds a page in the text format 0.0.4. Names are ours; label values are escaped.
class MetricsText {
 public:
  void help(std::string_view name, std::string_view type, std::string_view words);
  void value(std::string_view name, double number);
  void value(std::string_view name, std::string_view label, std::string_view label_value, double number);
  void histogram(std::string_view name, std::string_view words, const LatencyHistogram& times);
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Serves GET /metrics; everything else is 404. `page` is called on a thread of the server.
class MetricsPage {
 public:
  MetricsPage(const Endpoint& endpoint, std::function<std::string()> page);  // throws SetupError
  ~MetricsPage();
  MetricsPage(const MetricsPage&) = delete;
  MetricsPage& operator=(const MetricsPage&) = delete;
  [[nodiscard]] int port() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace jt::api
