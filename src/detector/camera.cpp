#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "core/errors.hpp"
#include "detector/masks.hpp"
#include "detector/panel_detector.hpp"
#include "detector/positions.hpp"

namespace jt::detector {

namespace {

// What is done to a raw camera pixel; both empty: nothing.
struct CameraConstants {
  std::vector<float> pedestals;
  std::vector<float> factors;  // gain and status: 0 for a bad pixel
};

// One camera picture into floats; saturated pixels are counted and may become NaN.
template <class Pixel>
std::size_t calibrate_pixels(const RawFrame& raw, const CameraConstants& constants, bool leave_out,
                             std::span<float> values) {
  const std::byte* pixels = raw.panels.front().pixels;
  std::size_t count = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    Pixel pixel;
    std::memcpy(&pixel, pixels + i * sizeof(Pixel), sizeof(Pixel));
    float value = static_cast<float>(pixel);
    if (!constants.pedestals.empty()) value -= constants.pedestals[i];
    if (!constants.factors.empty()) value *= constants.factors[i];
    if (static_cast<std::int64_t>(pixel) >= raw.saturated_from) {
      ++count;
      if (leave_out) value = std::numeric_limits<float>::quiet_NaN();
    }
    values[i] = value;
  }
  return count;
}

class Camera final : public AreaDetector {
 public:
  Camera(Shape shape, std::vector<std::uint8_t> mask) {
    pixels_.shape = shape;
    pixels_.good = mask.empty() ? std::vector<std::uint8_t>(shape.pixels(), 1) : std::move(mask);
    pixels_.x.reserve(shape.pixels());
    pixels_.y.reserve(shape.pixels());
    for (std::uint32_t row = 0; row < shape.rows; ++row)
      for (std::uint32_t col = 0; col < shape.cols; ++col) {
        pixels_.x.push_back(col);
        pixels_.y.push_back(row);
      }
    layout_ = frame_layout(shape);
  }

  // What the store has for it; see make_calibrated_camera().
  void take_constants(Constants& constants);

  [[nodiscard]] bool values_are_raw() const override {
    return values_.pedestals.empty() && values_.factors.empty();
  }

  [[nodiscard]] std::optional<RawForm> raw_form() const override {
    RawForm form;
    form.any_type = form.frame_says_full = form.counts_all_full = true;
    form.table = table_;
    return form;
  }

  std::size_t calibrate(const RawFrame& raw, SaturatedPixels saturated,
                        std::span<float> values) const override {
    if (raw.shape != pixels_.shape || values.size() != pixels_.shape.pixels())
      throw std::invalid_argument("a frame of another shape than the camera's");
    if (raw.panels.empty()) {
      std::fill(values.begin(), values.end(), 0.0f);
      return 0;
    }
    const bool leave_out = saturated == SaturatedPixels::become_nan;
    switch (raw.type) {
      case PixelType::u8:
        return calibrate_pixels<std::uint8_t>(raw, values_, leave_out, values);
      case PixelType::u16:
        return calibrate_pixels<std::uint16_t>(raw, values_, leave_out, values);
      case PixelType::i16:
        return calibrate_pixels<std::int16_t>(raw, values_, leave_out, values);
    }
    return 0;
  }

 private:
  void take_geometry(Constants& constants);
  void drop_not_finite();

  void lay_open();

  CameraConstants values_;
  std::vector<RawState> table_;  // the same, pixel by pixel; empty without constants
};

void Camera::take_constants(Constants& constants) {
  const Shape shape = pixels_.shape;
  const auto factor_of = [&](std::size_t i) -> float& {
    if (values_.factors.empty()) values_.factors.assign(shape.pixels(), 1.0f);
    return values_.factors[i];
  };
  // Without pedestals the field applies nothing else either.
  if (auto pedestals = constants.read<float>(Constant::pedestals, shape, 1, 1)) {
    values_.pedestals = std::move(*pedestals);
    if (auto gains = constants.read<float>(Constant::pixel_gain, shape, 1, 1))
      values_.factors = std::move(*gains);
    drop_not_finite();
    const Mask status = constants.read_status(shape, 1, 1);
    for (std::size_t i = 0; i < status.size(); ++i) factor_of(i) *= static_cast<float>(status[i]);
    combine(pixels_.good, status);
  } else {
    combine(pixels_.good, constants.read_status(shape, 1, 1));
  }
  if (const auto mask = constants.read<std::uint8_t>(Constant::pixel_mask, shape, 1, 1))
    combine(pixels_.good, *mask);
  take_geometry(constants);
  const auto common_mode = constants.read_common_mode();
  if (common_mode && !common_mode->empty() && common_mode->front() > 0)
    warnings_.push_back(fmt::format("the common mode deployed for {} is not applied: it is a camera",
                                    constants.place().name));
  constants_ = constants.files();
  lay_open();
}

void Camera::lay_open() {
  if (values_are_raw()) return;
  table_.resize(pixels_.shape.pixels());
  for (std::size_t i = 0; i < table_.size(); ++i)
    table_[i] = {values_.pedestals.empty() ? 0.0f : values_.pedestals[i],
                 values_.factors.empty() ? 1.0f : values_.factors[i]};
}

void Camera::drop_not_finite() {
  std::size_t count = 0;
  for (std::size_t i = 0; i < values_.pedestals.size(); ++i) {
    const bool finite =
        std::isfinite(values_.pedestals[i]) && (values_.factors.empty() || std::isfinite(values_.factors[i]));
    if (finite) continue;
    ++count;
    pixels_.good[i] = 0;
    values_.pedestals[i] = 0;
    if (values_.factors.empty()) values_.factors.assign(values_.pedestals.size(), 1.0f);
    values_.factors[i] = 0;
  }
  if (count != 0)
    warnings_.push_back(
        fmt::format("{} pixels are left out: their pedestal or gain is not a finite number", count));
}

void Camera::take_geometry(Constants& constants) {
  std::optional<PixelPositions> positions;
  try {
    positions = constants.read_geometry(pixels_.shape);
  } catch (const SetupError& reason) {
    // A geometry of another binning is common, and a camera is useful without.
    warnings_.push_back(fmt::format("{}: positions are in pixels", reason.problem()));
  }
  if (!positions) return;
  place_pixels(*positions, GeometryOrigin::deployed, pixels_);
  combine(pixels_.good, edge_mask(pixels_.shape));
}

std::unique_ptr<Camera> make(Shape shape, std::vector<std::uint8_t> mask) {
  if (shape.panels != 1 || !shape.known())
    throw SetupError(
        fmt::format("a camera of {} panels, {} x {} pixels", shape.panels, shape.rows, shape.cols),
        "a camera has one panel with pixels",
        "Is the configuration of this detector in the recording damaged?");
  if (!mask.empty() && mask.size() != shape.pixels())
    throw SetupError(fmt::format("the mask has {} entries", mask.size()),
                     fmt::format("the camera's frames are {} x {}", shape.rows, shape.cols),
                     "Give a mask of the camera's own shape?");
  return std::make_unique<Camera>(shape, std::move(mask));
}

}  // namespace

std::unique_ptr<AreaDetector> make_camera(Shape shape, std::vector<std::uint8_t> mask) {
  return make(shape, std::move(mask));
}

std::unique_ptr<AreaDetector> make_calibrated_camera(const RunPlace& place, Shape shape,
                                                     std::vector<std::uint8_t> mask) {
  auto camera = make(shape, std::move(mask));
  Constants constants(place);
  camera->take_constants(constants);
  return camera;
}

}  // namespace jt::detector
