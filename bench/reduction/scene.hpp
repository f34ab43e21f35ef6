// One detector of full size with realistic constants, its bins, and frames enough that none stays in a cache.
// What bench_reduction measures on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "detector/area_detector.hpp"
#include "reduction/pixel_bins.hpp"
#include "reduction/ring_window.hpp"

namespace bench {

struct Scene {
  std::string name;
  std::unique_ptr<jt::detector::AreaDetector> detector;
  std::unique_ptr<jt::detector::AreaDetector> with_common_mode;  // null where the detector has none
  jt::reduction::PixelBins bins;
  jt::reduction::RingWindow ring;
  std::vector<std::vector<std::byte>> bytes;  // one allocation per frame, panels one after the other
  std::vector<std::vector<jt::PanelView>> panels;
  jt::PixelType type = jt::PixelType::u16;

  [[nodiscard]] std::size_t frames() const { return bytes.size(); }
  [[nodiscard]] jt::RawFrame raw(std::size_t frame) const {
    return {type, detector->pixels().shape, 65535, panels[frame]};
  }
};

// Families by name; the first three are the default ones.
std::vector<std::string> scene_names(bool all);
Scene make_scene(const std::string& name);

}  // namespace bench
