#include "control/decision.hpp"

#include <algorithm>
#include <numeric>

namespace jt::control {

std::string_view name(Cause cause) {
  static constexpr std::array<std::string_view, cause_count> names{
      "none",           "beam off",           "beam blocked", "i0 low",
      "attenuated",     "jet moved",          "jet gone",     "jet intermittent",
      "sample changed", "background changed", "ring moved",   "too bright",
      "saturated",      "data stale",         "motor fault",  "unknown"};
  return names.at(static_cast<std::size_t>(cause));
}

std::string_view name(Outcome outcome) {
  static constexpr std::array<std::string_view, static_cast<std::size_t>(Outcome::count_)> names{
      "found", "not found", "too bright", "stopped", "beam gone", "blocked", "yielded"};
  return names.at(static_cast<std::size_t>(outcome));
}

std::string_view name(MoveClass move) {
  static constexpr std::array<std::string_view, static_cast<std::size_t>(MoveClass::count_)> names{
      "scan", "fly", "refine", "approach", "align", "probe", "recover", "step back", "return to start"};
  return names.at(static_cast<std::size_t>(move));
}

std::string_view name(Activity activity) {
  static constexpr std::array<std::string_view, static_cast<std::size_t>(Activity::count_)> names{
      "starting",   "scanning", "refining", "verifying", "holding", "probing",
      "recovering", "paused",   "learning", "returning", "done"};
  return names.at(static_cast<std::size_t>(activity));
}

CauseProbabilities CauseProbabilities::certain(Cause cause) {
  CauseProbabilities result;
  result[cause] = 1;
  return result;
}

Cause CauseProbabilities::most_likely() const {
  return static_cast<Cause>(std::max_element(p_.begin(), p_.end()) - p_.begin());
}

void CauseProbabilities::normalise() {
  const double sum = std::accumulate(p_.begin(), p_.end(), 0.0);
  if (!(sum > 0)) {
    *this = certain(Cause::unknown);
    return;
  }
  for (double& p : p_) p /= sum;
}

}  // namespace jt::control
