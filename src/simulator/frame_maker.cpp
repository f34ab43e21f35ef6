#include "simulator/frame_maker.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

// Built with -ffp-contract=off (CMakeLists.txt). Doubles only decide the tables of a shot; pixels are whole
// numbers from there on.

namespace jt::simulator {
namespace {

enum Purpose : std::uint32_t { pixels_of_shot = 1, common_mode_of_shot = 2 };

constexpr std::int64_t unit = 4096;       // of `per_photon`
constexpr std::uint32_t many = 1u << 24;  // photons: beyond, every pixel is full

}  // namespace

FrameMaker::FrameMaker(const TwinDetector& detector, double photon_energy_ev, WordStream stream)
    : detector_(detector), stream_(stream), common_mode_(detector.common_mode()) {
  for (std::size_t i = 0; i < detector.ranges().size(); ++i) {
    const GainRange& range = detector.ranges()[i];
    const double per_photon = range.adu_per_kev * photon_energy_ev / 1000;
    ranges_.push_back({static_cast<std::int64_t>(std::floor(per_photon * unit + 0.5)), range.switches_at,
                       range.bits, range.adu_per_kev < 0, NoiseTable(range.noise),
                       detector.pedestals(i).data()});
  }
  for (std::size_t k = 0; k < TwinDetector::classes; ++k) {
    jet_.push_back(detector.peak_photons() * detector.profile().jet(detector.class_radius(k)));
    other_.push_back(detector.peak_photons() * detector.profile().background(detector.class_radius(k)));
  }
}

double FrameMaker::expected_in_class(std::size_t index, const Exposure& exposure) const {
  return std::clamp(exposure.jet * jet_[index] + exposure.other * other_[index], 0.0,
                    CountTable::largest_mean);
}

// Ranges after the first: a pixel takes the first one in which its number fits.
std::uint16_t FrameMaker::next_ranges(std::size_t pixel, std::uint32_t photons,
                                      std::uint32_t noise_word) const {
  for (std::size_t r = 1;; ++r) {
    const Range& range = ranges_[r];
    const std::int64_t number = range.pedestals[pixel] + (photons * range.per_photon) / unit +
                                ((range.noise(noise_word >> 16U) + 8) >> 4);
    const bool fits = range.falling ? number >= range.switches_at : number <= range.switches_at;
    if (fits || r + 1 == ranges_.size())
      return static_cast<std::uint16_t>(std::clamp<std::int64_t>(number, 0, detector_.top()) | range.bits);
  }
}

std::uint16_t FrameMaker::raw_word(std::size_t pixel, std::uint32_t photons, std::uint32_t noise_word,
                                   std::int32_t common_mode) const {
  const Range& range = ranges_.front();
  photons = std::min(photons, many);
  const std::int64_t sixteenths =
      (photons * range.per_photon + unit / 32) / (unit / 16) + range.noise(noise_word & 0xffff) + common_mode;
  const std::int64_t number = range.pedestals[pixel] + ((sixteenths + 8) >> 4);
  if (ranges_.size() > 1 && number > range.switches_at) return next_ranges(pixel, photons, noise_word);
  return static_cast<std::uint16_t>(std::clamp<std::int64_t>(number, 0, detector_.top()));
}

void FrameMaker::draw_common_mode(std::uint32_t shot, Workspace& workspace) const {
  const Shape shape = detector_.shape();
  const std::size_t per_row = ((shape.cols - 1) >> detector_.common_mode_shift()) + 1;
  const std::size_t groups = shape.panels * (shape.rows / detector_.common_mode_rows()) * per_row;
  workspace.common_mode.resize(groups);
  if (detector_.common_mode() == 0) {
    std::fill(workspace.common_mode.begin(), workspace.common_mode.end(), std::int16_t{0});
    return;
  }
  workspace.words.resize((groups + 3) / 4 * 4);
  fill_words({stream_.seed, stream_.run, common_mode_of_shot}, shot, 0, workspace.words);
  for (std::size_t g = 0; g < groups; ++g)
    workspace.common_mode[g] = static_cast<std::int16_t>(common_mode_(workspace.words[g] & 0xffff));
}

FrameSum FrameMaker::make(std::uint32_t shot, const Exposure& exposure, Workspace& workspace,
                          std::span<std::byte> pixels) const {
  const Shape shape = detector_.shape();
  assert(pixels.size() == 2 * shape.pixels() && shape.cols % 2 == 0);
  workspace.counts.resize(TwinDetector::classes);
  for (std::size_t k = 0; k < TwinDetector::classes; ++k)
    workspace.counts[k].set(expected_in_class(k, exposure));
  draw_common_mode(shot, workspace);

  FrameSum total;
  const unsigned shift = detector_.common_mode_shift();
  const std::size_t per_row = ((shape.cols - 1) >> shift) + 1;
  workspace.words.resize(2 * std::size_t{shape.cols});
  workspace.row.resize(shape.cols);
  const std::size_t rows = std::size_t{shape.panels} * shape.rows;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t first = row * shape.cols;
    fill_words({stream_.seed, stream_.run, pixels_of_shot}, shot, static_cast<std::uint32_t>(first / 2),
               workspace.words);
    const std::int16_t* common = workspace.common_mode.data() + row / detector_.common_mode_rows() * per_row;
    const std::uint16_t* classes = detector_.pixel_classes().data() + first;
    for (std::size_t col = 0; col < shape.cols; ++col) {
      const std::uint32_t photons = workspace.counts[classes[col]](workspace.words[2 * col]);
      total.photons += photons;
      workspace.row[col] = raw_word(first + col, photons, workspace.words[2 * col + 1], common[col >> shift]);
    }
    std::memcpy(pixels.data() + 2 * first, workspace.row.data(), 2 * std::size_t{shape.cols});
  }
  apply_flaws(shot, pixels);
  if (exposure.beam) fill_pixels_in_direct_light(pixels);
  add_up(pixels, total);
  return total;
}

