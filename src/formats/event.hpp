// What one shot says, whatever DAQ wrote it: time, event codes, i0 readings, frames, damage.
// Made by `formats` `decode()` (stop 2 of the walk), read by `reduction`, `calibration`, `apps`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/counters.hpp"
#include "core/gain_setup.hpp"
#include "core/ids.hpp"
#include "core/image.hpp"

namespace jt::formats {

enum class Transition : std::uint8_t {
  unknown,
  reset,
  map,
  unmap,
  configure,
  unconfigure,
  begin_run,
  end_run,
  begin_calib_cycle,
  end_calib_cycle,
  enable,
  disable,
  l1_accept,
};
std::string_view name(Transition transition);  // "Configure", "L1Accept", ...

// The families whose frames we can read.
enum class DetectorKind : std::uint8_t {
  other_camera,
  rayonix,
  opal,
  controls_camera,
  epix100a,
  epix10ka,
  epix10ka_quad,
  epix10ka2m,
  jungfrau,
  cspad,
};
std::string_view name(DetectorKind kind);
// Cameras are calibrated as they are (an optional pixel mask); panel detectors need constants and geometry.
bool is_camera(DetectorKind kind);

// One area detector of the run, from its configuration (or from its first frame when it has none).
struct DetectorInfo {
  std::string source;  // as psana writes it: "DetInfo(XcsEndstation.0:Rayonix.0)"
  std::string alias;   // "smallray"; empty when the DAQ gave none
  DetectorKind kind = DetectorKind::other_camera;
  Shape shape;  // {1, rows, cols} for a camera; unknown until a frame or a configuration tells
  PixelType pixel_type = PixelType::u16;
  std::string config_type;  // "RayonixConfig v2"; empty without configuration
  // What the constants of a panel detector need to know of the configuration; null for cameras.
  std::shared_ptr<const GainSetup> gain;
};

// One i0 monitor (or other beam-line data source) of the run.
enum class MonitorKind : std::uint8_t { gas_detector, beam_monitor, ipm, ebeam, phase_cavity };
std::string_view name(MonitorKind kind);  // "gas detector", ...
struct MonitorInfo {
  std::string
      name;  // what `ipm.name` says: "FEEGasDetEnergy", "XCS-SB2-BMMON", "XCS-IPM-03", "EBeam", an alias
  std::string source;  // "BldInfo(XCS-SB2-BMMON)"
  MonitorKind kind = MonitorKind::beam_monitor;
};
// The quantities of a kind in the order of MonitorReading::values: "TotalIntensity", "f_12_ENRC", "peakA[3]",
// ...
std::span<const std::string_view> quantities(MonitorKind kind);

// One EPICS PV that the DAQ records with the shots, at its own low rate.
struct PvInfo {
  std::string name;   // "XCS:USR:MMS:01.RBV"
  std::string alias;  // empty when the DAQ gave none
};

// What a run consists of. Filled from Configure; grows when a source shows up that Configure did not
// announce.
struct RunDescription {
  std::vector<DetectorInfo> detectors;
  std::vector<MonitorInfo> monitors;
  struct Evr {
    std::string source, alias;
  };
  std::vector<Evr> evrs;
  struct Alias {
    std::string alias, source;
  };
  std::vector<Alias> aliases;
  std::vector<PvInfo> pvs;

