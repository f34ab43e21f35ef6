#include "detector/sensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "detector/array.hpp"

namespace jt::detector {

namespace {

// Fills a sensor whose x depends on the column and y on the row only.
template <class X, class Y>
Sensor grid(std::uint32_t rows, std::uint32_t cols, double pitch, X x_of_col, Y y_of_row) {
  Sensor sensor{rows, cols, pitch, {}, {}};
  sensor.x.reserve(std::size_t{rows} * cols);
  sensor.y.reserve(std::size_t{rows} * cols);
  for (std::uint32_t row = 0; row < rows; ++row)
    for (std::uint32_t col = 0; col < cols; ++col) {
      sensor.x.push_back(x_of_col(static_cast<int>(col)));
      sensor.y.push_back(y_of_row(static_cast<int>(row)));
    }
  return sensor;
}

// CSPAD: two chips side by side, the two columns where they meet are 2.5 times as wide.
Sensor sens2x1() {
  constexpr double pitch = 109.92, wide = 274.8;
  return grid(
      185, 388, pitch,
      [](int col) {
        const int from_middle = col < 194 ? 193 - col : col - 194;
        const double x = from_middle * pitch + wide - pitch / 2;
        return col < 194 ? -x : x;
      },
      [](int row) { return 92 * pitch - row * pitch; });
}

// Four chips; the rows and columns where they meet are `wide`.
Sensor epix10ka(double wide) {
  constexpr double pitch = 100;
  const auto from_middle = [=](int at) { return at * pitch + wide - pitch / 2; };
  return grid(
      352, 384, pitch, [=](int col) { return col < 192 ? -from_middle(191 - col) : from_middle(col - 192); },
      [=](int row) { return row < 176 ? from_middle(175 - row) : -from_middle(row - 176); });
}

// Eight chips of 256 x 256 with gaps of two pixels. V1: y runs down, V2: up. With `nearer`, the pixels at a
// gap lie half a pixel inside it.
Sensor jungfrau(bool y_up, bool nearer) {
  constexpr double pitch = 75;
  constexpr std::array<double, 4> left{-514.5, -256.5, 1.5, 259.5};
  const auto shift = [=](int in_chip, bool gap_before, bool gap_behind) {
    if (!nearer) return 0.0;
    if (in_chip == 0 && gap_before) return -0.5;
    return in_chip == 255 && gap_behind ? 0.5 : 0.0;
  };
  return grid(
      512, 1024, pitch,
      [=](int col) {
        const int chip = col / 256, in_chip = col % 256;
        return (in_chip + left[static_cast<std::size_t>(chip)] + shift(in_chip, chip > 0, chip < 3)) * pitch;
      },
      [=](int row) {
        const int half = row / 256, in_chip = row % 256;
        const double moved = shift(in_chip, half == 1, half == 0);
        return y_up ? ((half == 0 ? -256.5 : 1.5) + in_chip + moved) * pitch
                    : ((half == 0 ? 256.5 : -1.5) - in_chip - moved) * pitch;
      });
}

double matrix_number(std::string_view word, std::string_view name) {
  double value = 0;
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || stop != word.data() + word.size() || !(value > 0 && value <= 1e9))
    throw Unreadable(fmt::format("the sensor '{}' has no size", name.substr(0, 60)));
  return value;
}

// MTRX:rows:cols:pitch along a row of rows:pitch along columns; V2 has its origin in the centre.
struct Matrix {
  std::uint32_t rows, cols;
  double row_pitch, col_pitch;
  bool centred;
};

Matrix read_matrix(std::string_view name) {
  std::string_view rest = name.substr(5);
  const bool centred = rest.starts_with("V2:");
  if (centred) rest.remove_prefix(3);
  std::array<double, 4> numbers{};
  for (std::size_t k = 0; k < numbers.size(); ++k) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    numbers[k] = matrix_number(rest.substr(0, end), name);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const auto [rows, cols, row_pitch, col_pitch] = numbers;
  constexpr double largest = 8192;
  if (!rest.empty() || rows > largest || cols > largest || rows != std::floor(rows) ||
      cols != std::floor(cols))
    throw Unreadable(fmt::format("the sensor '{}' has no size", name.substr(0, 60)));
  return {static_cast<std::uint32_t>(rows), static_cast<std::uint32_t>(cols), row_pitch, col_pitch, centred};
}

Sensor make_matrix(const Matrix& of) {
  Sensor sensor{of.rows, of.cols, std::min(of.row_pitch, of.col_pitch), {}, {}};
  const double middle_row = (of.rows - 1.0) / 2, middle_col = (of.cols - 1.0) / 2;
  for (std::uint32_t row = 0; row < of.rows; ++row)
    for (std::uint32_t col = 0; col < of.cols; ++col) {
      sensor.x.push_back(of.centred ? (col - middle_col) * of.col_pitch : row * of.row_pitch);
      sensor.y.push_back(of.centred ? -(row - middle_row) * of.row_pitch : col * of.col_pitch);
    }
  return sensor;
}

}  // namespace

bool is_sensor(std::string_view name) {
  constexpr std::array<std::string_view, 5> known{"SENS2X1:V1", "EPIX10KA:V1", "EPIX10KA:V2", "JUNGFRAU:V1",
                                                  "JUNGFRAU:V2"};
  return std::find(known.begin(), known.end(), name) != known.end() || name.starts_with("MTRX:");
}

std::optional<Sensor> make_sensor(std::string_view name, SensorConvention convention) {
  const bool lcls2 = convention == SensorConvention::lcls2;
  if (name == "SENS2X1:V1") return sens2x1();
  if (name == "EPIX10KA:V1") return epix10ka(lcls2 ? 225 : 250);
  if (name == "EPIX10KA:V2") return epix10ka(225);
  if (name == "JUNGFRAU:V1") return jungfrau(false, false);
  if (name == "JUNGFRAU:V2") return jungfrau(true, lcls2);
  if (name.starts_with("MTRX:")) return make_matrix(read_matrix(name));
  return std::nullopt;
}

Shape sensor_shape(std::string_view name) {
  if (name.starts_with("SENS2X1:")) return {1, 185, 388};
  if (name.starts_with("EPIX10KA:")) return {1, 352, 384};
  if (name.starts_with("JUNGFRAU:")) return {1, 512, 1024};
  const Matrix matrix = read_matrix(name);
  return {1, matrix.rows, matrix.cols};
}

}  // namespace jt::detector
