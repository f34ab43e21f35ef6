// A Channel Access server and a client in one process, on 127.0.0.1 and ports of their own.
// What the tests of `epics` begin with.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ca/server.hpp"
#include "epics/ca_channels.hpp"

namespace jt::epics::test {

using namespace std::chrono_literals;
constexpr std::chrono::seconds plenty{60};  // libca itself looks for lost servers every ten seconds

// Words left by callbacks, waited for by the test.
template <class T>
class Heard {
 public:
  void add(T what) {
    const std::lock_guard lock(mutex_);
    all_.push_back(std::move(what));
    heard_.notify_all();
  }
  // Waits until one of them fits, and takes it and all before it away. Fails the test when none comes.
  template <class Fits>
  T until(Fits fits) {
    std::unique_lock lock(mutex_);
    std::size_t looked_at = 0;
    const bool came = heard_.wait_for(lock, plenty, [&] {
      while (looked_at < all_.size() && !fits(all_[looked_at])) ++looked_at;
      return looked_at < all_.size();
    });
    EXPECT_TRUE(came) << "nothing of this kind was heard; " << all_.size() << " others were";
    if (!came) return T{};
    T found = std::move(all_[looked_at]);
    all_.erase(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(looked_at) + 1);
    return found;
  }
  T next() {
    return until([](const T&) { return true; });
  }
  [[nodiscard]] std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return all_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable heard_;
  std::deque<T> all_;
};

// What a channel tells.
struct Watched {
  Heard<ChannelState> states;
  Heard<PvSample> samples;
  ChannelEvents events(bool values = true, std::optional<PvType> as = {}) {
    ChannelEvents made;
    made.on_state = [this](const ChannelState& state) { states.add(state); };
    if (values) made.on_sample = [this](const PvSample& sample) { samples.add(sample); };
    made.sample_as = as;
    return made;
  }
  ChannelState connected() {
    return states.until([](const ChannelState& state) { return state.connected; });
  }
  void lost() {
    states.until([](const ChannelState& state) { return !state.connected; });
  }
  PvSample value_of(double number) {
    return samples.until([&](const PvSample& sample) { return sample.value.number() == number; });
  }
};

class CaWorld : public testing::Test {
 protected:
  CaWorld() {
    ca::ServerSettings settings;
    settings.port = 0;
    server = std::make_unique<ca::Server>(settings);
    udp_port = server->udp_port();
    keep_on_loopback(udp_port);
  }
  ca::Pv& serve(const std::string& name, PvValue value, bool writable = true) {
    ca::PvSetup setup;
    setup.name = name;
    setup.value = std::move(value);
    setup.writable = writable;
    return server->database().add(std::move(setup));
  }
  void start() {
    server->start();
    channels = std::make_unique<CaChannels>();
  }
  // The server's own value.
  PvValue served(const std::string& name) {
    PvValue value;
    server->call([&](ca::Database& database) { value = database.at(name).sample->value; });
    return value;
  }

  std::unique_ptr<ca::Server> server;
  std::uint16_t udp_port = 0;
  std::unique_ptr<CaChannels> channels;
};

}  // namespace jt::epics::test
