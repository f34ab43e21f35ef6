#include "formats/xtc/evr.hpp"

namespace jt::formats::xtc {
namespace {

constexpr std::size_t config_header_size = 12, pulse_size = 16, sequencer_header_size = 12;

std::size_t code_size(std::uint16_t version) { return version == 7 ? 44 : 40; }

EvrConfig::Code read_code(Bytes at, std::uint16_t version) {
  const auto flags = load<std::uint16_t>(at, 2);
  return {.code = load<std::uint16_t>(at, 0),
          .readout = (flags & 1) != 0,
          .command = (flags & 2) != 0,
          .latch = (flags & 4) != 0,
          .report_delay = load<std::uint32_t>(at, 4),
          .report_width = load<std::uint32_t>(at, 8),
          .mask_trigger = load<std::uint32_t>(at, 12),
          .mask_set = load<std::uint32_t>(at, 16),
          .mask_clear = load<std::uint32_t>(at, 20),
          .description = text_field(at, 24, 16),
          .readout_group = version == 7 ? load<std::uint16_t>(at, 40) : std::uint16_t{0}};
}

EvrConfig::Pulse read_pulse(Bytes at) {
  return {load<std::uint16_t>(at, 0), load<std::uint16_t>(at, 2), load<std::uint32_t>(at, 4),
          load<std::uint32_t>(at, 8), load<std::uint32_t>(at, 12)};
}

}  // namespace

FifoEvent EvrData::operator[](std::size_t index) const {
  const Bytes entry = entries_.subspan(index * entry_size, entry_size);
  return {load<std::uint32_t>(entry, 0), load<std::uint32_t>(entry, 4), load<std::uint32_t>(entry, 8)};
}

Read<EvrData> read_evr_data(Bytes payload, std::uint16_t version) {
  if (version != 3 && version != 4) return Refusal::unknown_version;
  if (payload.size() < EvrData::header_size) return Refusal::payload_too_short;
  const auto count = load<std::uint32_t>(payload, 0);
  if (!holds(payload, EvrData::header_size, count, EvrData::entry_size)) return Refusal::payload_too_short;
  return EvrData(payload.subspan(EvrData::header_size, count * EvrData::entry_size));
}

Read<EvrConfig> read_evr_config(Bytes payload, std::uint16_t version) {
  if (version < 5 || version > 7) return Refusal::unknown_version;
  if (payload.size() < config_header_size) return Refusal::payload_too_short;
  const std::uint64_t codes = load<std::uint32_t>(payload, 0), pulses = load<std::uint32_t>(payload, 4),
                      outputs = load<std::uint32_t>(payload, 8);
  const std::uint64_t tables = codes * code_size(version) + pulses * pulse_size + outputs * 4;
  if (!holds(payload, config_header_size, 1, tables)) return Refusal::payload_too_short;

  EvrConfig config;
  std::size_t at = config_header_size;
  for (std::uint64_t i = 0; i < codes; ++i, at += code_size(version))
    config.codes.push_back(read_code(payload.subspan(at), version));
  for (std::uint64_t i = 0; i < pulses; ++i, at += pulse_size)
    config.pulses.push_back(read_pulse(payload.subspan(at)));
  for (std::uint64_t i = 0; i < outputs; ++i, at += 4)
    config.outputs.push_back(load<std::uint32_t>(payload, at));

  if (!holds(payload, at, 1, sequencer_header_size)) return Refusal::payload_too_short;
  config.sequencer_sources = load<std::uint32_t>(payload, at);
  const auto length = load<std::uint32_t>(payload, at + 4);
  config.sequencer_cycles = load<std::uint32_t>(payload, at + 8);
  at += sequencer_header_size;
  if (!holds(payload, at, length, 4)) return Refusal::payload_too_short;
  for (std::uint32_t i = 0; i < length; ++i, at += 4)
    config.sequence.push_back(load<std::uint32_t>(payload, at));
  return config;
}

}  // namespace jt::formats::xtc
