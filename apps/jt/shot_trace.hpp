// The walk of one shot, stop by stop, with the values found there.
// Shown by `jt trace`: stop 1 the bytes, stop 2 what they say, stop 3 profile, ring sum and ratio.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/jt/config.hpp"
#include "apps/jt/run_reader.hpp"
#include "calibration/settings.hpp"
#include "core/image.hpp"

namespace jt::app {

// Lowest, highest, sum and mean of a raw frame's pixels as stored, over the panels that are there.
struct PixelStatistics {
  std::uint64_t pixels = 0;
  std::int64_t low = 0, high = 0, sum = 0;
  [[nodiscard]] double mean() const;  // NaN without pixels
};
PixelStatistics statistics_of(const RawFrame& raw);

// What `reduce_shot` makes of the shot; `skipped` says why it was not asked.
struct TracedReduction {
  std::string skipped;      // empty: it was
  std::string calibration;  // the result file whose window is used; empty: none there yet
  std::string dropped;      // the cause why the shot goes no further; empty: it is used
  std::string i0_name;
  double i0 = 0, ring = 0, ratio = 0;
  int window_first = 0, window_last = 0;
  std::size_t saturated = 0;
  std::vector<double> edges, profile;  // radius in radius_unit; empty without a frame
  std::string radius_unit;             // px for a camera, um for panels
};

struct ShotTrace {
  std::uint64_t shot = 0;
  struct Place {
    std::string file;
    std::uint32_t stream = 0, chunk = 0;
    std::uint64_t offset = 0, size = 0;
  };
  Place main;
  std::vector<Place> joined;
  formats::RunDescription run;
  std::uint64_t shots_before = 0;
  formats::Event event;  // its frames' pixels are gone; see frames
  struct TracedFrame {
    std::size_t detector = 0;
    Shape shape;
    std::string pixel_type;
    std::vector<int> panels;
    PixelStatistics pixels;
  };
  std::vector<TracedFrame> frames;
  struct Refusal {
    std::string cause, source, type;
  };
  std::vector<Refusal> refused;
  TracedReduction reduction;
};

// Walks shot `shot` of the run (merged L1Accepts of the DAQ streams, from 0). Throws SetupError when the run
// has fewer shots.
ShotTrace trace_shot(const ChosenRun& chosen, const Config& config, std::uint64_t shot);

nlohmann::ordered_json trace_json(const ChosenRun& chosen, const ShotTrace& trace);
std::string trace_words(const ChosenRun& chosen, const ShotTrace& trace);

}  // namespace jt::app