void add_up(std::span<const std::byte> pixels, FrameSum& total) {
  std::uint16_t least = 0xffff, most = 0;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i + 1 < pixels.size(); i += 2) {
    std::uint16_t word;
    std::memcpy(&word, pixels.data() + i, 2);
    sum += word;
    least = std::min(least, word);
    most = std::max(most, word);
  }
  total.sum = sum;
  total.least = least;
  total.most = most;
}

// Dead: its pedestal. Hot: the end of the first range. Noisy: forty times the noise.
void FrameMaker::apply_flaws(std::uint32_t shot, std::span<std::byte> pixels) const {
  std::vector<std::uint32_t> words(4);
  for (const FlawedPixel& flawed : detector_.flaws()) {
    const std::size_t pixel = flawed.pixel;
    std::uint16_t word = 0;
    switch (flawed.flaw) {
      case Flaw::dead:
        word = ranges_.front().pedestals[pixel];
        break;
      case Flaw::hot:
        word = static_cast<std::uint16_t>(detector_.top());
        break;
      case Flaw::noisy: {
        fill_words({stream_.seed, stream_.run, pixels_of_shot}, shot, flawed.pixel / 2, words);
        const std::int32_t noise = ranges_.front().noise(words[2 * (pixel % 2) + 1] & 0xffff);
        word = static_cast<std::uint16_t>(std::clamp(ranges_.front().pedestals[pixel] + ((40 * noise) >> 4),
                                                     0, static_cast<std::int32_t>(detector_.top())));
        break;
      }
      case Flaw::in_direct_light:
        continue;
    }
    std::memcpy(pixels.data() + 2 * pixel, &word, 2);
  }
}

// The end of the last range.
void FrameMaker::fill_pixels_in_direct_light(std::span<std::byte> pixels) const {
  const Range& last = ranges_.back();
  const auto word = static_cast<std::uint16_t>((last.falling ? 0 : detector_.top()) | last.bits);
  for (const FlawedPixel& flawed : detector_.flaws())
    if (flawed.flaw == Flaw::in_direct_light)
      std::memcpy(pixels.data() + 2 * std::size_t{flawed.pixel}, &word, 2);
}

}  // namespace jt::simulator
