// Cameras: the common Frame and the configurations of Opal, Rayonix and IOC-controlled cameras.
// Read by `decode()`: a Frame's pixels are viewed where they lie; a configuration says which shape to expect.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/xtc/read.hpp"

namespace jt::formats::xtc {

inline constexpr std::uint16_t type_frame = 2, type_opal_config = 6, type_frame_fex_config = 7,
                               type_rayonix_config = 73, type_controls_camera_config = 105,
                               type_alvium_config = 122, type_vimba_frame = 123;

// Frame v1: four words, then height x width pixels of 1 byte (depth <= 8) or 2.
struct CameraFrame {
  static constexpr std::size_t header_size = 16;
  std::uint32_t width = 0, height = 0;
  std::uint32_t depth = 0;   // bits per pixel
  std::uint32_t offset = 0;  // the camera's pedestal, ADU
  Bytes pixels;              // exactly width * height pixels
  [[nodiscard]] PixelType pixel_type() const { return depth <= 8 ? PixelType::u8 : PixelType::u16; }
};
Read<CameraFrame> read_frame(Bytes payload, std::uint16_t version);
// The header alone (needs its 16 bytes): `pixels` stays empty. Refused when its size is not a camera's.
Read<CameraFrame> read_frame_header(Bytes header);

// Opal1kConfig v1: all Opal cameras.
struct OpalConfig {
  std::uint16_t black_level = 0, gain_percent = 0;
  std::uint32_t depth = 0;  // 8, 10 or 12 bits
  std::uint32_t binning = 0, mirroring = 0;
  bool remap = false, defect_correction = false;
  std::vector<std::uint16_t> lookup_table;  // 4096 entries or none
  struct Pixel {
    std::uint16_t col = 0, row = 0;
    bool operator==(const Pixel&) const = default;
  };
  std::vector<Pixel> defects;
};
Read<OpalConfig> read_opal_config(Bytes payload, std::uint16_t version);

// FrameFexConfig v1: what part of a camera's frame the DAQ sends on.
struct FrameFexConfig {
  enum class Forwarding : std::uint32_t { none, full_frame, region };
  std::uint32_t forwarding = 0;  // a Forwarding, as stored
  std::uint32_t prescale = 0, processing = 0;
  OpalConfig::Pixel begin, end;  // of the region; end is one past the last
  std::uint32_t threshold = 0;
  std::vector<OpalConfig::Pixel> masked;
};
Read<FrameFexConfig> read_frame_fex_config(Bytes payload, std::uint16_t version);

// ControlsCameraConfig v1: a camera that an IOC reads.
struct ControlsCameraConfig {
  std::uint32_t width = 0, height = 0, depth = 0, colour = 0;
  double exposure = 0, gain = 0;
  std::string maker, model;
};
Read<ControlsCameraConfig> read_controls_camera_config(Bytes payload, std::uint16_t version);

// RayonixConfig v1, v2 (same size).
struct RayonixConfig {
  std::uint8_t binning_fast = 0, binning_slow = 0;
  std::int16_t test_pattern = 0;  // v2 only
  std::uint32_t exposure = 0, trigger = 0;
  std::uint16_t raw_mode = 0, dark_flag = 0;
  std::uint32_t readout_mode = 0;  // v2: 1 standard, 2 high gain, 3 low noise, 4 HDR; v1 numbers otherwise
  std::string device_id;           // "MX170-HS:125"
  // rows x cols after binning: 7680 for the MX340-HS, else 3840, divided. Unknown when the binning is 0.
  [[nodiscard]] Shape shape() const;
};
Read<RayonixConfig> read_rayonix_config(Bytes payload, std::uint16_t version);

// AlviumConfig v1: an Alvium camera, read by Vimba.
struct AlviumConfig {
  std::uint32_t width = 0, height = 0;  // of the region that is sent
  std::uint32_t depth = 0;              // 8, 10 or 12 bits, in 16-bit pixels
};
Read<AlviumConfig> read_alvium_config(Bytes payload, std::uint16_t version);

// VimbaFrame v1: u64 frame number, u64 camera clock, then height x width u16; sizes are the configuration's.
Read<CameraFrame> read_vimba_frame(Bytes payload, std::uint16_t version, const AlviumConfig& config);

// The sensor of a camera by its device number (Opal1000 ...): {1, rows, cols}; unknown for others. The first
// frame has the last word on a camera's shape.
Shape opal_shape(std::uint8_t device);
// Which kind of camera a device number is.
DetectorKind camera_kind(std::uint8_t device);

namespace layout {
inline constexpr std::size_t opal_config_size = 12, opal_lookup_entries = 4096, frame_fex_config_size = 28,
                             controls_camera_config_size = 128, rayonix_config_size = 60,
                             alvium_config_size = 464, alvium_pixel_mode = 10, alvium_width = 12,
                             vimba_frame_head = 16;
}

}  // namespace jt::formats::xtc
