// Any detector, constants and words: every instruction set gives the same bits, and the plain reference's
// numbers. The first bytes choose the detector, the rest are the raw words of its frame.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "reduction/fused_average.hpp"
#include "reduction/plain_average.hpp"
#include "tests/reduction/made_detector.hpp"

namespace {

using namespace jt::reduction;
using jt::detector::SaturatedPixels;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fputs(what, stderr);
  std::abort();
}

std::unique_ptr<jt::detector::AreaDetector> detector_of(std::uint8_t kind, jt::Shape& shape,
                                                        made::Random& random) {
  const made::Oddities odd{.bad = 0.1, .not_finite = 0.05, .gain_zero = 0.05, .far_gain = 0.05};
  if (kind % 4 == 0) {  // row medians
    shape = {1 + kind / 4 % 2u, 16, 64};
    return made::jungfrau(shape, random, odd, {1, 100, kind % 3u * 5u}, jt::detector::jungfrau_banks);
  }
  if (kind % 4 == 1) {  // column medians
    shape = {1, 16, 32};
    return made::jungfrau(shape, random, odd, {2, 1000, kind % 3u * 5u}, {8, 32});
  }
  if (kind % 4 == 2) return made::jungfrau(shape, random, odd, {}, {});
  shape.panels = 1;
  return made::camera(shape, random, kind / 4 % 2 == 0);
}

PixelBins bins_of(const jt::detector::AreaDetector& detector, made::Random& random) {
  PixelBins bins;
  bins.bins = 1 + random() % 20;
  for (std::uint16_t c = 0; c < bins.bins; ++c) bins.cells.push_back({c, c});
  bins.pixels.assign(bins.bins, 0);
  for (const std::uint8_t good : detector.pixels().good) {
    bins.cell.push_back(good != 0 ? static_cast<std::uint16_t>(random() % bins.bins) : bins.nowhere());
    if (good != 0) ++bins.pixels[bins.cell.back()];
  }
  return bins;
}

// Errors are measured by what was added up: a bin of large values of both signs may come out near zero.
void compare(const std::vector<double>& profile, const jt::detector::AreaDetector& detector,
             const PixelBins& bins, const made::Frame& frame, SaturatedPixels saturated, double tolerance,
             std::size_t counted) {
  std::vector<float> values(bins.cell.size());
  require(detector.calibrate(frame.raw(), saturated, values) == counted,
          "another number of saturated pixels");
  std::vector<double> plain(bins.bins), size(bins.bins);
  plain_average(bins, values, plain);
  std::vector<double> largest(bins.bins, 0.0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (bins.cell[i] == bins.nowhere() || !std::isfinite(values[i])) continue;
    largest[bins.cell[i]] = std::max(largest[bins.cell[i]], std::abs(static_cast<double>(values[i])));
  }
  for (std::size_t k = 0; k < bins.bins; ++k) {
    require(std::isnan(plain[k]) == std::isnan(profile[k]), "a bin is empty in one of both");
    if (std::isnan(plain[k])) continue;
    require(std::abs(plain[k] - profile[k]) <= tolerance * largest[k] + 1e-9, "another mean");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 8) return 0;
  made::Random random(data[0] + 256u * data[1]);
  jt::Shape shape{1 + data[3] % 3u, 1 + data[4] % 40u, 1 + data[5] % 80u};
  const auto detector = detector_of(data[2], shape, random);
  const PixelBins bins = bins_of(*detector, random);
  const bool is_camera = !detector->raw_form()->flags.data();
  const jt::PixelType type = is_camera && data[6] % 3 == 0 ? jt::PixelType::u8 : jt::PixelType::u16;
  made::Frame frame(shape, type);
  frame.saturated_from = type == jt::PixelType::u8 ? 200 : 60000;
  for (std::size_t i = 0; i < shape.pixels(); ++i) {
    const std::size_t at = 8 + 2 * i % (size - 7);
    const unsigned low = at < size ? data[at] : 0u, high = at + 1 < size ? data[at + 1] : data[7];
    frame.set(i, static_cast<std::uint16_t>(low + 256 * high));
  }
  if (shape.panels > 1 && data[6] % 2 == 0) frame.lose_panel(0);

  WorkerPool pool(1);
  const auto saturated = data[6] % 5 == 0 ? SaturatedPixels::stay : SaturatedPixels::become_nan;
  for (const GainBits bits : {GainBits::exact, GainBits::sixteen}) {
    std::vector<double> first;
    for (const InstructionSet set : instruction_sets()) {
      const auto average = FusedAverage::make(*detector, bins, pool, {.bits = bits, .instructions = set});
      require(average != nullptr && average->takes(frame.raw()), "a frame of this detector is refused");
      std::vector<double> profile(bins.bins);
      FusedAverage::Job job{frame.raw(), profile, nullptr, 0};
      average->run({&job, 1}, saturated);
      if (first.empty()) {
        first = profile;
        compare(profile, *detector, bins, frame, saturated, bits == GainBits::exact ? 1e-6 : 1e-3,
                job.saturated);
      }
      require(std::memcmp(first.data(), profile.data(), first.size() * sizeof(double)) == 0,
              "instruction sets differ");
    }
  }
  return 0;
}
