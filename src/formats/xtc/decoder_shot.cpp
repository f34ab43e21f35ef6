#include <algorithm>

#include "formats/xtc/bld.hpp"
#include "formats/xtc/damage.hpp"
#include "formats/xtc/decoder_state.hpp"
#include "formats/xtc/evr.hpp"
#include "formats/xtc/smalldata.hpp"

namespace jt::formats::xtc {
namespace {

constexpr std::uint32_t env_trimmed = 1u << 31;

// BLD comes with each shot; a detector when its readout group is among the shot's (env bits 0-7).
bool is_due(const KnownSource& source, std::uint32_t env) {
  if (source.src.level() == Level::reporter) return true;
  return source.readout_group < 8 && (env >> source.readout_group & 1) != 0;
}

// A contribution was lost and the datagram says so, or a part of it could not be walked.
bool says_what_is_missing(const RefusalCounts& refusals) {
  return refusals[Refusal::dropped_contribution] + refusals[Refusal::incomplete_contribution] +
             refusals[Refusal::zero_extent] + refusals[Refusal::bad_extent] !=
         0;
}

}  // namespace

void Decoder::State::begin_shot(const DatagramHeader& header, Event& out) {
  out.clear();
  out.time = header.time;
  out.fiducial = header.fiducial;
  out.ticks = header.ticks;
  out.vector = header.vector;
  out.env = header.env;
  out.damage = header.root.damage;
  refused.clear();
  proxies.clear();
  original.reset();
  any_leaf = false;
  ++shot;
}

void Decoder::State::refuse(Event& out, Refusal cause, Src src, TypeId type) {
  out.refusals.add(cause);
  if (refused.size() < max_refused) refused.push_back({cause, src, type});
}

void Decoder::State::read_leaves(Bytes datagram, Event& out) {
  walk(
      datagram,
      [&](const Leaf& leaf) {
        any_leaf = true;
        read_leaf(leaf, out);
      },
      [&](Refusal cause, Src src) {
        any_leaf = true;
        refuse(out, cause, src, {});
      });
}

void Decoder::State::read_leaf(const Leaf& leaf, Event& out) {
  const XtcHeader& header = leaf.header;
  if (header.type.id() == type_small_origin) return read_index_leaf(leaf, out);
  KnownSource* source = known(header.src);
  if (source == nullptr) return refuse(out, Refusal::too_many, header.src, header.type);
  source->last_shot = shot;
  if (const auto cause = refused_contribution(header)) return refuse(out, *cause, header.src, header.type);
  if (is_kept_with_user_damage(header)) refuse(out, Refusal::user_damage_kept, header.src, header.type);
  switch (header.type.id()) {
    case type_small_proxy:
      return read_index_leaf(leaf, out);
    case type_evr_data:
      return read_codes(*source, leaf, out);
    case type_gas_detector:
    case type_ebeam:
    case type_phase_cavity:
    case type_beam_monitor:
    case type_ipm_fex:
    case type_shared_ipimb:
      return read_reading(*source, leaf, out);
    case type_epics:
      return read_pv(leaf, out);
    default:
      return read_frame_leaf(*source, leaf, out);
  }
}

void Decoder::State::read_codes(KnownSource& source, const Leaf& leaf, Event& out) {
  const auto data = read_evr_data(leaf.payload, leaf.header.type.version());
  if (!data) return refuse(out, data.refusal(), leaf.header.src, leaf.header.type);
  if (!source.evr) {
    source.evr = run.evrs.size();
    run.evrs.push_back({psana_text(source.src), {}});
    name_sources();
  }
  const std::size_t from_other_evrs = out.codes.size();
  for (std::size_t i = 0; i < data->size(); ++i) {
    const FifoEvent entry = (*data)[i];
    if (entry.fiducial != out.fiducial.value || entry.code > 0xffff) {
      out.refusals.add(Refusal::stale_event_code);
      continue;
    }
    const EventCode code{static_cast<std::uint16_t>(entry.code)};
    const auto others = std::span(out.codes).first(from_other_evrs);
    if (std::find(others.begin(), others.end(), code) == others.end()) out.codes.push_back(code);
  }
}

void Decoder::State::read_reading(KnownSource& source, const Leaf& leaf, Event& out) {
  const auto values = read_monitor(leaf.payload, leaf.header.type);
  if (!values) return refuse(out, values.refusal(), leaf.header.src, leaf.header.type);
  monitor(source, *monitor_kind(leaf.header.type.id()));
  const bool seen = std::any_of(out.readings.begin(), out.readings.end(),
                                [&](const MonitorReading& one) { return one.monitor == *source.monitor; });
  if (seen) return refuse(out, Refusal::duplicate, leaf.header.src, leaf.header.type);
  out.readings.push_back({*source.monitor, *values});
}

void Decoder::State::read_pv(const Leaf& leaf, Event& out) {
  const auto header = read_epics_header(leaf.payload, leaf.header.type.version());
  if (!header) return refuse(out, header.refusal(), leaf.header.src, leaf.header.type);
  if (!header->is_time()) return;
  const auto value = read_epics_value(leaf.payload);
  if (!value) return refuse(out, value.refusal(), leaf.header.src, leaf.header.type);
  const auto known_id = std::find(pv_ids.begin(), pv_ids.end(), value->pv_id);
  if (known_id == pv_ids.end())
    return refuse(out, Refusal::bad_configuration, leaf.header.src, leaf.header.type);
  out.pvs.push_back({static_cast<std::size_t>(known_id - pv_ids.begin()), value->value, value->time});
}

void Decoder::State::read_index_leaf(const Leaf& leaf, Event& out) {
  const XtcHeader& header = leaf.header;
  if (header.type.id() == type_small_origin) {
    const auto origin = read_small_origin(leaf.payload, header.type.version());
    if (!origin) return refuse(out, origin.refusal(), header.src, header.type);
    original = OriginalDatagram{origin->offset, origin->extent};
    return;
  }
  const auto proxy = read_small_proxy(leaf.payload, header.type.version());
  if (!proxy) return refuse(out, proxy.refusal(), header.src, header.type);
  const KnownSource* source = find(header.src);
  proxies.push_back({header.src, proxy->type, header.damage, proxy->offset, proxy->extent,
                     source == nullptr ? std::nullopt : source->detector});
}

void Decoder::State::find_absent_sources(std::uint32_t env, Event& out) {
  for (const KnownSource& source : sources) {
    const bool seen_before = source.last_shot != 0 && source.last_shot != shot;
    if (source.announced && seen_before && is_due(source, env))
      refuse(out, Refusal::absent_source, source.src, {});
  }
}

void Decoder::State::judge_shot(const DatagramHeader& header, Event& out) {
  const Src root = header.root.src;
  if (!any_leaf) refuse(out, (header.env & env_trimmed) != 0 ? Refusal::trimmed : Refusal::empty, root, {});
  if (!out.fiducial.valid()) refuse(out, Refusal::no_fiducial, root, {});
  if (out.codes.empty() && !run.evrs.empty()) refuse(out, Refusal::no_event_codes, root, {});

  const bool root_says_dropped = (header.root.damage & damage::dropped) != 0;
  if (root_says_dropped && out.refusals[Refusal::dropped_contribution] == 0)
    refuse(out, Refusal::dropped_contribution, root, {});
  if (any_leaf && !says_what_is_missing(out.refusals)) find_absent_sources(header.env, out);

  // The events since Configure went on, the clock went back: not the beginning of another pass over the run.
  const bool goes_on = header.vector > last_vector && header.vector - last_vector < 1000;
  if (goes_on && header.time < last_time) refuse(out, Refusal::clock_went_back, root, {});
  last_time = header.time;
  last_vector = header.vector;
}

}  // namespace jt::formats::xtc
