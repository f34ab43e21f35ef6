// One shot as the outside sees it: the message of the shot stream, as a struct and as JSON text.
// Behind the leader (stop 6 of the walk): `live` sends it, `track`, `jt watch` and anybody's scripts read it.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "core/ids.hpp"

namespace jt::api {

// Where shots come from. Only `live` may move a real motor.
enum class Origin : std::uint8_t { live, replay, sim };
std::string_view name(Origin origin);  // "live"
std::optional<Origin> origin_of(std::string_view name);

inline constexpr int shot_message_version = 1;

// docs/stream.md tells each field. NaN: no such value, null in JSON.
struct ShotMessage {
  std::uint64_t seq = 0;
  Origin origin = Origin::replay;
  std::string hutch, experiment;
  RunNumber run;
  ShotTime time;
  Fiducial fiducial;
  double i0 = std::numeric_limits<double>::quiet_NaN();
  double ring = std::numeric_limits<double>::quiet_NaN();
  double ratio = std::numeric_limits<double>::quiet_NaN();
  bool dropped = false;
  std::string cause;  // empty: the shot has a value
  std::uint32_t window_id = 0;
  double beam_position = std::numeric_limits<double>::quiet_NaN();
  std::uint64_t age_us = 0;  // from when the datagram could be seen until this message was made
};

// One JSON object without a newline. Numbers carry all their digits: parsing gives the same doubles.
std::string to_text(const ShotMessage& message);

// What came from the network: the message, or why it is none. At most max_shot_bytes are looked at.
inline constexpr std::size_t max_shot_bytes = 4096;
struct ParsedShot {
  std::optional<ShotMessage> message;
  std::string problem;  // "i0 is no number"; empty with a message
};
ParsedShot parse_shot(std::string_view text);

}  // namespace jt::api
