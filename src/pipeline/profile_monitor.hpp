// The full profile of the good shots, once a second, held against the calibration's.
// In the leader (stop 6 of the walk): tells a ring that moved, or a changed background, from a lost jet.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "pipeline/calibration_in_use.hpp"
#include "pipeline/result_sink.hpp"

namespace jt::pipeline {

class ProfileMonitor {
 public:
  // Adds a good shot; gives a report when the shots span a second of their own time (longer while they are
  // fewer than five, at most ten seconds), or the window changed.
  std::optional<ProfileReport> add(const ShotResult& shot, const std::shared_ptr<const Window>& window);

 private:
  ProfileReport finish();

  std::shared_ptr<const Window> window_;
  ShotTime begin_;
  std::uint64_t shots_ = 0;
  double i0_ = 0;
  std::vector<double> sum_, square_sum_;
};

// The comparison alone. `mean` and its standard errors are per bin (NaN: empty), `i0` is the mean over the
// same shots.
ProfileReport compare_profiles(std::span<const double> mean, std::span<const double> error, double i0,
                               const Window& window);

}  // namespace jt::pipeline
