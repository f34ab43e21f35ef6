// The jet camera's picture: a bright upright jet under its nozzle, uneven light, noise; 8 bit.
// Beside the area detector's frame in the twin's shots; both follow from the same jet position.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "simulator/pixel_random.hpp"
#include "simulator/twin_settings.hpp"

namespace jt::simulator {

class JetPicture {
 public:
  // `jet_radius_um` decides how wide the jet looks; the camera's own blur is 1.2 px rms.
  JetPicture(const JetCameraSettings& camera, double jet_radius_um, WordStream stream);

  // Column at which the jet's middle crosses the beam's row, for a jet at `position_um` from the beam.
  [[nodiscard]] double column(double position_um) const {
    return camera_.beam_col + position_um / camera_.um_per_px;
  }
  // Its column at another row: the jet is tilted.
  [[nodiscard]] double column(double position_um, double row) const {
    return column(position_um) + slope_ * (camera_.beam_row - row);
  }

  // rows x cols bytes. Depends on the stream, `shot` and the arguments only. The nozzle is there without a
  // jet, too. `words` is memory of the caller's.
  void make(std::uint32_t shot, double position_um, bool jet_seen, std::vector<std::uint32_t>& words,
            std::span<std::byte> pixels) const;

 private:
  JetCameraSettings camera_;
  double slope_, sigma_px_;
  WordStream stream_;
  NoiseTable noise_;
};

}  // namespace jt::simulator
