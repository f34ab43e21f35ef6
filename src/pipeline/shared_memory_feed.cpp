#include "pipeline/shared_memory_feed.hpp"

namespace jt::pipeline {
namespace {

class Borrowed : public Delivery {
 public:
  explicit Borrowed(sources::HeldEvent event) : event_(std::move(event)) {
    service = event_.raw().service;
    session = event_.session();
    main = event_.raw().main.bytes;
    for (const auto& one : event_.raw().joined) joined.push_back(one.bytes);
  }
  bool give_back() override {
    main = {};
    joined.clear();
    return !event_.is_shot() || event_.give_back();
  }

 private:
  sources::HeldEvent event_;
};

}  // namespace

std::unique_ptr<Delivery> SharedMemoryFeed::next(std::chrono::milliseconds wait) {
  std::optional<sources::HeldEvent> event = source_.next(wait);
  if (!event) return nullptr;
  return std::make_unique<Borrowed>(std::move(*event));
}

FeedStatus SharedMemoryFeed::status() const {
  const sources::LiveStatus from = source_.status();
  FeedStatus status;
  status.words = from.words.empty() ? std::string(sources::name(from.state)) : from.words;
  status.connected =
      from.state == sources::LiveState::running || from.state == sources::LiveState::between_runs;
  status.not_ours = from.not_ours;
  status.sessions = from.sessions;
  from.troubles.each([&](sources::LiveTrouble trouble, std::uint64_t times) {
    status.troubles.emplace_back(std::string(sources::name(trouble)), times);
  });
  return status;
}

}  // namespace jt::pipeline
