// Any bytes as the payload of any type in any version, read by each function directly; and as a source's
// name.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "formats/xtc/encode_leaves.hpp"
#include "formats/xtc/names.hpp"
#include "formats/xtc/smalldata.hpp"

namespace {

using namespace jt::formats::xtc;

void read_configurations(Bytes payload, TypeId type) {
  const std::uint16_t version = type.version();
  (void)read_evr_config(payload, version);
  (void)read_alias_config(payload, version);
  (void)read_partition_config(payload, version);
  (void)read_control_config(payload, version);
  (void)read_epics_config(payload, version);
  (void)read_ipimb_config(payload, version);
  (void)read_ipm_fex_config(payload, version);
  (void)read_opal_config(payload, version);
  (void)read_frame_fex_config(payload, version);
  (void)read_controls_camera_config(payload, version);
  (void)read_rayonix_config(payload, version);
  (void)read_alvium_config(payload, version);
  (void)read_epix10ka_gain(payload, version);
  (void)read_epix_size(payload, type);
  (void)read_cspad_config(payload, version);
  (void)read_jungfrau_config(payload, version);
}

void read_data(Bytes payload, TypeId type) {
  const std::uint16_t version = type.version();
  (void)read_monitor(payload, type);
  (void)read_ipimb_data(payload, version);
  (void)read_frame(payload, version);
  (void)read_epics_header(payload, version);
  (void)read_epics_name(payload);
  (void)read_epics_value(payload);
  (void)read_small_threshold(payload, version);
  (void)read_small_origin(payload, version);
  (void)read_small_proxy(payload, version);
  if (const auto codes = read_evr_data(payload, version))
    for (std::size_t i = 0; i < codes->size(); ++i) (void)(*codes)[i];
  CspadConfig cspad;
  cspad.quad_mask = type.word >> 8 & 0xf;
  cspad.roi_mask = type.word;
  (void)read_cspad_element(payload, version, cspad);
}

void read_name(std::string_view text) {
  const auto src = parse_src(text);
  if (!src) return;
  if (parse_src(psana_text(*src)) != src) std::abort();  // what it names, it names again
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const Bytes input = std::as_bytes(std::span(data, size));
  const TypeId type{load<std::uint32_t>(input, 0)};
  read_configurations(input.subspan(4), type);
  read_data(input.subspan(4), type);
  read_name({reinterpret_cast<const char*>(data + 4), size - 4});
  return 0;
}
