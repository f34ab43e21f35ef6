// Values as Channel Access lays them out: five classes (plain, status, time, graphics, control) of seven
// types. Below stop 6 of the walk: what a PV's value, alarm, time and limits look like on the wire.
#pragma once

#include <optional>
#include <string>

#include "ca/protocol.hpp"
#include "core/pv_value.hpp"

namespace jt::ca {

enum class DbrClass : std::uint8_t { plain, status, time, graphics, control };

inline constexpr std::uint16_t dbr_put_ackt = 35, dbr_put_acks = 36, dbr_stsack_string = 37,
                               dbr_class_name = 38;
inline constexpr std::uint16_t last_dbr_type = 38;

constexpr std::uint16_t dbr_type(DbrClass c, PvType type) {
  return static_cast<std::uint16_t>(static_cast<unsigned>(c) * 7 + static_cast<unsigned>(type));
}
// 0..34; the special types above have neither.
constexpr DbrClass class_of(std::uint16_t dbr) { return static_cast<DbrClass>(dbr / 7); }
constexpr PvType type_of(std::uint16_t dbr) { return static_cast<PvType>(dbr % 7); }

// Where the first element stands in a payload of this type, and the bytes of `count` elements with what comes
// before them (unpadded).
std::size_t value_offset(std::uint16_t dbr);
std::size_t dbr_size(std::uint16_t dbr, std::uint32_t count);

// Writes `count` elements of `sample` as type `dbr` (0..38) to `at`, which has dbr_size() bytes of zeros;
// elements that the sample has not stay zero. False when the value has no meaning in that type.
bool write_dbr(std::byte* at, std::uint16_t dbr, std::uint32_t count, const PvSample& sample,
               const PvDetails& details, const std::string& record_type);

// A put's payload: `count` elements of a plain type. Nothing when the payload is too short for them, or for
// another type. (One string may be cut after its NUL.)
std::optional<PvValue> read_plain(std::uint16_t dbr, std::uint32_t count, View payload);

}  // namespace jt::ca
