#include "simulator/plant_scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace jt::simulator {
namespace {

constexpr double ten_percent = 0.1;

struct Entry {
  Scenario scenario;
  void (*change)(PlantSettings&, Mode);
};

void beam_event(PlantSettings& s, double kind) {
  s.beam_event = kind;
  s.beam_from_s = 60;
  s.beam_to_s = 80;
}

// In a track every scenario but clean and walk has full drift and 10 % dropped; in a search 10 % dropped.
constexpr std::array entries{
    Entry{{"clean", "nothing but noise"},
          [](PlantSettings& s, Mode) {
            s.dropped = 0;
            s.drift = 0;
          }},
    Entry{{"dropped", "10 % of the pulses dropped, flagged"}, [](PlantSettings&, Mode) {}},
    Entry{
        {"bad", "dropped, of these 20 % unflagged; jet interrupted 8 % of the time, 3 % bubbles, 1 % spikes"},
        [](PlantSettings& s, Mode) {
          s.unflagged = 0.2;
          s.jet_off = 0.08;
          s.bubbles = 0.03;
          s.spikes = 0.01;
        }},
    Entry{{"drift", "dropped, and the jet drifts"}, [](PlantSettings& s, Mode) { s.drift = 2; }},
    Entry{{"none", "there is no jet"}, [](PlantSettings& s, Mode) { s.jet_present = 0; }},
    Entry{{"decoy", "a bright edge 50-500 um wide beside the jet"},
          [](PlantSettings& s, Mode) { s.decoy = 1; }},
    Entry{{"ice", "scatter from ice grows by the jet's signal every 20 s, in a track from 60 s on"},
          [](PlantSettings& s, Mode mode) {
            s.ice_per_s = 0.05;
            s.ice_from_s = mode == Mode::track ? 60 : 0;
          }},
    Entry{{"walk", "random walk only, nothing dropped"},
          [](PlantSettings& s, Mode) {
            s.dropped = 0;
            s.drift = 1;
          }},
    Entry{{"jump", "the jet jumps at 60 s"}, [](PlantSettings& s, Mode) { s.jump_s = 60; }},
    Entry{{"beamloss", "no beam from 60 to 80 s, flagged"}, [](PlantSettings& s, Mode) { beam_event(s, 1); }},
    Entry{{"beamloss-unflagged", "no beam from 60 to 80 s, not flagged"},
          [](PlantSettings& s, Mode) { beam_event(s, 2); }},
    Entry{{"rampdown", "the pulse energy falls to 2 % from 60 to 70 s, and is back at 80 s"},
          [](PlantSettings& s, Mode) { beam_event(s, 3); }},
    Entry{{"picker", "the pulse picker is shut from 60 to 80 s"},
          [](PlantSettings& s, Mode) { beam_event(s, 4); }},
    Entry{{"attenuator", "the beam changes by a factor of 0.01 to 10 from 60 to 80 s"},
          [](PlantSettings& s, Mode) { beam_event(s, 5); }},
    Entry{{"mirror", "the beam moves by 5 um from 60 to 80 s"},
          [](PlantSettings& s, Mode) { beam_event(s, 6); }},
    Entry{{"saturated", "the detector's top is reached at 60 % of the jet's signal"},
          [](PlantSettings& s, Mode) { s.saturation = 0.6; }},
    Entry{{"jetstop", "the jet stops from 120 to 135 s"},
          [](PlantSettings& s, Mode) {
            s.stop_from_s = 120;
            s.stop_to_s = 135;
          }},
    Entry{{"sample", "another sample at 60 s: a gap, then another signal and background"},
          [](PlantSettings& s, Mode) { s.sample_s = 60; }},
};

}  // namespace

std::span<const Scenario> scenarios() {
  static const std::vector<Scenario> all = [] {
    std::vector<Scenario> result;
    for (const Entry& entry : entries) result.push_back(entry.scenario);
    return result;
  }();
  return all;
}

void apply_scenario(PlantSettings& settings, std::string_view name, Mode mode) {
  const auto* const found =
      std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.scenario.name == name; });
  if (found == entries.end()) {
    std::vector<std::string> names;
    for (const Entry& entry : entries) names.emplace_back(entry.scenario.name);
    throw CallError(fmt::format("there is no scenario {}", name), "it says what happens to beam and jet",
                    fmt::format("Did you mean {}? There are {}.", nearest_first(name, names).front(),
                                list_in_words(names)));
  }
  settings.dropped = ten_percent;
  settings.drift = mode == Mode::track ? 2 : 0;
  found->change(settings, mode);
}

}  // namespace jt::simulator
