// The event receiver (EVR): which event codes came with a shot, and how the EVR was set up.
// Read by `decode()`; the codes end in Event::codes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/xtc/read.hpp"

namespace jt::formats::xtc {

inline constexpr std::uint16_t type_evr_config = 8, type_evr_data = 19;

// One entry of the EVR's FIFO. A list may hold entries of other fiducials: those are stale.
struct FifoEvent {
  std::uint32_t fiducial = 0;
  std::uint32_t ticks = 0;  // 119 MHz
  std::uint32_t code = 0;
  bool operator==(const FifoEvent&) const = default;
};

// EvrData v3 and v4 (same bytes): u32 count at 0, then count x 12 bytes.
class EvrData {
 public:
  static constexpr std::size_t header_size = 4, entry_size = 12;
  explicit EvrData(Bytes entries) : entries_(entries) {}
  [[nodiscard]] std::size_t size() const { return entries_.size() / entry_size; }
  [[nodiscard]] FifoEvent operator[](std::size_t index) const;

 private:
  Bytes entries_;
};
Read<EvrData> read_evr_data(Bytes payload, std::uint16_t version);

// EvrConfig v5, v6, v7: three counts, event codes (40 bytes each, 44 in v7), pulses, outputs, sequencer.
struct EvrConfig {
  struct Code {
    std::uint16_t code = 0;
    bool readout = false, command = false, latch = false;
    std::uint32_t report_delay = 0, report_width = 0, mask_trigger = 0, mask_set = 0, mask_clear = 0;
    std::string description;
    std::uint16_t readout_group = 0;  // v7 only
    bool operator==(const Code&) const = default;
  };
  struct Pulse {
    std::uint16_t id = 0, polarity = 0;
    std::uint32_t prescale = 0, delay = 0, width = 0;  // 119 MHz ticks
    bool operator==(const Pulse&) const = default;
  };
  std::vector<Code> codes;
  std::vector<Pulse> pulses;
  std::vector<std::uint32_t> outputs;  // the map words as stored
  std::uint32_t sequencer_sources = 0, sequencer_cycles = 0;
  std::vector<std::uint32_t> sequence;
  bool operator==(const EvrConfig&) const = default;
};
Read<EvrConfig> read_evr_config(Bytes payload, std::uint16_t version);

}  // namespace jt::formats::xtc
