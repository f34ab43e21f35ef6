// Where to look for a jet that has left its place, and what a look has shown.
// Inside stop 8 of the walk: Probe and Hold asks it while it recovers; visits and moves are Probe and Hold's.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "control/profile.hpp"
#include "control/settings.hpp"

namespace jt::control {

struct RecoveryTask {
  Limits limits;
  double home_um = 0;  // where the jet was
  Profile profile;
  double amplitude = 1;   // of the jet as it was
  double background = 0;  // 0: not known
  double resolution_um = 0.5;
  bool between = false;           // a later sweep: between the places of the one before
  std::optional<double> hint_um;  // where a camera sees it
  double hint_error_um = 2;
};

struct RecoveredJet {
  double centre_um = 0, sigma_um = 0;
  double amplitude = 0, background = 0;
};

// Outwards on both sides, home again now and then (a jet that stopped comes back where it was), first where a
// camera sees it. From the first signal on uphill, to the place where the height of the jet as it was is
// nearly reached, or signal falls on both sides.
class JetRecovery {
 public:
  void begin(const RecoveryTask& task, const Point& here);
  // The next place; nothing: all has been looked at.
  [[nodiscard]] std::optional<double> next();
  // What was seen there.
  void take(const Point& point);
  [[nodiscard]] const std::optional<RecoveredJet>& found() const { return found_; }
  // What was found was not the jet: look on.
  void refused() {
    found_.reset();
    has_found_ = climbing_ = false;
  }
  [[nodiscard]] double swept() const;  // share of the places that have been looked at
  [[nodiscard]] double background() const;
  [[nodiscard]] bool climbing() const { return climbing_; }

  template <class Archive>
  void fields(Archive& archive) {
    archive(limits_low_, limits_high_, home_, profile_, amplitude_, known_background_, resolution_, order_,
            index_, points_, climbing_, best_, steps_, has_found_, f_.centre_um, f_.sigma_um, f_.amplitude,
            f_.background, wanted_);
    if (has_found_) found_ = f_;
  }

 private:
  [[nodiscard]] bool is_signal(const Point& point) const;
  [[nodiscard]] bool looked_at(double x) const;
  void climb();
  void settle(const Point& at, double sigma);

  double limits_low_ = 0, limits_high_ = 0, home_ = 0;
  Profile profile_;
  double amplitude_ = 1, known_background_ = 0, resolution_ = 0.5;
  std::vector<double> order_, wanted_;
  std::uint32_t index_ = 0;
  std::vector<Point> points_;
  bool climbing_ = false;
  Point best_;
  int steps_ = 0;
  bool has_found_ = false;
  RecoveredJet f_;
  std::optional<RecoveredJet> found_;
};

}  // namespace jt::control
