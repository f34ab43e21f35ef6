#include "simulator/jet_picture.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "simulator/exact_math.hpp"

// Built with -ffp-contract=off (CMakeLists.txt).

namespace jt::simulator {
namespace {

constexpr std::uint32_t picture_of_shot = 3;
constexpr double blur_px = 1.2;
// The nozzle: a cone over the upper eighth of the picture, dimmer than the jet.
constexpr double nozzle_share = 0.125, nozzle_base_px = 16, nozzle_tip_px = 4, nozzle_height = 0.4;

double tangent(double degrees) {
  const double turns = degrees / 360;
  return exact::sin_turns(turns) / exact::sin_turns(0.25 - turns);
}

}  // namespace

JetPicture::JetPicture(const JetCameraSettings& camera, double jet_radius_um, WordStream stream)
    : camera_(camera), slope_(tangent(camera.tilt_deg)), stream_(stream), noise_(camera.noise) {
  const double half_px = jet_radius_um / camera.um_per_px;
  sigma_px_ = std::sqrt(blur_px * blur_px + 0.25 * half_px * half_px);  // a chord's rms is half its radius
  stream_.purpose = picture_of_shot;
}

void JetPicture::make(std::uint32_t shot, double position_um, bool jet_seen,
                      std::vector<std::uint32_t>& words, std::span<std::byte> pixels) const {
  const std::size_t rows = camera_.rows, cols = camera_.cols;
  assert(pixels.size() == rows * cols);
  words.resize((pixels.size() / 2 + 4) / 4 * 4);
  fill_words(stream_, shot, 0, words);
  const double tip = nozzle_share * static_cast<double>(rows);
  std::vector<double> line(cols);
  for (std::size_t row = 0; row < rows; ++row) {
    const double at = static_cast<double>(row);
    for (std::size_t col = 0; col < cols; ++col)
      line[col] = camera_.dark +
                  (camera_.light - camera_.dark) * static_cast<double>(col) / static_cast<double>(cols - 1);
    const double middle = column(position_um, at);
    const bool nozzle = at < tip;
    const double half = nozzle ? nozzle_base_px + (nozzle_tip_px - nozzle_base_px) * at / tip : 5 * sigma_px_;
    if (nozzle || jet_seen) {
      const auto limit = static_cast<double>(cols);
      const auto from = static_cast<std::size_t>(std::clamp(std::ceil(middle - half), 0.0, limit));
      const auto to = static_cast<std::size_t>(std::clamp(std::floor(middle + half) + 1, 0.0, limit));
      for (std::size_t col = from; col < to; ++col) {
        const double z = (static_cast<double>(col) - middle) / sigma_px_;
        line[col] +=
            nozzle ? nozzle_height * camera_.jet_height : camera_.jet_height * exact::exp(-0.5 * z * z);
      }
    }
    for (std::size_t col = 0; col < cols; ++col) {
      const std::size_t pixel = row * cols + col;
      const std::uint32_t word = words[pixel / 2];
      const std::int32_t noise = noise_(pixel % 2 == 0 ? word & 0xffff : word >> 16U);
      const auto level = static_cast<std::int32_t>(std::floor(line[col] * 16 + 0.5)) + noise;
      pixels[pixel] = static_cast<std::byte>(std::clamp((level + 8) >> 4, 0, 255));
    }
  }
}

}  // namespace jt::simulator
