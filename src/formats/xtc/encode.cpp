#include "formats/xtc/encode.hpp"

#include <cassert>

#include "formats/xtc/evr.hpp"
#include "formats/xtc/names.hpp"
#include "formats/xtc/smalldata.hpp"

namespace jt::formats::xtc {
namespace {

// Copies a tree level, big leaves as proxies. Stops where walk() would.
void copy_small(Bytes datagram, std::size_t begin, std::size_t end, std::int64_t offset,
                std::uint32_t threshold, DatagramWriter& out) {
  for (std::size_t at = begin; at + xtc_header_size <= end;) {
    const XtcHeader header = read_xtc_header(datagram.subspan(at));
    if (header.extent < xtc_header_size || header.extent > end - at || header.extent % 4 != 0) return;
    const Bytes payload = datagram.subspan(at + xtc_header_size, header.extent - xtc_header_size);
    const bool is_container = header.type.id() == type_xtc && !header.type.compressed();
    if (is_container) {
      out.begin(header.src, header.damage, header.type.version());
      if ((header.damage & damage::incomplete) == 0)
        copy_small(datagram, at + xtc_header_size, at + header.extent, offset, threshold, out);
      out.end();
    } else if (header.extent >= threshold && header.type.id() != type_evr_data) {
      const auto proxy = ByteWriter()
                             .put(offset + static_cast<std::int64_t>(at))
                             .put(header.type.word)
                             .put(header.extent)
                             .take();
      out.leaf(header.src, make_type(type_small_proxy, 1), proxy, header.damage);
    } else {
      out.leaf(header.src, header.type, payload, header.damage);
    }
    at += header.extent;
  }
}

}  // namespace

DatagramWriter::DatagramWriter(const DatagramHeader& header) {
  const std::uint32_t service = static_cast<std::uint32_t>(header.service);
  bytes_.put(header.time.nsec)
      .put(header.time.sec)
      .put((service << 24) | (header.ticks & 0xffffff))
      .put((header.vector << 17) | (header.fiducial.value & 0x1ffff))
      .put(header.env);
  open_.push_back(put_xtc_header(header.root.damage, header.root.src, header.root.type));
}

std::size_t DatagramWriter::put_xtc_header(std::uint32_t damage, Src src, TypeId type) {
  const std::size_t at = bytes_.size();
  bytes_.put(damage).put(src.log).put(src.phy).put(type.word).put(std::uint32_t{xtc_header_size});
  return at;
}

DatagramWriter& DatagramWriter::begin(Src node, std::uint32_t damage, std::uint16_t version) {
  open_.push_back(put_xtc_header(damage, node, make_type(type_xtc, version)));
  return *this;
}

DatagramWriter& DatagramWriter::end() {
  assert(!open_.empty());
  const std::size_t at = open_.back();
  bytes_.overwrite(at + 16, static_cast<std::uint32_t>(bytes_.size() - at));
  open_.pop_back();
  return *this;
}

DatagramWriter& DatagramWriter::leaf(Src src, TypeId type, Bytes payload, std::uint32_t damage) {
  open_.push_back(put_xtc_header(damage, src, type));
  bytes_.bytes(payload).pad_to_multiple_of(4);
  return end();
}

std::size_t DatagramWriter::leaf_to_fill(Src src, TypeId type, std::size_t size) {
  assert(size % 4 == 0);
  open_.push_back(put_xtc_header(0, src, type));
  const std::size_t at = bytes_.size();
  bytes_.zeros(size);
  end();
  return at;
}

DatagramWriter& DatagramWriter::lost(Src src) {
  return leaf(src, make_type(type_any, 0), {}, damage::dropped);
}

std::vector<std::byte> DatagramWriter::finish() {
  while (!open_.empty()) end();
  return bytes_.take();
}

std::optional<std::vector<std::byte>> small_datagram(Bytes datagram, std::int64_t offset,
                                                     std::uint32_t threshold) {
  const auto header = read_header(datagram);
  if (!header || header->size() != datagram.size()) return std::nullopt;
  const Src recorder{static_cast<std::uint32_t>(Level::recorder) << 24, 0};
  DatagramWriter out(*header);
  if (header->service == Transition::configure)
    out.leaf(recorder, make_type(type_small_config, 1), ByteWriter().put(threshold).take());
  if (header->service == Transition::l1_accept)
    out.leaf(recorder, make_type(type_small_origin, 1),
             ByteWriter().put(offset).put(header->root.extent).take());
  if ((header->root.damage & damage::incomplete) == 0)
    copy_small(datagram, datagram_header_size, datagram.size(), offset, threshold, out);
  auto small = out.finish();
  constexpr std::size_t nothing = datagram_header_size + xtc_header_size + 12;  // only where it came from
  if (header->service == Transition::l1_accept && small.size() == nothing) return std::nullopt;
  return small;
}

Stamp later(Stamp stamp, std::uint32_t shots) {
  // 1/120 s is 8333333 1/3 ns: whole seconds first, so that nothing is lost over a long run.
  const std::uint64_t nsec =
      std::uint64_t{stamp.time.nsec} + std::uint64_t{shots % 120} * 1'000'000'000 / 120;
  stamp.time.sec += shots / 120 + static_cast<std::uint32_t>(nsec / 1'000'000'000);
  stamp.time.nsec = static_cast<std::uint32_t>(nsec % 1'000'000'000);
  stamp.fiducial.value =
      static_cast<std::uint32_t>((stamp.fiducial.value + std::uint64_t{3} * shots) % Fiducial::modulus);
  return stamp;
}

RunEncoder::RunEncoder(RunNumber run, Src root) : run_(run), root_(root) {}

DatagramHeader RunEncoder::header(Transition service, Stamp stamp, std::uint32_t env,
                                  std::uint32_t damage) const {
  return {.time = stamp.time,
          .fiducial = stamp.fiducial,
          .ticks = stamp.ticks,
          .vector = vector_ & 0x7fff,
          .service = service,
          .env = env,
          .root = {.damage = damage, .src = root_, .type = make_type(type_xtc, 0), .extent = 0}};
}

DatagramWriter RunEncoder::configure(Stamp stamp) {
  vector_ = 0;
  return DatagramWriter(header(Transition::configure, stamp, 0, 0));
}

DatagramWriter RunEncoder::begin_calib_cycle(Stamp stamp) {
  return DatagramWriter(header(Transition::begin_calib_cycle, stamp, 0, 0));
}

DatagramWriter RunEncoder::shot(Stamp stamp, std::uint32_t env, std::uint32_t damage) {
  ++vector_;
  return DatagramWriter(header(Transition::l1_accept, stamp, env, damage));
}

std::vector<std::byte> RunEncoder::begin_run(Stamp stamp) {
  return DatagramWriter(header(Transition::begin_run, stamp, static_cast<std::uint32_t>(run_.value), 0))
      .finish();
}
std::vector<std::byte> RunEncoder::enable(Stamp stamp) {
  return DatagramWriter(header(Transition::enable, stamp, 0, 0)).finish();
}
std::vector<std::byte> RunEncoder::disable(Stamp stamp) {
  return DatagramWriter(header(Transition::disable, stamp, 0, 0)).finish();
}
std::vector<std::byte> RunEncoder::end_calib_cycle(Stamp stamp) {
  return DatagramWriter(header(Transition::end_calib_cycle, stamp, 0, 0)).finish();
}
std::vector<std::byte> RunEncoder::end_run(Stamp stamp) {
  return DatagramWriter(header(Transition::end_run, stamp, 0, 0)).finish();
}

std::vector<std::byte> IndexEncoder::add(Bytes datagram) {
  auto small = small_datagram(datagram, offset_, threshold_);
  offset_ += static_cast<std::int64_t>(datagram.size());
  return small ? std::move(*small) : std::vector<std::byte>{};
}

}  // namespace jt::formats::xtc