  // Index by alias or by source ("DetInfo(...)" with or without the frame words); letter case counts.
  [[nodiscard]] std::optional<std::size_t> find_detector(std::string_view name) const;
  // The same for an i0 monitor: by its name, its source, or any alias of its source.
  [[nodiscard]] std::optional<std::size_t> find_monitor(std::string_view name) const;
};

// An i0 monitor and one of its quantities, resolved once per run.
struct MonitorQuantity {
  std::size_t monitor = 0;   // index into RunDescription::monitors
  std::size_t quantity = 0;  // index into quantities(kind)
};
// By `ipm.name` and `ipm.det`; nothing when the run has no such monitor or the kind no such quantity.
std::optional<MonitorQuantity> find_quantity(const RunDescription& run, std::string_view name,
                                             std::string_view quantity);

// One detector's picture of this shot. The pixels are borrowed from the datagram.
struct Frame {
  static constexpr std::size_t max_panels = 64;
  std::size_t detector = 0;  // index into RunDescription::detectors
  PixelType type = PixelType::u16;
  Shape shape;               // of the whole detector; absent panels (CSPAD) have no PanelView
  std::uint32_t offset = 0;  // the `offset` word of a camera Frame; 0 for others
  std::uint32_t depth = 16;  // bits per pixel that the camera uses
  std::size_t panel_count = 0;
  std::array<PanelView, max_panels> panel_views{};
  [[nodiscard]] std::span<const PanelView> panels() const { return {panel_views.data(), panel_count}; }
  [[nodiscard]] RawFrame raw() const {
    const std::uint32_t bits = depth < 16 ? depth : 16;
    return {type, shape, (1u << bits) - 1, panels()};
  }
};

// A monitor's values of this shot; see quantities(). Absent values of an older version are NaN.
struct MonitorReading {
  static constexpr std::size_t max_values = 24;
  std::size_t monitor = 0;  // index into RunDescription::monitors
  std::array<double, max_values> values{};
};

// An EPICS PV's first element, as recorded with this shot.
struct PvReading {
  std::size_t pv = 0;  // index into RunDescription::pvs
  double value = 0;
  ShotTime time;  // the IOC's time stamp
};

// Why a contribution, or a whole datagram, was not used. The last three are remarks: the data were used.
enum class Refusal : std::uint8_t {
  dropped_contribution,  // header-only leaf (type Any) or root damage bit 1
  uninitialized,
  out_of_order,
  out_of_synch,
  user_damage,              // the detector's own damage bits
  incomplete_contribution,  // payload cut short by the DAQ
  contains_incomplete,      // a leaf with the mark of a container that holds an incomplete one
  unknown_damage,           // damage bits that have no name
  zero_extent,              // a contribution of length 0: its level cannot be read further
  bad_extent,               // a length past the end, below 20 or not a multiple of 4; too deep a tree
  unknown_version,          // a type we read, in a version we do not know
  payload_too_short,        // fewer bytes than the header inside says
  bad_configuration,  // a frame without the configuration that tells its size, or one that contradicts it
  bad_compression,    // a compressed leaf that does not decompress, or whose checksum differs
  stale_event_code,   // an EVR entry of another fiducial
  no_fiducial,        // 0x1FFFF
  no_event_codes,     // no EVR data in the shot
  duplicate,          // a second contribution of the same source
  trimmed,            // the level-3 trigger removed the payload
  empty,              // nothing in the datagram
  absent_source,      // a source of the partition, seen before, is not in the shot and nobody says why
  user_damage_kept,   // remark: EBeam with its own damage bits is used, as psana does
  clock_went_back,    // remark: the shot's clock lies before that of the shot before it
  too_many,           // remark: more contributions than one shot can hold; the rest was left out
  count_,
};
std::string_view name(Refusal refusal);
using RefusalCounts = CauseCounts<Refusal>;

// One decoded datagram of a shot. Reused from shot to shot: nothing is allocated once warm.
struct Event {
  ShotTime time;
  Fiducial fiducial;
  std::uint32_t ticks = 0;   // 119 MHz
  std::uint32_t vector = 0;  // events since Configure, 15 bits
  std::uint32_t env = 0;
  std::uint32_t damage = 0;      // the root's damage word
  std::vector<EventCode> codes;  // of this shot's own fiducial, in stored order
  std::vector<MonitorReading> readings;
  std::vector<Frame> frames;
  std::vector<PvReading> pvs;
  RefusalCounts refusals;  // of this datagram

  [[nodiscard]] bool has_code(EventCode code) const;
  [[nodiscard]] std::optional<double> reading(MonitorQuantity wanted) const;
  [[nodiscard]] const Frame* frame(std::size_t detector) const;
  void clear();  // keeps the memory
};

}  // namespace jt::formats
