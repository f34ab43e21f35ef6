// Writes the payload of every type that the decoder reads: the mirror of the read_...() functions.
// Used by the simulator and the tests; each gives the bytes for DatagramWriter::leaf().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "formats/xtc/bld.hpp"
#include "formats/xtc/camera.hpp"
#include "formats/xtc/compression.hpp"
#include "formats/xtc/control.hpp"
#include "formats/xtc/cspad.hpp"
#include "formats/xtc/epics.hpp"
#include "formats/xtc/epix.hpp"
#include "formats/xtc/evr.hpp"
#include "formats/xtc/jungfrau.hpp"

namespace jt::formats::xtc {

using Payload = std::vector<std::byte>;

// The version to write is the last argument where a type has more than one; others have the only one there
// is.

// evr.hpp
Payload write_evr_data(std::span<const FifoEvent> events);
Payload write_evr_config(const EvrConfig& config, std::uint16_t version = 7);

// control.hpp
Payload write_alias_config(std::span<const SourceAlias> aliases);
Payload write_partition_config(const PartitionConfig& config, std::uint16_t version = 2);
Payload write_control_config(const ControlConfig& config);

// bld.hpp; values in the order of quantities(kind)
Payload write_gas_detector(const std::array<double, 6>& values, std::uint16_t version = 1);
Payload write_beam_monitor(const std::array<double, 19>& values,
                           const std::array<std::uint16_t, 16>& peak_times = {});
Payload write_ebeam(const std::array<double, 20>& values, std::uint32_t damage_mask = 0);
Payload write_phase_cavity(const std::array<double, 4>& values);
Payload write_ipm_fex(const std::array<float, 7>& values);
Payload write_ipimb_data(const IpimbData& data);
Payload write_ipimb_config(const IpimbConfig& config);
Payload write_ipm_fex_config(const IpmFexConfig& config);
Payload write_shared_ipimb(const IpimbData& data, const IpimbConfig& config,
                           const std::array<float, 7>& values);

// camera.hpp; `pixels` of a frame hold width * height pixels of 1 byte (depth <= 8) or 2
Payload write_frame(const CameraFrame& frame);
Payload write_opal_config(const OpalConfig& config);
Payload write_frame_fex_config(const FrameFexConfig& config);
Payload write_controls_camera_config(const ControlsCameraConfig& config);
Payload write_rayonix_config(const RayonixConfig& config, std::uint16_t version = 2);
Payload write_alvium_config(const AlviumConfig& config);
Payload write_vimba_frame(std::uint64_t frame_number, Bytes pixels);

// epix.hpp; the frames come as panels x rows x cols of u16
struct EpixLayout {  // an Epix100a or Epix10ka as a grid of ASICs
  std::uint32_t asics_per_row = 2, asics_per_col = 2;
  std::uint32_t rows_per_asic = 352, cols_per_asic = 384;
  std::uint32_t calibration_rows_per_asic = 2, environmental_rows_per_asic = 1;
  std::uint32_t excluded_rows = 0;  // EpixConfig v1 only
};
Payload write_epix_config(const EpixLayout& layout);
Payload write_epix100a_config(const EpixLayout& layout, std::uint16_t version = 2);
Payload write_epix10ka_config(const GainSetup::Epix10kaPanel& panel, std::uint16_t version = 2);
Payload write_epix_element(const EpixSize& size, std::uint32_t frame_number,
                           std::span<const std::uint16_t> pixels);
// 16 panels: the 2M; 4 panels: the quad.
Payload write_epix10ka_array_config(std::span<const GainSetup::Epix10kaPanel> panels,
                                    std::uint16_t version = 2);
Payload write_epix10ka_array(std::uint32_t frame_number, std::span<const std::uint16_t> pixels);

// jungfrau.hpp
Payload write_jungfrau_config(const JungfrauConfig& config, std::uint16_t version = 4);
Payload write_jungfrau_element(const JungfrauFrame& frame, Shape shape, std::uint16_t version = 2);

// cspad.hpp: quads in the order given, each with its sections in ascending order (185 x 388 i16 each)
Payload write_cspad_config(const CspadConfig& config, std::uint16_t version = 5);
struct CspadQuadFrame {
  std::uint32_t quad = 0;
  std::span<const std::int16_t> sections;
};
Payload write_cspad_element(std::span<const CspadQuadFrame> quads, std::uint32_t fiducial = 0);

// epics.hpp
Payload write_epics_config(std::span<const EpicsAlias> aliases);
Payload write_epics_name(std::int16_t pv_id, std::string_view name);  // a CTRL record of a double
// A TIME record of DBR type 15 short, 16 float, 17 enum, 18 char, 19 long or 20 double.
Payload write_epics_value(const EpicsValue& value, std::int16_t dbr_type = 20);

// compression.hpp: a camera frame, or the quads of a CSPAD element, packed; for a type with make_type(..,
// true).
Payload write_packed_frame(const CameraFrame& frame, Engine engine, Bitmap bitmap);
Payload write_packed_cspad(std::span<const CspadQuadFrame> quads, Engine engine, Bitmap bitmap);

}  // namespace jt::formats::xtc
