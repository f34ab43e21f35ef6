#include "control/settings.hpp"

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <map>
#include <vector>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace jt::control {
namespace {

using Setter = std::function<void(Settings&, double)>;

Setter number(double Settings::*member) {
  return [member](Settings& settings, double value) { settings.*member = value; };
}

const std::map<std::string, Setter, std::less<>>& setters() {
  static const std::map<std::string, Setter, std::less<>> all{
      {"shot_rate_hz", number(&Settings::shot_rate_hz)},
      {"clock_margin_s", number(&Settings::clock_margin_s)},
      {"fresh_s", number(&Settings::fresh_s)},
      {"i0_floor", number(&Settings::i0_floor)},
      {"steering_class", [](Settings& s, double value) { s.steering_class = static_cast<int>(value); }},
      {"search_time_s", number(&Settings::search_time_s)},
      {"step_um", number(&Settings::step_um)},
      {"tolerance_um", number(&Settings::tolerance_um)},
      {"ceiling", number(&Settings::ceiling)},
      {"pause_s", number(&Settings::pause_s)},
      {"max_moves_per_min", number(&Settings::max_moves_per_min)},
      {"quiet", [](Settings& s, double value) { s.quiet = value != 0; }},
      {"drift_fwhm_per_sqrt_s", number(&Settings::drift_fwhm_per_sqrt_s)},
      {"sweep_time_s", number(&Settings::sweep_time_s)},
  };
  return all;
}

}  // namespace

void set(Settings& settings, std::string_view key, double value) {
  const auto found = setters().find(key);
  if (found == setters().end()) {
    std::vector<std::string> names;
    for (const auto& [name, setter] : setters()) names.push_back(name);
    throw CallError(fmt::format("no control setting is called {}", key), "it would be ignored",
                    fmt::format("Did you mean {}?", nearest_first(key, names).front()));
  }
  if (!std::isfinite(value))
    throw CallError(fmt::format("{} is not a finite number", key), "it decides where the motor goes",
                    "Give a number.");
  found->second(settings, value);
}

}  // namespace jt::control
