// One area detector of one run, ready for use: constants, mask and pixel positions behind one face.
// Between `decode()` (raw frames) and `reduction` (which wants numbers and radii).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/image.hpp"
#include "detector/image_layout.hpp"
#include "detector/raw_form.hpp"

namespace jt::detector {

// Where the pixels of a detector lie, in the order panels x rows x columns.
struct PixelMap {
  enum class Unit : std::uint8_t { pixel, micrometre };
  Unit unit = Unit::pixel;
  Shape shape;
  // Pixel centres seen along the beam; x to the right, y down the picture. um: from the beam's origin in the
  // geometry; pixel: column and row of a camera.
  std::vector<double> x, y;
  std::vector<std::uint8_t> good;  // 1 good, 0 bad (mask, status, edges, non-finite constants)
  double distance_um = 0;          // sample to detector; 0 = not known
};

enum class SaturatedPixels : std::uint8_t { become_nan, stay };

class AreaDetector {
 public:
  virtual ~AreaDetector() = default;

  // Raw panels -> shape.pixels() float32 values (ADU for cameras and CSPAD, keV for the others). Saturated
  // pixels and those of absent panels become NaN ("do not use"), unless they shall stay: then saturated
  // pixels keep their value and absent ones are 0. Returns how many pixels
  // were saturated: all of a camera, the good ones of a panel detector (its dead pixels often read full
  // scale). Throws std::invalid_argument when the frame's shape is not the detector's.
  virtual std::size_t calibrate(const RawFrame& raw, SaturatedPixels saturated,
                                std::span<float> values) const = 0;

  // The values are float32 of the raw numbers and nothing else: fast kernels may then read the raw frame
  // itself.
  [[nodiscard]] virtual bool values_are_raw() const { return false; }

  // The arithmetic of calibrate(), for kernels that read raw frames; looks into this detector. Nothing when
  // it cannot be said that way (a common mode other than the medians).
  [[nodiscard]] virtual std::optional<RawForm> raw_form() const { return std::nullopt; }

  // Geometry and mask, in the same order as the values.
  [[nodiscard]] const PixelMap& pixels() const { return pixels_; }
  // Where the pixels land in an assembled picture, with gaps as zeros and the last pixel of a cell winning:
  // what the `original` ring model takes its means of. For cameras the picture is the frame.
  [[nodiscard]] const ImageLayout& layout() const { return layout_; }
  // The files that the constants came from, for the result's provenance.
  [[nodiscard]] const std::vector<std::string>& constants() const { return constants_; }
  // What a person should know: "no geometry deployed, nominal one used".
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 protected:
  PixelMap pixels_;
  ImageLayout layout_;
  std::vector<std::string> constants_, warnings_;
};

// A camera (Rayonix, Opal, ...): values are float32(raw), radii in pixels. `mask` has rows x cols entries or
// is empty. Throws SetupError when the mask's shape is another one.
std::unique_ptr<AreaDetector> make_camera(Shape shape, std::vector<std::uint8_t> mask);

}  // namespace jt::detector
