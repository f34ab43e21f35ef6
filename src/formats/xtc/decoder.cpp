#include "formats/xtc/decoder.hpp"

#include "formats/xtc/decoder_state.hpp"

namespace jt::formats::xtc {
namespace {

// The header of a whole datagram: nothing when `datagram` does not hold exactly what its header says.
std::optional<DatagramHeader> whole_header(Bytes datagram) {
  auto header = read_header(datagram);
  if (header && header->size() != datagram.size()) return std::nullopt;
  return header;
}

}  // namespace

Decoder::Decoder() : state_(std::make_unique<State>()) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

const RunDescription& Decoder::run() const { return state_->run; }
const RefusalCounts& Decoder::configure_refusals() const { return state_->configure_refusals; }
std::span<const Refused> Decoder::refused() const { return state_->refused; }
std::span<const Proxied> Decoder::proxies() const { return state_->proxies; }
std::optional<OriginalDatagram> Decoder::original() const { return state_->original; }

void Decoder::reset() { state_ = std::make_unique<State>(); }

void Decoder::configure(Bytes datagram) {
  State& state = *state_;
  if (!whole_header(datagram)) return state.configure_refusals.add(Refusal::bad_extent);
  walk(
      datagram, [&](const Leaf& leaf) { state.configure(leaf); },
      [&](Refusal cause, Src) { state.configure_refusals.add(cause); });
  state.name_sources();
}

void Decoder::decode(Bytes datagram, Event& out) {
  State& state = *state_;
  const auto header = whole_header(datagram);
  state.begin_shot(header.value_or(DatagramHeader{}), out);
  if (!header) return state.refuse(out, Refusal::bad_extent, {}, {});
  state.read_leaves(datagram, out);
  state.judge_shot(*header, out);
}

void Decoder::join(Bytes control_stream_datagram, Event& out) {
  State& state = *state_;
  if (!whole_header(control_stream_datagram)) return state.refuse(out, Refusal::bad_extent, {}, {});
  state.read_leaves(control_stream_datagram, out);
}

}  // namespace jt::formats::xtc
