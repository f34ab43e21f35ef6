// An area detector of the twin: where its pixels lie, what they read without light, how they are recorded.
// Made once per run; frame_maker.hpp exposes it, constants_writer.hpp deploys its constants.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/image.hpp"
#include "detector/nominal.hpp"
#include "formats/xtc/datagram.hpp"
#include "simulator/pixel_random.hpp"
#include "simulator/ring_profile.hpp"
#include "simulator/twin_settings.hpp"

namespace jt::simulator {

// One gain range of a detector. A pixel whose number would pass `switches_at` takes the next range.
struct GainRange {
  double adu_per_kev = 0;                    // negative: light lowers the number
  std::uint16_t bits = 0;                    // in the raw word
  double pedestal = 0, pedestal_spread = 0;  // ADU, rms from pixel to pixel
  double noise = 0;                          // rms, ADU
  std::int32_t switches_at = 0;
  std::size_t stored_as = 0;  // index among the ranges of the calibration store
};

enum class Flaw : std::uint8_t { dead, hot, noisy, in_direct_light };
struct FlawedPixel {
  std::uint32_t pixel = 0;
  Flaw flaw = Flaw::dead;
};

class TwinDetector {
 public:
  static constexpr std::size_t classes = 1024;  // of distance from the beam

  // Throws CallError as RingProfile does.
  explicit TwinDetector(const TwinSettings& settings);

  // The whole of it.
  [[nodiscard]] TwinDetectorKind kind() const { return kind_; }
  [[nodiscard]] Shape shape() const { return shape_; }
  [[nodiscard]] const std::string& alias() const { return alias_; }
  [[nodiscard]] std::string source() const;  // "DetInfo(DetLab.0:Rayonix.0)"
  [[nodiscard]] bool is_camera() const { return ranges_.size() == 1; }
  [[nodiscard]] const RingProfile& profile() const { return profile_; }
  [[nodiscard]] double pixel_um() const { return pixel_um_; }
  [[nodiscard]] double peak_photons() const { return peak_photons_; }

  // Its pixels, panels x rows x columns.
  [[nodiscard]] const std::vector<std::uint16_t>& pixel_classes() const { return pixel_classes_; }
  [[nodiscard]] double class_radius(std::size_t index) const {
    return (static_cast<double>(index) + 0.5) * class_step_;
  }
  [[nodiscard]] const std::vector<GainRange>& ranges() const { return ranges_; }
  [[nodiscard]] const std::vector<std::uint16_t>& pedestals(std::size_t range) const {
    return pedestals_[range];
  }
  [[nodiscard]] std::uint32_t top() const { return top_; }  // of the number without its gain bits
  [[nodiscard]] const std::vector<FlawedPixel>& flaws() const { return flaws_; }

  // Pixels of a row that share a common mode: 2^common_mode_shift columns; rows that share one.
  [[nodiscard]] double common_mode() const { return common_mode_; }
  [[nodiscard]] unsigned common_mode_shift() const { return common_mode_shift_; }
  [[nodiscard]] std::uint32_t common_mode_rows() const { return common_mode_rows_; }

  // How it is recorded.
  [[nodiscard]] formats::xtc::Src src() const { return src_; }
  [[nodiscard]] formats::xtc::TypeId config_type() const { return config_type_; }
  [[nodiscard]] const std::vector<std::byte>& config() const { return config_; }
  [[nodiscard]] formats::xtc::TypeId frame_type() const { return frame_type_; }
  // A frame's payload without light: its head is there, pixels (from pixels_at(), 2 bytes each) are 0.
  [[nodiscard]] std::size_t payload_size() const { return payload_size_; }
  [[nodiscard]] std::size_t pixels_at() const { return pixels_at_; }
  void write_head(std::span<std::byte> payload, std::uint32_t frame_number, std::uint32_t fiducial) const;

  // The geometry that belongs to it; empty for cameras.
  [[nodiscard]] const std::vector<detector::GeometryLine>& geometry() const { return geometry_; }

 private:
  std::vector<double> place_pixels(const TwinSettings& settings);
  void take_kind(const TwinSettings& settings);
  void make_recording();
  void make_pedestals();
  void make_flaws(const TwinDetectorSettings& settings);
  static double farthest(const std::vector<double>& radii);

  TwinDetectorKind kind_;
  Shape shape_;
  std::string alias_;
  double pixel_um_ = 0, peak_photons_ = 0, common_mode_ = 0, class_step_ = 0;
  unsigned common_mode_shift_ = 31;
  std::uint32_t common_mode_rows_ = 1, top_ = 0xffff;
  std::vector<GainRange> ranges_;
  std::vector<detector::GeometryLine> geometry_;
  std::vector<double> radii_;  // gone once the classes are there
  RingProfile profile_;
  std::vector<std::uint16_t> pixel_classes_;
  std::vector<std::vector<std::uint16_t>> pedestals_;  // per range
  std::vector<FlawedPixel> flaws_;

  formats::xtc::Src src_;
  formats::xtc::TypeId config_type_, frame_type_;
  std::vector<std::byte> config_;
  std::size_t payload_size_ = 0, pixels_at_ = 0;
};

}  // namespace jt::simulator
