// A run made of numbers: a camera with a ring, an i0 monitor and a jet camera, shot by shot, as a ShotStream.
// For whole calibrations without files.
#pragma once

#include <cmath>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "calibration/run_calibration.hpp"

namespace jt::test {

struct MadeUpRun {
  struct Shot {
    double i0 = 1;
    double ring = 40;  // height in the frame, for i0 = 1
    bool has_i0 = true, has_frame = true, has_camera = true, has_code = true, is_excluded = false;
  };
  std::vector<Shot> shots;
  double radius = 30, sigma = 2, background = 20, centre_x = 64, centre_y = 64;
  std::size_t saturated_pixels = 0;  // per frame
  static constexpr std::uint32_t size = 128, camera_rows = 40, camera_cols = 60;
  double jet_column = 22.5;

  explicit MadeUpRun(std::size_t count, unsigned seed = 1) : shots(count) {
    std::mt19937 random(seed);
    std::normal_distribution<double> i0(1.0, 0.15);
    for (Shot& shot : shots) shot.i0 = i0(random);
  }
  [[nodiscard]] calibration::OpenShots open() const;
  static calibration::Settings settings() {
    calibration::Settings s;
    s.hutch = "xcs";
    s.experiment = "xcsmadeup";
    s.run = {7};
    s.event_code = {137};
    s.exclude_event_codes = {{162}};
    s.detector = {"area", size, size};
    s.i0_source = "BMMON";
    s.i0_quantity = "TotalIntensity";
    s.threads = 2;
    return s;
  }
};

class MadeUpStream : public calibration::ShotStream {
 public:
  explicit MadeUpStream(MadeUpRun run) : made_(std::move(run)), pixels_(made_.size * made_.size) {
    formats::DetectorInfo area, camera;
    area.source = "DetInfo(XcsEndstation.0:Rayonix.0)";
    area.alias = "area";
    area.kind = formats::DetectorKind::rayonix;
    area.shape = {1, made_.size, made_.size};
    camera.source = "DetInfo(XcsEndstation.0:Opal1000.1)";
    camera.alias = "jetcam";
    camera.kind = formats::DetectorKind::opal;
    camera.shape = {1, made_.camera_rows, made_.camera_cols};
    description_.detectors = {area, camera};
    formats::MonitorInfo monitor;
    monitor.name = "BMMON";
    monitor.source = "BldInfo(BMMON)";
    monitor.kind = formats::MonitorKind::beam_monitor;
    description_.monitors = {monitor};
    // The jet stands upright in the camera's picture.
    for (std::uint32_t row = 0; row < made_.camera_rows; ++row)
      for (std::uint32_t col = 0; col < made_.camera_cols; ++col) {
        const double u = (col - made_.jet_column) / 2;
        camera_.push_back(
            static_cast<std::uint16_t>(30 + (row * 7 + col * 3) % 3 + 400 * std::exp(-u * u / 2)));
      }
  }

  const formats::Event* next() override {
    if (at_ == made_.shots.size()) return nullptr;
    const MadeUpRun::Shot& shot = made_.shots[at_];
    event_.clear();
    event_.time = {1700000000 + static_cast<std::uint32_t>(at_ / 120),
                   static_cast<std::uint32_t>(at_ % 120) * 8000000};
    event_.fiducial = {static_cast<std::uint32_t>(3 * at_ % Fiducial::modulus)};
    event_.codes = {{40}};
    if (shot.has_code) event_.codes.push_back({137});
    if (shot.is_excluded) event_.codes.push_back({162});
    if (shot.has_i0) {
      formats::MonitorReading reading;
      reading.values[0] = shot.i0;
      event_.readings.push_back(reading);
    }
    if (shot.has_frame) add_frame(0, made_.size, made_.size, draw(shot));
    if (shot.has_camera) add_frame(1, made_.camera_rows, made_.camera_cols, camera_);
    ++at_;
    return &event_;
  }
  [[nodiscard]] const formats::RunDescription& run() const override { return description_; }

 private:
  const std::vector<std::uint16_t>& draw(const MadeUpRun::Shot& shot) {
    std::mt19937 random(static_cast<unsigned>(at_) + 1);
    for (std::uint32_t row = 0; row < made_.size; ++row)
      for (std::uint32_t col = 0; col < made_.size; ++col) {
        const double u =
            (std::hypot(col - made_.centre_x, row - made_.centre_y) - made_.radius) / made_.sigma;
        const double light = made_.background + shot.i0 * shot.ring * std::exp(-u * u / 2);
        const double noise = (static_cast<double>(random() % 1001) - 500) / 500 * 2;
        pixels_[row * made_.size + col] = static_cast<std::uint16_t>(std::max(0.0, light + noise + 0.5));
      }
    for (std::size_t i = 0; i < made_.saturated_pixels; ++i) pixels_[i * 7] = 65535;
    return pixels_;
  }
  void add_frame(std::size_t detector, std::uint32_t rows, std::uint32_t cols,
                 const std::vector<std::uint16_t>& pixels) {
    formats::Frame frame;
    frame.detector = detector;
    frame.shape = {1, rows, cols};
    frame.panel_count = 1;
    frame.panel_views[0] = {0, reinterpret_cast<const std::byte*>(pixels.data())};
    event_.frames.push_back(frame);
  }

  MadeUpRun made_;
  std::vector<std::uint16_t> pixels_, camera_;
  formats::RunDescription description_;
  formats::Event event_;
  std::size_t at_ = 0;
};

inline calibration::OpenShots MadeUpRun::open() const {
  return [run = *this](const calibration::ShotChoice&) { return std::make_unique<MadeUpStream>(run); };
}

}  // namespace jt::test
