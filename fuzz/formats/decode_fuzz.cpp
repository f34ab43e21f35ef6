// Any bytes as the datagrams of a run: Configure, shots, shots of a control stream. Nothing may be read
// outside them, and every pixel that a frame shows must be there.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "formats/xtc/decoder.hpp"
#include "formats/xtc/encode.hpp"
#include "formats/xtc/encode_leaves.hpp"
#include "formats/xtc/names.hpp"

namespace {

using namespace jt::formats;
using namespace jt::formats::xtc;

volatile std::uint64_t sink;

// Reads all that the event points to; the sanitizers watch.
void touch(const Event& event) {
  std::uint64_t sum = 0;
  for (const Frame& frame : event.frames)
    for (const jt::PanelView& panel : frame.panels()) {
      const std::size_t size = frame.shape.panel_pixels() * jt::bytes_per_pixel(frame.type);
      for (std::size_t i = 0; i < size; ++i) sum += std::to_integer<std::uint64_t>(panel.pixels[i]);
    }
  sink = sum;
}

void expect(bool holds) {
  if (!holds) std::abort();
}

// Indexes must lie inside the description that they index.
void check(const Decoder& decoder, const Event& event) {
  for (const Frame& frame : event.frames) expect(frame.detector < decoder.run().detectors.size());
  for (const MonitorReading& reading : event.readings)
    expect(reading.monitor < decoder.run().monitors.size());
  for (const PvReading& reading : event.pvs) expect(reading.pv < decoder.run().pvs.size());
  for (const Refused& one : decoder.refused()) sink = psana_text(one.src).size();
  touch(event);
}

// A CSPAD's configuration is too long for an input: it is given, with the input's masks.
std::vector<std::byte> cspad_configure(std::uint32_t roi_mask, std::uint32_t quad_mask) {
  CspadConfig config;
  config.asic_mask = 0xf;
  config.quad_mask = quad_mask;
  config.roi_mask = roi_mask;
  RunEncoder run(jt::RunNumber{1});
  return run.configure({})
      .leaf(*parse_src("CxiDsd.0:Cspad.0"), make_type(type_cspad_config, 5), write_cspad_config(config))
      .finish();
}

// The next datagram: as its header says, or, when that cannot be, all that is left with a corrected length.
std::vector<std::byte> next_datagram(Bytes& input) {
  const auto header = read_header(input);
  const bool fits = header && header->size() <= input.size();
  std::vector<std::byte> datagram(
      input.begin(),
      input.begin() + static_cast<std::ptrdiff_t>(fits ? header->size() : input.size() & ~std::size_t{3}));
  if (!fits) {
    const auto extent = static_cast<std::uint32_t>(datagram.size() - 20);
    std::memcpy(datagram.data() + 36, &extent, 4);
  }
  input = input.subspan(fits ? datagram.size() : input.size());
  return datagram;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 8) return 0;
  Bytes input = std::as_bytes(std::span(data, size));
  Decoder decoder;
  Event event;
  if (data[0] == 'C') decoder.configure(cspad_configure(load<std::uint32_t>(input, 4), data[1]));
  input = input.subspan(8);
  while (input.size() >= datagram_header_size) {
    const std::vector<std::byte> datagram = next_datagram(input);
    const auto header = read_header(datagram);
    const Transition service = header ? header->service : Transition::l1_accept;
    if (service == Transition::configure || service == Transition::begin_calib_cycle)
      decoder.configure(datagram);
    if (service == Transition::l1_accept) decoder.decode(datagram, event);
    if (service == Transition::disable) decoder.join(datagram, event);
    if (service == Transition::l1_accept || service == Transition::disable) check(decoder, event);
    const auto small = small_datagram(datagram, 0, 64);
    if (small) expect(read_header(*small)->size() == small->size());
    event.frames.clear();  // they pointed into this datagram
  }
  return 0;
}
