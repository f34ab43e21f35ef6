// Hosts the PVs of the live process on our own Channel Access server, where no notepad IOC holds them.
// Stop 6 of the walk, behind the leader; a post never waits for a client.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "ca/server.hpp"
#include "pipeline/live.hpp"
#include "publish/pv_output.hpp"
#include "publish/pv_table.hpp"

namespace jt::publish {

// Whether shots that are not of this moment (recorded, simulated) are put.
enum class ReplayedShots : std::uint8_t { never_put, put };

class PvHost : public PvOutput {
 public:
  // Binds. Throws SetupError when the address cannot be had, and when replayed shots would be put on an
  // address that others than this host can reach: they look real there.
  PvHost(const std::vector<PvInfo>& pvs, const ca::ServerSettings& settings, ReplayedShots replayed);

  // Refuses, with SetupError, names that somebody serves already.
  void start() { server_.start(); }

  // Every PV carries the shot's own time. A good shot posts all of it; a dropped one I0, DROPPED = 1 and
  // SHOT, and leaves the others; a shot that was not ours posts nothing.
  void shot(const pipeline::ShotResult& result) override;
  void profile(const pipeline::ProfileReport& report) override;
  // The state, about once a second, from one thread.
  void state(const pipeline::LiveStatus& status);

  [[nodiscard]] ca::Server& server() { return server_; }
  [[nodiscard]] std::uint64_t shots_put() const { return shots_put_; }
  [[nodiscard]] std::uint64_t shots_kept_back() const { return shots_kept_back_; }  // replayed ones

 private:
  void post(PvRole role, PvValue value, std::optional<PvTime> time = {});

  std::array<std::string, static_cast<std::size_t>(PvRole::count_)> names_;
  ReplayedShots replayed_;
  ca::Server server_;
  std::atomic<std::uint64_t> shots_put_{0}, shots_kept_back_{0};
  std::atomic<bool> last_was_put_{false};
  double heartbeat_ = 0;  // of the thread that tells the state
};

}  // namespace jt::publish
