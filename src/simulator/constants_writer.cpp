#include "simulator/constants_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <iterator>

#include "core/atomic_file.hpp"
#include "detector/geometry_file.hpp"
#include "detector/store.hpp"
#include "detector/text_array.hpp"

namespace jt::simulator {
namespace {

using detector::Array;
using detector::Constant;

constexpr std::string_view title = "made by jt's simulator";

// The store's gain ranges per pixel: 7 for the Epix10ka2M, 3 for the Jungfrau, 1 for cameras.
std::size_t stored_ranges(TwinDetectorKind kind) {
  if (kind == TwinDetectorKind::epix10ka2m) return 7;
  return kind == TwinDetectorKind::jungfrau4m ? 3 : 1;
}

// Nominal ADU/keV of each stored range, as the facility deploys them.
constexpr std::array<float, 7> epix_gains{16.40F, 5.466F, 0.164F, 16.40F, 5.466F, 0.164F, 0.164F};
constexpr std::array<float, 3> jungfrau_gains{41.5F, -1.39F, -0.11F};

std::vector<std::size_t> array_shape(const TwinDetector& twin) {
  const Shape shape = twin.shape();
  if (twin.is_camera()) return {shape.rows, shape.cols};
  return {stored_ranges(twin.kind()), shape.panels, shape.rows, shape.cols};
}

// Ranges that the twin never takes have the first one's pedestals.
std::string pedestals_text(const TwinDetector& twin) {
  Array<float> array{array_shape(twin), {}};
  const std::size_t ranges = stored_ranges(twin.kind());
  array.values.reserve(ranges * twin.shape().pixels());
  for (std::size_t stored = 0; stored < ranges; ++stored) {
    std::size_t own = 0;
    for (std::size_t r = 0; r < twin.ranges().size(); ++r)
      if (twin.ranges()[r].stored_as == stored) own = r;
    for (const std::uint16_t pedestal : twin.pedestals(own)) array.values.push_back(pedestal);
  }
  return detector::format_text_array(array, title);
}

std::string gains_text(const TwinDetector& twin) {
  Array<float> array{array_shape(twin), {}};
  const bool epix = twin.kind() == TwinDetectorKind::epix10ka2m;
  for (std::size_t stored = 0; stored < stored_ranges(twin.kind()); ++stored)
    array.values.insert(array.values.end(), twin.shape().pixels(),
                        epix ? epix_gains[stored] : jungfrau_gains[stored]);
  return detector::format_text_array(array, title);
}

// Bits of the field: 1 saturated, 2 hot rms, 4 cold.
std::string status_text(const TwinDetector& twin) {
  const std::size_t pixels = twin.shape().pixels(), ranges = stored_ranges(twin.kind());
  Array<std::uint16_t> array{array_shape(twin), std::vector<std::uint16_t>(ranges * pixels, 0)};
  for (const FlawedPixel& flawed : twin.flaws()) {
    if (flawed.flaw == Flaw::in_direct_light) continue;  // the pixel itself is good
    const std::uint16_t bit = flawed.flaw == Flaw::hot ? 1 : flawed.flaw == Flaw::noisy ? 2 : 4;
    for (std::size_t range = 0; range < ranges; ++range) array.values[range * pixels + flawed.pixel] = bit;
  }
  return detector::format_text_array(array, title);
}

bool holds_text(const std::filesystem::path& file, const std::string& text) {
  std::error_code reason;
  if (std::filesystem::file_size(file, reason) != text.size() || reason) return false;
  std::ifstream in(file, std::ios::binary);
  const std::string found(std::istreambuf_iterator<char>(in), {});
  return found == text;
}

}  // namespace

std::vector<std::filesystem::path> deploy_constants(const TwinDetector& twin,
                                                    const std::filesystem::path& calibration_folder,
                                                    RunNumber run) {
  const detector::CalibrationStore store(calibration_folder, twin.source());
  std::vector<std::filesystem::path> written;
  const auto deploy = [&](Constant constant, const std::function<std::string()>& make) {
    const std::string text = make();
    if (const auto file = store.find(constant, run); file && holds_text(*file, text)) return;
    const std::filesystem::path file =
        store.folder(constant) / fmt::format("{}-end.data", std::min(run.value, 9999));
    write_file_atomically(file, text, "the simulated run is calibrated with it");
    written.push_back(file);
  };
  deploy(Constant::pixel_status, [&] { return status_text(twin); });
  if (twin.is_camera()) return written;
  deploy(Constant::pedestals, [&] { return pedestals_text(twin); });
  deploy(Constant::pixel_gain, [&] { return gains_text(twin); });
  deploy(Constant::geometry, [&] { return detector::format_geometry(twin.geometry(), title); });
  return written;
}

}  // namespace jt::simulator
