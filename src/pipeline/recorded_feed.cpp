#include "pipeline/recorded_feed.hpp"

#include <algorithm>
#include <thread>

namespace jt::pipeline {

struct RecordedFeed::Shelf {
  std::mutex mutex;
  std::vector<std::vector<std::byte>> free;
  static constexpr std::size_t most = 64;

  std::vector<std::byte> take() {
    const std::lock_guard lock(mutex);
    if (free.empty()) return {};
    std::vector<std::byte> buffer = std::move(free.back());
    free.pop_back();
    return buffer;
  }
  void put(std::vector<std::byte> buffer) {
    const std::lock_guard lock(mutex);
    if (free.size() < most) free.push_back(std::move(buffer));
  }
};

class RecordedFeed::Copy : public Delivery {
 public:
  Copy(const sources::RawEvent& event, std::shared_ptr<Shelf> shelf) : shelf_(std::move(shelf)) {
    service = event.service;
    session = 1;
    bytes_ = shelf_->take();
    bytes_.clear();
    bytes_.insert(bytes_.end(), event.main.bytes.begin(), event.main.bytes.end());
    for (const auto& one : event.joined) bytes_.insert(bytes_.end(), one.bytes.begin(), one.bytes.end());
    formats::xtc::Bytes rest(bytes_);
    main = rest.first(event.main.bytes.size());
    rest = rest.subspan(main.size());
    for (const auto& one : event.joined) {
      joined.push_back(rest.first(one.bytes.size()));
      rest = rest.subspan(one.bytes.size());
    }
  }
  ~Copy() override { shelf_->put(std::move(bytes_)); }

 private:
  std::shared_ptr<Shelf> shelf_;
  std::vector<std::byte> bytes_;
};

RecordedFeed::RecordedFeed(const sources::RunFiles& run, double rate_hz)
    : source_(run), shelf_(std::make_shared<Shelf>()) {
  if (rate_hz > 0) interval_ = std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / rate_hz));
}

// Waits for the time of the next shot, at most `wait`. What fell behind by much is not caught up in a burst.
bool RecordedFeed::is_time(std::chrono::milliseconds wait) {
  if (interval_.count() == 0) return true;
  const auto now = std::chrono::steady_clock::now();
  if (next_shot_ + std::chrono::seconds(1) < now) next_shot_ = now;
  std::this_thread::sleep_until(std::min(next_shot_, now + wait));
  if (std::chrono::steady_clock::now() < next_shot_) return false;
  next_shot_ += interval_;
  return true;
}

std::unique_ptr<Delivery> RecordedFeed::next(std::chrono::milliseconds wait) {
  if (ended_) return nullptr;
  if (waiting_ == nullptr) waiting_ = source_.next();
  if (waiting_ == nullptr) {
    ended_ = true;
    return nullptr;
  }
  const bool shot = waiting_->service == formats::Transition::l1_accept;
  if (shot && !is_time(wait)) return nullptr;
  if (shot) ++shots_;
  auto copy = std::make_unique<Copy>(*waiting_, shelf_);
  waiting_ = nullptr;
  return copy;
}

FeedStatus RecordedFeed::status() const {
  FeedStatus status;
  status.words = ended_ ? "the recorded run has ended" : "playing a recorded run";
  status.connected = !ended_;
  status.sessions = 1;
  return status;
}

}  // namespace jt::pipeline
