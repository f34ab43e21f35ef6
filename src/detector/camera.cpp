#include <fmt/format.h>

#include <limits>
#include <stdexcept>

#include "core/errors.hpp"
#include "detector/area_detector.hpp"

namespace jt::detector {

namespace {

// Copies one camera picture into floats; saturated pixels are counted and may become NaN.
template <class Pixel>
std::size_t copy_pixels(const std::byte* pixels, std::uint32_t saturated_from, SaturatedPixels saturated,
                        std::span<float> values) {
  const float instead = std::numeric_limits<float>::quiet_NaN();
  std::size_t count = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    Pixel raw;
    std::memcpy(&raw, pixels + i * sizeof(Pixel), sizeof(Pixel));
    const bool full = static_cast<std::int64_t>(raw) >= saturated_from;
    count += full ? 1 : 0;
    values[i] = full && saturated == SaturatedPixels::become_nan ? instead : static_cast<float>(raw);
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
  }

  [[nodiscard]] bool values_are_raw() const override { return true; }

  std::size_t calibrate(const RawFrame& raw, SaturatedPixels saturated,
                        std::span<float> values) const override {
    if (raw.shape != pixels_.shape || values.size() != pixels_.shape.pixels())
      throw std::invalid_argument("a frame of another shape than the camera's");
    if (raw.panels.empty()) {
      std::fill(values.begin(), values.end(), 0.0f);
      return 0;
    }
    const std::byte* pixels = raw.panels.front().pixels;
    switch (raw.type) {
      case PixelType::u8:
        return copy_pixels<std::uint8_t>(pixels, raw.saturated_from, saturated, values);
      case PixelType::u16:
        return copy_pixels<std::uint16_t>(pixels, raw.saturated_from, saturated, values);
      case PixelType::i16:
        return copy_pixels<std::int16_t>(pixels, raw.saturated_from, saturated, values);
    }
    return 0;
  }
};

}  // namespace

std::unique_ptr<AreaDetector> make_camera(Shape shape, std::vector<std::uint8_t> mask) {
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

}  // namespace jt::detector
