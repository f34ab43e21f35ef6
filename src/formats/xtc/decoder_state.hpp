// What a Decoder remembers between datagrams: every source it has met, and what was configured for it.
// Private to decoder*.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "formats/xtc/camera.hpp"
#include "formats/xtc/control.hpp"
#include "formats/xtc/cspad.hpp"
#include "formats/xtc/decoder.hpp"
#include "formats/xtc/epics.hpp"
#include "formats/xtc/epix.hpp"
#include "formats/xtc/jungfrau.hpp"

namespace jt::formats::xtc {

// All we know of one Src.
struct KnownSource {
  Src src;
  std::optional<std::size_t> detector, monitor, evr;  // indexes into the RunDescription
  bool announced = false;                             // the partition says that it takes part
  std::uint32_t readout_group = 0;
  std::uint64_t last_shot = 0;  // the decode() it last contributed to; 0 = never
  // The configurations that a frame's size comes from.
  std::optional<EpixSize> epix;
  std::size_t epix10ka_panels = 0;  // of a 2M or a quad
  std::optional<JungfrauConfig> jungfrau;
  std::optional<AlviumConfig> alvium;
  std::optional<CspadConfig> cspad;  // its gain maps are in DetectorInfo::gain
  bool shape_settled = false;        // a frame has told the shape since the last configuration
  std::vector<std::byte> unpacked;   // pixels of this shot's compressed frame
};

struct Decoder::State {
  // A run has some twenty sources; what goes past this is noise, and must not grow without bound.
  static constexpr std::size_t max_unpacked_bytes = std::size_t{1} << 29;
  static constexpr std::size_t max_sources = 512, max_pvs = 4096, max_refused = 256;

  RunDescription run;
  std::vector<KnownSource> sources;
  std::vector<std::int16_t> pv_ids;  // of run.pvs
  std::vector<EpicsAlias> pv_aliases;
  RefusalCounts configure_refusals;

  std::vector<Refused> refused;
  std::vector<Proxied> proxies;
  std::optional<OriginalDatagram> original;
  std::uint64_t shot = 0;  // how many decode() calls there were
  bool any_leaf = false;   // in this shot
  ShotTime last_time;
  std::uint32_t last_vector = 0;

  // decoder_configure.cpp: what a Configure says
  void configure(const Leaf& leaf);
  std::optional<Refusal> read_configuration(const Leaf& leaf);
  std::optional<Refusal> read_aliases(const Leaf& leaf);
  std::optional<Refusal> read_partition(const Leaf& leaf);
  std::optional<Refusal> read_evr(const Leaf& leaf);
  std::optional<Refusal> read_pv_names(const Leaf& leaf);
  std::optional<Refusal> read_ipm_configuration(const Leaf& leaf);
  std::optional<Refusal> read_camera_configuration(const Leaf& leaf);
  std::optional<Refusal> read_epix_configuration(const Leaf& leaf);
  std::optional<Refusal> read_epix10ka_configuration(const Leaf& leaf);
  std::optional<Refusal> read_jungfrau_configuration(const Leaf& leaf);
  std::optional<Refusal> read_cspad_configuration(const Leaf& leaf);
  DetectorInfo& configured(KnownSource& source, DetectorKind kind, TypeId type);

  // decoder_shot.cpp: what one shot says
  void begin_shot(const DatagramHeader& header, Event& out);
  void read_leaves(Bytes datagram, Event& out);
  void read_leaf(const Leaf& leaf, Event& out);
  void read_codes(KnownSource& source, const Leaf& leaf, Event& out);
  void read_reading(KnownSource& source, const Leaf& leaf, Event& out);
  void read_pv(const Leaf& leaf, Event& out);
  void read_index_leaf(const Leaf& leaf, Event& out);
  void find_absent_sources(std::uint32_t env, Event& out);
  void judge_shot(const DatagramHeader& header, Event& out);
  void refuse(Event& out, Refusal cause, Src src, TypeId type);

  // decoder_frames.cpp: the pictures
  void read_frame_leaf(KnownSource& source, const Leaf& leaf, Event& out);
  Read<Bytes> unpacked_payload(KnownSource& source, const Leaf& leaf);
  std::size_t unpacked_bytes = 0;  // of all sources' buffers together

  // decoder_sources.cpp: finding a source, making it known
  KnownSource* find(Src src);
  KnownSource* known(Src src);  // makes it known; null when there are too many
  DetectorInfo& detector(KnownSource& source, DetectorKind kind);
  MonitorInfo& monitor(KnownSource& source, MonitorKind kind);
  void name_sources();  // gives every source its alias
};

}  // namespace jt::formats::xtc
