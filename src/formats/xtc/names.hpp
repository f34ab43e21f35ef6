// The DAQ's names and numbers for types, detectors, devices and beam-line data (BLD), in both directions.
// Used by `decode()` to name what it finds, by the encoder to write a source that is given as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "formats/xtc/datagram.hpp"

namespace jt::formats::xtc {

// number -> name: type_name, detector_name, device_name, bld_name and psana_text are in datagram.hpp.

// name -> number; nothing for a name that the DAQ does not have. Letter case counts.
std::optional<std::uint16_t> type_number(std::string_view name);
std::optional<std::uint8_t> detector_number(std::string_view name);
std::optional<std::uint8_t> device_number(std::string_view name);
std::optional<std::uint32_t> bld_number(std::string_view name);

Src make_src(DetInfo info, std::uint32_t process_id = 0);
Src make_bld_src(std::uint32_t bld, std::uint32_t process_id = 0);
Src make_node_src(Level level, std::uint32_t ipv4, std::uint32_t process_id = 0);

// The source of a text like "DetInfo(XcsEndstation.0:Rayonix.0)", "BldInfo(EBeam)", or the same without the
// frame words; also the DAQ's own form "XcsEndstation-0|Rayonix-0". Process id 0.
std::optional<Src> parse_src(std::string_view text);

}  // namespace jt::formats::xtc
