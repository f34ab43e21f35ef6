#include "publish/live_sink.hpp"

#include <cmath>

namespace jt::publish {
namespace {

double seconds_since(pipeline::Clock::time_point then) {
  return std::chrono::duration<double>(pipeline::Clock::now() - then).count();
}

}  // namespace

PvPublisher::PvPublisher(ChannelProvider& provider, const std::map<PvSlot, std::string>& names) {
  for (const auto& [slot, name] : names) {
    Slot& one = slots_[static_cast<std::size_t>(slot)];
    one.counts.name = name;
    one.channel = provider.connect(name, {});
  }
  thread_ = std::thread([this] { work(); });
}

PvPublisher::~PvPublisher() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  there_.notify_all();
  thread_.join();
}

// With the lock.
void PvPublisher::set(PvSlot slot, double value) {
  Slot& one = slots_[static_cast<std::size_t>(slot)];
  if (one.channel == nullptr || !std::isfinite(value)) return;
  if (one.value) ++one.counts.replaced;
  one.value = value;
}

void PvPublisher::shot(const pipeline::ShotResult& result) {
  if (!result.good() && !result.dropped()) return;
  {
    const std::lock_guard lock(mutex_);
    if (result.good()) {
      set(PvSlot::ring, result.ring);
      set(PvSlot::ratio, result.ratio);
    }
    set(PvSlot::i0, result.i0);
    set(PvSlot::dropped, result.good() ? 0 : 1);
    visible_ = result.visible;
  }
  there_.notify_one();
}

void PvPublisher::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    there_.wait(lock, [this] { return ended_ || visible_; });
    if (!visible_) return;  // what was set before the end is still put
    std::array<std::optional<double>, static_cast<std::size_t>(PvSlot::count_)> values;
    for (std::size_t i = 0; i < values.size(); ++i) std::swap(values[i], slots_[i].value);
    const auto visible = *visible_;
    visible_.reset();
    lock.unlock();
    std::array<bool, static_cast<std::size_t>(PvSlot::count_)> done{};
    for (std::size_t i = 0; i < values.size(); ++i)
      if (values[i]) done[i] = slots_[i].channel->put(*values[i]) == ChannelOutcome::done;
    lock.lock();
    bool any = false;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!values[i]) continue;
      ++(done[i] ? slots_[i].counts.puts : slots_[i].counts.failed);
      any = any || done[i];
    }
    if (any) latency_.add(seconds_since(visible));
  }
}

std::vector<PvPublisher::Pv> PvPublisher::pvs() const {
  std::vector<Pv> pvs;
  const std::lock_guard lock(mutex_);
  for (const Slot& slot : slots_) {
    if (slot.channel == nullptr) continue;
    pvs.push_back(slot.counts);
    pvs.back().connected = slot.channel->state().connected;
  }
  return pvs;
}

api::ShotMessage message_of(std::uint64_t seq, const pipeline::ShotResult& result) {
  api::ShotMessage message;
  message.seq = seq;
  message.origin = static_cast<api::Origin>(result.origin);
  static_assert(static_cast<int>(api::Origin::live) == static_cast<int>(pipeline::ShotOrigin::live) &&
                static_cast<int>(api::Origin::replay) == static_cast<int>(pipeline::ShotOrigin::replay) &&
                static_cast<int>(api::Origin::sim) == static_cast<int>(pipeline::ShotOrigin::sim));
  message.run = result.run;
  message.time = result.time;
  message.fiducial = result.fiducial;
  message.i0 = result.i0;
  message.ring = result.ring;
  message.ratio = result.ratio;
  message.dropped = result.dropped();
  message.cause = result.cause();
  message.window_id = result.window_id;
  message.beam_position = result.beam_position;
  message.age_us = static_cast<std::uint64_t>(seconds_since(result.visible) * 1e6);
  return message;
}

LiveSink::LiveSink(std::string hutch, std::string experiment, const api::Endpoint& stream, PvOutput* pvs)
    : hutch_(std::move(hutch)), experiment_(std::move(experiment)), stream_(stream), pvs_(pvs) {}

void LiveSink::shot(std::uint64_t seq, const pipeline::ShotResult& result) {
  api::ShotMessage message = message_of(seq, result);
  message.hutch = hutch_;
  message.experiment = experiment_;
  stream_.send(api::to_text(message));
  latency_.add(seconds_since(result.visible));
  if (pvs_ != nullptr) pvs_->shot(result);
}

void LiveSink::profile(const pipeline::ProfileReport& report) {
  if (pvs_ != nullptr) pvs_->profile(report);
}

}  // namespace jt::publish
