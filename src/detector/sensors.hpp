// The sensors that detectors are built of: where each pixel lies in its own sensor's frame.
// The leaves of a geometry tree (geometry.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/image.hpp"

namespace jt::detector {

// Two generations of the facility's software place a few pixels differently.
enum class SensorConvention : std::uint8_t {
  lcls1,  // what calibrations of LCLS-I runs are made with
  lcls2,  // EPIX10KA:V1 with 225 um wide pixels (250 before); JUNGFRAU:V2 chip borders moved into the gap
};

// One sensor type; pixel (row, col) lies at (x[i], y[i], 0) um, i = row * cols + col.
struct Sensor {
  std::uint32_t rows = 0, cols = 0;
  double pitch = 0;  // um, of a normal pixel
  std::vector<double> x, y;
};

// By the name in a geometry file: "SENS2X1:V1", "EPIX10KA:V1", "EPIX10KA:V2", "JUNGFRAU:V1", "JUNGFRAU:V2",
// "MTRX:rows:cols:pitch:pitch", "MTRX:V2:...". Nothing for other names: they are frames, not sensors.
// Throws Unreadable for a matrix whose sizes make no sense (none, or above 8192 x 8192).
std::optional<Sensor> make_sensor(std::string_view object_name, SensorConvention convention);

// Is it one, without making its pixels?
bool is_sensor(std::string_view object_name);

// The size of one whose name is_sensor(), without making its pixels. Throws as make_sensor().
Shape sensor_shape(std::string_view object_name);

}  // namespace jt::detector
