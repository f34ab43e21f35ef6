// A slow pass of the axis with shots taken on the way: where each shot was taken, and the points they make.
// Inside stop 8 of the walk: the coarse part of Fly Scan.
#pragma once

#include <vector>

#include "control/intake.hpp"
#include "control/observation.hpp"
#include "control/profile.hpp"

namespace jt::control {

class Flight {
 public:
  // `bin_um`: shots within this length make one point.
  void begin(double bin_um, Seconds now);
  // Readbacks and shots of one step. A shot waits until a readback later than it is there.
  void take(const Observation& seen, const Intake& intake);
  // Points in the order of position, of bins with 3 shots or more.
  [[nodiscard]] std::vector<Point> points() const;
  // Shots are known to have been taken until then.
  [[nodiscard]] Seconds newest_shot() const { return newest_; }
  // The last position at which the ratio was below `level`; nothing: never.
  [[nodiscard]] std::optional<double> last_below(double level) const;

  template <class Archive>
  void fields(Archive& archive) {
    archive(bin_um_, since_, newest_, readbacks_t_, readbacks_x_, waiting_, at_um_, ratio_);
  }

 private:
  [[nodiscard]] std::optional<double> position_at(Seconds time) const;

  double bin_um_ = 1;
  Seconds since_, newest_;
  std::vector<double> readbacks_t_, readbacks_x_;
  std::vector<GoodShot> waiting_;
  std::vector<double> at_um_, ratio_;  // placed shots
};

}  // namespace jt::control
