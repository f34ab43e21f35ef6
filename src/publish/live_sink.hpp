// The live process's results for everybody outside: the shot stream, the PVs of pv_map, latencies.
// Stop 6 of the walk, behind the leader; nothing in here waits for a reader or an IOC.
#pragma once

#include <array>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/metrics.hpp"
#include "api/shot_message.hpp"
#include "api/stream_socket.hpp"
#include "core/channel.hpp"
#include "pipeline/result_sink.hpp"
#include "publish/pv_output.hpp"

namespace jt::publish {

// The numbers of pv_map: 1 DIFF_INTENSITY, 2 I0, 3 RATIO, 4 DROPPED.
enum class PvSlot : std::uint8_t { ring, i0, ratio, dropped, count_ };

// Puts the newest values from a thread of its own: a stalled IOC is its trouble alone.
class PvPublisher : public PvOutput {
 public:
  PvPublisher(ChannelProvider& provider, const std::map<PvSlot, std::string>& names);
  ~PvPublisher() override;
  PvPublisher(const PvPublisher&) = delete;
  PvPublisher& operator=(const PvPublisher&) = delete;

  // A good shot puts all four; a dropped one I0 and DROPPED = 1 and leaves the others; a shot that was not
  // ours puts nothing.
  void shot(const pipeline::ShotResult& result) override;
  struct Pv {
    std::string name;
    bool connected = false;
    std::uint64_t puts = 0, failed = 0, replaced = 0;  // replaced: a newer value came before it was put
  };
  [[nodiscard]] std::vector<Pv> pvs() const;
  [[nodiscard]] const api::LatencyHistogram& latency() const { return latency_; }

 private:
  struct Slot {
    std::unique_ptr<Channel> channel;
    std::optional<double> value;
    Pv counts;
  };
  void set(PvSlot slot, double value);
  void work();

  std::array<Slot, static_cast<std::size_t>(PvSlot::count_)> slots_;
  mutable std::mutex mutex_;
  std::condition_variable there_;
  std::optional<pipeline::Clock::time_point> visible_;  // of the newest shot that was set
  bool ended_ = false;
  api::LatencyHistogram latency_;
  std::thread thread_;
};

class LiveSink : public pipeline::ResultSink {
 public:
  // `pvs` may be null: nothing is put.
  LiveSink(std::string hutch, std::string experiment, const api::Endpoint& stream, PvOutput* pvs);
  void shot(std::uint64_t seq, const pipeline::ShotResult& result) override;
  void profile(const pipeline::ProfileReport& report) override;

  [[nodiscard]] int port() const { return stream_.port(); }
  int readers() { return stream_.readers(); }  // before the first shot only
  [[nodiscard]] const api::LatencyHistogram& latency() const { return latency_; }

 private:
  std::string hutch_, experiment_;
  api::ShotPublisher stream_;
  PvOutput* pvs_;
  api::LatencyHistogram latency_;
};

api::ShotMessage message_of(std::uint64_t seq, const pipeline::ShotResult& result);

}  // namespace jt::publish
