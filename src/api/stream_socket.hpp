// The two ends of the shot stream: a publisher that never waits, a subscriber that trusts nothing.
// `live` publishes after the leader (stop 6 of the walk); `track` and `jt watch` read what they move and show
// by.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "api/shot_message.hpp"

namespace jt::api {

// A host and a port of ours. Hosts other than loopback are a choice of the config.
struct Endpoint {
  std::string host = "127.0.0.1";
  int port = 0;  // 0: any free one
};

// One thread uses it. A subscriber that is slow loses messages (it sees gaps in seq); no other one notices.
class ShotPublisher {
 public:
  explicit ShotPublisher(const Endpoint& endpoint);  // throws SetupError: port taken, no such address
  ~ShotPublisher();
  void send(const std::string& message);
  [[nodiscard]] int port() const;  // the one it got
  int readers();                   // how many listen now

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// One thread uses it. Connects by itself, and again when the publisher comes back.
class ShotSubscriber {
 public:
  explicit ShotSubscriber(const Endpoint& endpoint);  // throws SetupError when it can be no address
  ~ShotSubscriber();
  // The next shot, or nothing within `patience`.
  std::optional<ShotMessage> receive(std::chrono::milliseconds patience);

  // Messages that were none, and shots that did not arrive: gaps in seq. A seq that goes back is a publisher
  // that was started again, and no gap.
  [[nodiscard]] std::uint64_t malformed() const { return malformed_; }
  [[nodiscard]] std::uint64_t missed() const { return missed_; }

 private:
  void count_gap(std::uint64_t seq);
  struct Parts;
  std::unique_ptr<Parts> parts_;
  std::uint64_t malformed_ = 0, missed_ = 0;
  std::optional<std::uint64_t> last_seq_;
};

}  // namespace jt::api
