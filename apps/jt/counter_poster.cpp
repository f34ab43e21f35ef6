#include "apps/jt/counter_poster.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <cstdlib>
#include <string_view>

#include "core/log.hpp"

namespace jt::app {
namespace {

using Clock = std::chrono::steady_clock;

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch()).count();
}

std::size_t ignore_answer(char*, std::size_t size, std::size_t count, void*) { return size * count; }

std::string as_json(CounterPoster::Counters counters) {
  return fmt::format(
      R"([{{"key":"<b>Current Event</b>","value":{}}},{{"key":"<b>Events With Code</b>","value":{}}}])",
      counters.current_event, counters.with_code);
}

bool begins_with_http(std::string_view url) {
  const auto begins = [&](std::string_view scheme) {
    if (url.size() < scheme.size()) return false;
    for (std::size_t i = 0; i < scheme.size(); ++i) {
      const char lower = url[i] >= 'A' && url[i] <= 'Z' ? static_cast<char>(url[i] - 'A' + 'a') : url[i];
      if (lower != scheme[i]) return false;
    }
    return true;
  };
  return begins("http://") || begins("https://");
}

}  // namespace

CounterPoster::CounterPoster(std::string url, std::chrono::milliseconds period)
    : url_(std::move(url)), period_(period) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  worker_ = std::thread([this] { work(); });
}

CounterPoster::~CounterPoster() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    give_up_at_ns_ = now_ns() + 1'000'000'000;
  }
  changed_.notify_one();
  worker_.join();
  curl_global_cleanup();
}

void CounterPoster::show(Counters counters) {
  {
    const std::lock_guard lock(mutex_);
    newest_ = counters;
  }
  changed_.notify_one();
}

void CounterPoster::work() {
  for (;;) {
    std::optional<Counters> counters;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return newest_ || ending_; });
      counters.swap(newest_);
    }
    if (dropped_ || !counters) return;
    post(*counters);
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, period_, [&] { return ending_; });
    if (ending_ && !newest_) return;
  }
}

bool CounterPoster::out_of_time() const { return dropped_ || now_ns() > give_up_at_ns_; }

void CounterPoster::post(Counters counters) {
  const std::string body = as_json(counters);
  CURL* curl = curl_easy_init();
  if (curl == nullptr) return;
  curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
  const auto give_up = +[](void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<const CounterPoster*>(self)->out_of_time() ? 1 : 0;
  };
  curl_easy_setopt(curl, CURLOPT_URL, url_.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore_answer);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 5000L);
  curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, give_up);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, this);
  const CURLcode code = curl_easy_perform(curl);
  curl_slist_free_all(headers);
  curl_easy_cleanup(curl);
  if (code != CURLE_OK && !warned_ && !dropped_) {
    warned_ = true;
    log::warning(fmt::format("progress counters cannot be posted ({}); the calibration goes on without them",
                             curl_easy_strerror(code)));
  }
}

std::unique_ptr<CounterPoster> counter_poster_from_environment() {
  for (const char* name : {"ARP_UPDATE_COUNTERS", "JID_UPDATE_COUNTERS"}) {
    const char* url = std::getenv(name);
    if (url == nullptr || *url == '\0') continue;
    if (begins_with_http(url)) return std::make_unique<CounterPoster>(url);
    log::warning(fmt::format("{} is no http or https address; no progress counters are posted", name));
  }
  return nullptr;
}

}  // namespace jt::app
