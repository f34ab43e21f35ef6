#include "formats/xtc/smalldata.hpp"

namespace jt::formats::xtc {

Read<std::uint32_t> read_small_threshold(Bytes payload, std::uint16_t version) {
  if (version != 1) return Refusal::unknown_version;
  if (payload.size() < 4) return Refusal::payload_too_short;
  return load<std::uint32_t>(payload, 0);
}

Read<SmallOrigin> read_small_origin(Bytes payload, std::uint16_t version) {
  if (version != 1) return Refusal::unknown_version;
  if (payload.size() < 12) return Refusal::payload_too_short;
  const SmallOrigin origin{load<std::int64_t>(payload, 0), load<std::uint32_t>(payload, 8)};
  if (origin.offset < 0 || origin.extent < xtc_header_size) return Refusal::bad_extent;
  return origin;
}

Read<SmallProxy> read_small_proxy(Bytes payload, std::uint16_t version) {
  if (version != 1) return Refusal::unknown_version;
  if (payload.size() < 16) return Refusal::payload_too_short;
  const SmallProxy proxy{
      load<std::int64_t>(payload, 0), {load<std::uint32_t>(payload, 8)}, load<std::uint32_t>(payload, 12)};
  if (proxy.offset < 0 || proxy.extent < xtc_header_size) return Refusal::bad_extent;
  return proxy;
}

}  // namespace jt::formats::xtc
