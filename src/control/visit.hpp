// One visit to a position: overshoot and approach when it must be exact, wait, dwell, and the measured point.
// Inside stop 8 of the walk: searches and the recovery of a lost jet are made of visits.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/dwell.hpp"
#include "control/intake.hpp"
#include "control/profile.hpp"

namespace jt::control {

struct VisitRequest {
  double x_um = 0;
  int shots = 6;
  bool exact = false;  // from below, the backlash taken up
  MoveClass move = MoveClass::scan;
  template <class Archive>
  void fields(Archive& archive) {
    archive(x_um, shots, exact, move);
  }
};

struct VisitPut {
  double target_um;
  MoveClass move;
  bool continues;
};

// A visit that was left before all of its shots had arrived.
struct LeftVisit {
  VisitRequest request;
  Seconds from, until;  // shots with own times between belong to it
  double position_um = 0;
  std::vector<double> ratios;
  void collect(const Intake& intake);
  // The point, if the shots were good enough for one.
  [[nodiscard]] std::optional<Point> point(double background) const;
  template <class Archive>
  void fields(Archive& archive) {
    archive(request, from, until, position_um, ratios);
  }
};

class Visit {
 public:
  void begin(const VisitRequest& request, Seconds now);
  // Takes the fresh shots in; then says what to put now, if anything. The caller tells the axis.
  void collect(const Intake& intake);
  [[nodiscard]] std::optional<VisitPut> due(const AxisTracker& axis, Seconds now);
  // The point, when enough shots have come. A dwell of which less than half was valid is repeated, thrice.
  [[nodiscard]] std::optional<Point> point(const AxisTracker& axis, double background, Seconds now);
  // Enough time has passed here for the shots, though they have not all arrived yet: it may be left, and its
  // shots still count. Nothing while shots arrive as fast as they are taken.
  [[nodiscard]] bool taken(const AxisTracker& axis, double rate_hz, Seconds now) const;
  // Before the put that leads away: hands over what has arrived so far.
  [[nodiscard]] LeftVisit leave(const AxisTracker& axis, Seconds now) const;
  // Forgets the shots so far and stays.
  void again(Seconds now);
  [[nodiscard]] const VisitRequest& request() const { return request_; }
  [[nodiscard]] std::string progress() const;

  template <class Archive>
  void fields(Archive& archive) {
    archive(request_, stage_, from_, ratios_, repeats_);
  }

 private:
  enum class Stage : std::uint8_t {
    asked,         // the first put to be made
    overshooting,  // the arrival below the position
    arriving,      // the arrival, then the shots
  };
  VisitRequest request_;
  Stage stage_ = Stage::arriving;  // before the first visit: where it stands
  Seconds from_;                   // shots before do not count
  std::vector<double> ratios_;
  int repeats_ = 0;
};

}  // namespace jt::control
