#include "publish/pv_host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/errors.hpp"

namespace jt::publish {
namespace {

using namespace std::chrono_literals;
using pipeline::ShotOrigin;

constexpr std::size_t most_profile_bins = 4096;
constexpr std::size_t shot_numbers = 7;
// A shot in five seconds is the slowest that is still called current; the state comes once a second.
constexpr auto stale_after = 5s;

const ca::ServerSettings& checked(const ca::ServerSettings& settings, ReplayedShots replayed) {
  const auto address = ca::parse_address(settings.address, settings.port);
  if (replayed == ReplayedShots::put && !(address && address->loopback()))
    throw SetupError(fmt::format("replayed shots are not put at {}", settings.address),
                     "others would take them for real ones",
                     "Leave out publish.ca_host, or --publish-replay?");
  return settings;
}

ca::PvSetup setup_of(const PvInfo& pv) {
  ca::PvSetup setup;
  setup.name = pv.name;
  setup.details.units = pv.units;
  setup.details.precision = pv.precision;
  setup.stale_after = stale_after;
  if (pv.kind == PvKind::words) setup.value = "";
  if (pv.kind == PvKind::array) {
    setup.most_elements = pv.role == PvRole::shot ? shot_numbers : most_profile_bins;
    setup.value = PvValue(std::vector<double>(shot_numbers, std::numeric_limits<double>::quiet_NaN()));
  }
  return setup;
}

PvTime time_of(ShotTime time) { return {static_cast<std::int64_t>(time.sec), time.nsec}; }

}  // namespace

PvHost::PvHost(const std::vector<PvInfo>& pvs, const ca::ServerSettings& settings, ReplayedShots replayed)
    : replayed_(replayed), server_(checked(settings, replayed)) {
  for (const PvInfo& pv : pvs) {
    names_[static_cast<std::size_t>(pv.role)] = pv.name;
    server_.database().add(setup_of(pv));
  }
}

void PvHost::post(PvRole role, PvValue value, std::optional<PvTime> time) {
  server_.post(names_[static_cast<std::size_t>(role)], std::move(value), {}, time);
}

void PvHost::shot(const pipeline::ShotResult& result) {
  if (!result.good() && !result.dropped()) return;
  last_was_put_ = result.origin == ShotOrigin::live || replayed_ == ReplayedShots::put;
  if (!last_was_put_) {
    ++shots_kept_back_;
    return;
  }
  ++shots_put_;
  const PvTime time = time_of(result.time);
  const auto post_finite = [&](PvRole role, double value) {
    if (std::isfinite(value)) post(role, value, time);
  };
  if (result.good()) {
    post_finite(PvRole::ring, result.ring);
    post_finite(PvRole::ratio, result.ratio);
  }
  post_finite(PvRole::i0, result.i0);
  post(PvRole::dropped, result.good() ? 0.0 : 1.0, time);
  post(PvRole::shot,
       std::vector<double>{static_cast<double>(result.time.sec), static_cast<double>(result.time.nsec),
                           static_cast<double>(result.fiducial.value), result.i0, result.ring, result.ratio,
                           result.good() ? 0.0 : 1.0},
       time);
}

void PvHost::profile(const pipeline::ProfileReport& report) {
  if (!last_was_put_) return;  // it is made of replayed shots
  const std::size_t bins = std::min(report.profile.size(), most_profile_bins);
  if (bins > 0)
    post(PvRole::profile, std::vector<double>(report.profile.begin(),
                                              report.profile.begin() + static_cast<std::ptrdiff_t>(bins)));
  post(PvRole::profile_state, std::string(name(report.state)));
}

void PvHost::state(const pipeline::LiveStatus& status) {
  const auto number = [this](PvRole role, auto value) { post(role, static_cast<double>(value)); };
  number(PvRole::run, status.run.value);
  constexpr std::array<const char*, 3> origins = {"live", "replay", "sim"};
  post(PvRole::origin, origins[static_cast<std::size_t>(status.origin)]);
  post(PvRole::transition, status.last_transition);
  number(PvRole::window_id, status.window.id);
  number(PvRole::peak_bin, status.window.peak);
  number(PvRole::delta_bin, status.window.delta);
  number(PvRole::shots_in, status.shots_in);
  number(PvRole::shots_out, status.shots_out);
  number(PvRole::shots_good, status.good);
  number(PvRole::shots_per_s, status.out_per_s);
  if (status.newest_age_s) number(PvRole::age, *status.newest_age_s);
  number(PvRole::heartbeat, ++heartbeat_);
}

}  // namespace jt::publish
