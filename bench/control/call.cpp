#include "call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "peers.hpp"

namespace jt::bench {
namespace {

using simulator::Mode;

struct Assignment {
  std::string key;
  double value;
};

Assignment parse(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw CallError(fmt::format("--set {} is no assignment", text), "a setting has a name and a value",
                    "Write key=value, for instance --set jitter_um=2.");
  Assignment result{text.substr(0, equals), 0};
  const std::string number = text.substr(equals + 1);
  const char* const end = number.data() + number.size();
  const auto [stopped, error] = std::from_chars(number.data(), end, result.value);
  if (error != std::errc{} || stopped != end || !std::isfinite(result.value))
    throw CallError(fmt::format("--set {}: {} is no number", text, number.empty() ? "nothing" : number),
                    "settings are numbers", "Write key=value, for instance --set jitter_um=2.");
  return result;
}

bool is_plant_key(std::string_view key) {
  const auto knobs = simulator::knobs();
  return std::any_of(knobs.begin(), knobs.end(), [&](const simulator::Knob& k) { return k.name == key; });
}

void assign(Call& call, const Assignment& assignment) {
  const auto& [key, value] = assignment;
  if (is_plant_key(key)) return simulator::set(call.plant, key, value);
  const auto& others = bench_keys();
  if (std::any_of(others.begin(), others.end(),
                  [&, k = std::string_view(key)](const BenchKey& b) { return b.name == k; })) {
    if (key == "realistic") return;  // was applied first
    return control::set(call.control, key, value);
  }
  std::vector<std::string> names;
  for (const simulator::Knob& knob : simulator::knobs()) names.emplace_back(knob.name);
  for (const BenchKey& each : others) names.emplace_back(each.name);
  throw CallError(
      fmt::format("there is no setting {}", key), "it would be ignored",
      fmt::format("Did you mean {}? `bench_control --keys` lists all.", nearest_first(key, names).front()));
}

// What a strategy is told about the axis and the chain beside its task (trial.cpp).
void tell_settings(Call& call) {
  call.control.quiet = call.quiet;
  call.control.shot_rate_hz = call.plant.rate_hz * call.plant.shot_fraction;
  call.control.clock_margin_s = std::fabs(call.plant.clock_offset_s);
  call.control.steering_class = call.plant.class_share > 0 ? 0 : -1;
}

}  // namespace

const std::vector<BenchKey>& bench_keys() {
  static const std::vector<BenchKey> all{
      {"realistic", "1: latency, clock offset, share, readback rate and acceleration as at a beamline"},
      {"max_moves_per_min", "puts per minute while holding, default 20"},
      {"search_time_s", "a search ends by then"},
      {"step_um", "basic, dynamic-linear: coarse step; 0: from the expected width"},
      {"tolerance_um", "ternary: width of the last bracket; 0: from the expected width"},
      {"ceiling", "ratio above this is too bright; 0: learnt"},
      {"pause_s", "how long a search waits for beam"},
      {"drift_fwhm_per_sqrt_s", "drift that the tracker expects"},
      {"sweep_time_s", "how long a lost jet is looked for"},
      {"i0_floor", "calibrated lowest i0, in mean pulses; 0: not calibrated"},
  };
  return all;
}

Call check(Call call, const std::vector<std::string>& assignments) {
  if (call.trials == 0)
    throw CallError("--trials 0 measures nothing", "there would be no figures", "Give at least 1.");
  if (call.strategy.empty()) call.strategy = call.mode == Mode::acquire ? "adaptive" : "probe-and-hold";
  check_strategy(call.strategy, call.mode);
  std::vector<Assignment> parsed;
  for (const std::string& text : assignments) parsed.push_back(parse(text));

  call.plant = simulator::preset(call.preset);
  simulator::apply_scenario(call.plant, call.scenario, call.mode);
  for (const Assignment& each : parsed)
    if (each.key == "realistic" && each.value != 0) simulator::make_realistic(call.plant);
  for (const Assignment& each : parsed) assign(call, each);
  tell_settings(call);
  return call;
}

}  // namespace jt::bench
