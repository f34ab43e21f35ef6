#include "simulator/twin_detector.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "detector/geometry.hpp"
#include "formats/xtc/encode.hpp"
#include "formats/xtc/encode_leaves.hpp"
#include "formats/xtc/names.hpp"

// Built with -ffp-contract=off (CMakeLists.txt).

namespace jt::simulator {
namespace {

namespace xtc = formats::xtc;

// The detector's own identity: its pedestals and flaws stay the same from run to run, whatever the seed.
constexpr std::uint64_t serial_number = 0x6a74'0001;
enum Purpose : std::uint32_t { pedestals_of_range = 0, which_are_flawed = 16 };

constexpr double rayonix_pixel_um = 44.271;  // unbinned
constexpr std::uint8_t rayonix_binning = 2, small_binning = 30;

// Numbers of the field: gains in ADU/keV as the facility deploys them; noise and pedestals of usual size.
constexpr GainRange epix_high{16.40, 0, 3000, 60, 8, 15800, 3};
constexpr GainRange epix_low{0.164, 0x4000, 2500, 40, 4, 0, 5};
constexpr GainRange jungfrau_0{41.5, 0, 2600, 100, 12, 13500, 0};
constexpr GainRange jungfrau_1{-1.39, 0x4000, 14500, 80, 4, 1500, 1};
constexpr GainRange jungfrau_2{-0.11, 0xC000, 14600, 80, 4, 0, 2};
// A camera: an offset of 10, and 10 ADU for a photon of 9.5 keV.
constexpr GainRange camera{10 / 9.5, 0, 10, 0, 2, 0, 0};

xtc::Src det_lab(std::string_view device) {
  return xtc::make_src({*xtc::detector_number("DetLab"), 0, *xtc::device_number(device), 0});
}

xtc::Payload epix_config() {
  GainSetup::Epix10kaPanel panel;  // auto high-low: pixel words 0, trbit 1
  panel.trbit = {1, 1, 1, 1};
  panel.pixel_config.assign(GainSetup::Epix10kaPanel::rows * GainSetup::Epix10kaPanel::cols, 0);
  const std::vector<GainSetup::Epix10kaPanel> panels(16, panel);
  return xtc::write_epix10ka_array_config(panels);
}

xtc::Payload jungfrau_config() {
  xtc::JungfrauConfig config;
  config.modules = 8;
  config.rows = 512;
  config.cols = 1024;
  config.bias_voltage = 200;
  config.exposure_time = 10e-6;
  config.module_info.resize(8);
  for (std::uint64_t i = 0; i < 8; ++i) config.module_info[i].serial = 100 + i;
  return xtc::write_jungfrau_config(config);
}

xtc::Payload rayonix_config(std::uint8_t binning) {
  xtc::RayonixConfig config;
  config.binning_fast = config.binning_slow = binning;
  config.readout_mode = 1;
  config.device_id = "MX170-HS:125";
  return xtc::write_rayonix_config(config);
}

}  // namespace

TwinDetector::TwinDetector(const TwinSettings& settings)
    : kind_(settings.detector.kind),
      radii_(place_pixels(settings)),
      profile_(settings.detector, settings.photon_energy_ev, farthest(radii_)) {
  take_kind(settings);
  make_recording();
  class_step_ = farthest(radii_) / (static_cast<double>(classes) - 0.5);
  pixel_classes_.reserve(radii_.size());
  for (const double radius : radii_)
    pixel_classes_.push_back(
        static_cast<std::uint16_t>(std::min(static_cast<std::size_t>(radius / class_step_), classes - 1)));
  radii_ = {};
  make_pedestals();
  make_flaws(settings.detector);
}

double TwinDetector::farthest(const std::vector<double>& radii) {
  return *std::max_element(radii.begin(), radii.end());
}

// Distances from the beam, um. Panels lie where the nominal geometry has them, at the twin's own distance.
std::vector<double> TwinDetector::place_pixels(const TwinSettings& settings) {
  std::vector<double> radii;
  if (kind_ == TwinDetectorKind::small_camera || kind_ == TwinDetectorKind::rayonix) {
    const std::uint32_t binning = kind_ == TwinDetectorKind::rayonix ? rayonix_binning : small_binning;
    const std::uint32_t side = 3840 / binning;
    shape_ = {1, side, side};
    pixel_um_ = rayonix_pixel_um * binning;
    for (std::uint32_t row = 0; row < side; ++row)
      for (std::uint32_t col = 0; col < side; ++col) {
        // a camera without a geometry is taken to be centred on the beam: column cols / 2, row rows / 2
        const double x = (static_cast<double>(col) - 0.5 * side) * pixel_um_;
        const double y = (static_cast<double>(row) - 0.5 * side) * pixel_um_;
        radii.push_back(std::sqrt(x * x + y * y));
      }
    return radii;
  }
  const bool epix = kind_ == TwinDetectorKind::epix10ka2m;
  geometry_ = *detector::nominal_geometry(
      epix ? detector::PanelFamily::epix10ka : detector::PanelFamily::jungfrau, epix ? 16 : 8);
  geometry_.back().z = -settings.detector.distance_mm * 1000;  // the line that puts all of it into the beam
  const detector::PixelPositions positions = detector::pose_pixels(geometry_);
  shape_ = positions.shape;
  pixel_um_ = positions.pitch;
  // The turns were made with the machine's own sine: positions are multiples of half a um but for its last
  // bits, which 1/1024 um takes away.
  const auto clean = [](double um) { return std::floor(um * 1024 + 0.5) / 1024; };
  for (std::size_t i = 0; i < positions.x.size(); ++i) {
    const double x = clean(positions.x[i]), y = clean(positions.y[i]);
    radii.push_back(std::sqrt(x * x + y * y));
  }
  return radii;
}

void TwinDetector::take_kind(const TwinSettings& settings) {
  std::string_view usual_alias;
  double usual_photons = 0, usual_common_mode = 0;
  switch (kind_) {
    case TwinDetectorKind::small_camera:
      usual_alias = "smallcam";
      usual_photons = 20;
      ranges_ = {camera};
      break;
    case TwinDetectorKind::rayonix:
      usual_alias = "Rayonix";
      usual_photons = 2;
      ranges_ = {camera};
      break;
    case TwinDetectorKind::epix10ka2m:
      usual_alias = "epix10k2M";
      usual_photons = 0.3;
      usual_common_mode = 2;
      common_mode_shift_ = 0;
      common_mode_rows_ = 176;
      ranges_ = {epix_high, epix_low};
      top_ = 0x3fff;
      break;
    case TwinDetectorKind::jungfrau4m:
      usual_alias = "jungfrau4M";
      usual_photons = 0.3;
      usual_common_mode = 5;
      common_mode_shift_ = 6;
      common_mode_rows_ = 1;
      ranges_ = {jungfrau_0, jungfrau_1, jungfrau_2};
      top_ = 0x3fff;
      break;
  }
  const TwinDetectorSettings& own = settings.detector;
  alias_ = own.alias.empty() ? std::string(usual_alias) : own.alias;
  peak_photons_ = own.peak_photons > 0 ? own.peak_photons : usual_photons;
  common_mode_ = is_camera() ? 0 : own.common_mode >= 0 ? own.common_mode : usual_common_mode;
  if (own.noise >= 0) ranges_.front().noise = own.noise;
}

void TwinDetector::make_recording() {
  switch (kind_) {
    case TwinDetectorKind::small_camera:
    case TwinDetectorKind::rayonix:
      src_ = det_lab("Rayonix");
      config_type_ = xtc::make_type(xtc::type_rayonix_config, 2);
      config_ = rayonix_config(kind_ == TwinDetectorKind::rayonix ? rayonix_binning : small_binning);
      frame_type_ = xtc::make_type(xtc::type_frame, 1);
      pixels_at_ = xtc::CameraFrame::header_size;
      payload_size_ = pixels_at_ + 2 * shape_.pixels();
      break;
    case TwinDetectorKind::epix10ka2m:
      src_ = det_lab("Epix10ka2M");
      config_type_ = xtc::make_type(xtc::type_epix10ka2m_config, 2);
      config_ = epix_config();
      frame_type_ = xtc::make_type(xtc::type_epix10ka_array, 1);
      pixels_at_ = 4;
      payload_size_ = xtc::layout::epix10ka_array_size(16);
      break;
    case TwinDetectorKind::jungfrau4m:
      src_ = det_lab("Jungfrau");
      config_type_ = xtc::make_type(xtc::type_jungfrau_config, 4);
      config_ = jungfrau_config();
      frame_type_ = xtc::make_type(xtc::type_jungfrau_element, 2);
      pixels_at_ = xtc::layout::jungfrau_element_v2_head + 8 * xtc::layout::jungfrau_module_info_size;
      payload_size_ = pixels_at_ + 2 * shape_.pixels();
      break;
  }
}

std::string TwinDetector::source() const { return xtc::psana_text(src_); }

void TwinDetector::write_head(std::span<std::byte> payload, std::uint32_t frame_number,
                              std::uint32_t fiducial) const {
  assert(payload.size() == payload_size_);
  const auto put = [&](std::size_t at, auto value) {
    std::memcpy(payload.data() + at, &value, sizeof value);
  };
  switch (kind_) {
    case TwinDetectorKind::small_camera:
    case TwinDetectorKind::rayonix:
      put(0, shape_.cols);
      put(4, shape_.rows);
      put(8, std::uint32_t{16});
      put(12, std::uint32_t{0});
      break;
    case TwinDetectorKind::epix10ka2m:
      put(0, frame_number);
      break;
    case TwinDetectorKind::jungfrau4m:
      put(0, std::uint64_t{frame_number});
      put(12, fiducial);
      break;
  }
}

void TwinDetector::make_pedestals() {
  pedestals_.resize(ranges_.size());
  std::vector<std::uint32_t> words(4096);
  for (std::size_t range = 0; range < ranges_.size(); ++range) {
    const NoiseTable spread(ranges_[range].pedestal_spread);
    const auto base = static_cast<std::int32_t>(16 * ranges_[range].pedestal);
    std::vector<std::uint16_t>& out = pedestals_[range];
    out.reserve(shape_.pixels());
    for (std::uint32_t block = 0; out.size() < shape_.pixels(); block += 1024) {
      fill_words({serial_number, 0, pedestals_of_range + static_cast<std::uint32_t>(range)}, 0, block, words);
      for (std::size_t i = 0; i < words.size() && out.size() < shape_.pixels(); ++i)
        out.push_back(static_cast<std::uint16_t>((base + spread(words[i] & 0xffff) + 8) >> 4));
    }
  }
}

// Each pixel has one flaw at most. Those in direct light lie anywhere, as the reflections that do it.
void TwinDetector::make_flaws(const TwinDetectorSettings& settings) {
  const std::size_t wanted = std::min<std::size_t>(
      std::size_t{settings.bad_pixels} + settings.saturating_pixels, shape_.pixels() / 4);
  std::vector<std::uint32_t> words(4);
  for (std::uint32_t block = 0; flaws_.size() < wanted; ++block) {
    fill_words({serial_number, 0, which_are_flawed}, 0, block, words);
    const auto pixel = static_cast<std::uint32_t>((std::uint64_t{words[0]} * shape_.pixels()) >> 32U);
    const bool known = std::any_of(flaws_.begin(), flaws_.end(),
                                   [&](const FlawedPixel& other) { return other.pixel == pixel; });
    if (known) continue;
    const bool bad = flaws_.size() < settings.bad_pixels;
    flaws_.push_back({pixel, bad ? static_cast<Flaw>(words[1] % 3) : Flaw::in_direct_light});
  }
}

}  // namespace jt::simulator
