#include <algorithm>

#include "formats/xtc/bld.hpp"
#include "formats/xtc/damage.hpp"
#include "formats/xtc/decoder_state.hpp"
#include "formats/xtc/evr.hpp"
#include "formats/xtc/names.hpp"
#include "formats/xtc/smalldata.hpp"

namespace jt::formats::xtc {
namespace {

std::string configuration_name(TypeId type) {
  return std::string(type_name(type.id())) + " v" + std::to_string(type.version());
}

// What a BLD carries can be told from its name before its first shot; nothing for those that are no monitors.
std::optional<MonitorKind> kind_of_bld(std::string_view name) {
  if (name == "FEEGasDetEnergy") return MonitorKind::gas_detector;
  if (name == "EBeam") return MonitorKind::ebeam;
  if (name == "PhaseCavity") return MonitorKind::phase_cavity;
  if (name.find("BMMON") != name.npos || name.find("BEAMMON") != name.npos) return MonitorKind::beam_monitor;
  if (name.find("-IPM-") != name.npos) return MonitorKind::ipm;
  return std::nullopt;
}

// A region of interest gives the shape when the camera sends only that.
Shape region_shape(const FrameFexConfig& config) {
  if (config.forwarding != static_cast<std::uint32_t>(FrameFexConfig::Forwarding::region)) return {};
  if (config.end.col <= config.begin.col || config.end.row <= config.begin.row) return {};
  return {1, static_cast<std::uint32_t>(config.end.row - config.begin.row),
          static_cast<std::uint32_t>(config.end.col - config.begin.col)};
}

}  // namespace

void Decoder::State::configure(const Leaf& leaf) {
  if (const auto cause = refused_configuration(leaf.header)) return configure_refusals.add(*cause);
  if (leaf.header.type.id() == type_any) return;
  if (const auto cause = read_configuration(leaf)) configure_refusals.add(*cause);
}

std::optional<Refusal> Decoder::State::read_configuration(const Leaf& leaf) {
  const TypeId type = leaf.header.type;
  switch (type.id()) {
    case type_alias_config:
      return read_aliases(leaf);
    case type_partition_config:
      return read_partition(leaf);
    case type_evr_config:
      return read_evr(leaf);
    case type_epics_config:
    case type_epics:
      return read_pv_names(leaf);
    case type_opal_config:
    case type_frame_fex_config:
    case type_controls_camera_config:
    case type_rayonix_config:
    case type_alvium_config:
      return read_camera_configuration(leaf);
    case type_ipm_fex_config: {
      const auto config = read_ipm_fex_config(leaf.payload, type.version());
      if (!config) return config.refusal();
      KnownSource* source = known(leaf.header.src);
      if (source == nullptr) return Refusal::too_many;
      monitor(*source, MonitorKind::ipm);
      return std::nullopt;
    }
    default:
      return std::nullopt;  // a configuration that nothing here needs
  }
}

std::optional<Refusal> Decoder::State::read_aliases(const Leaf& leaf) {
  const auto aliases = read_alias_config(leaf.payload, leaf.header.type.version());
  if (!aliases) return aliases.refusal();
  for (const SourceAlias& entry : *aliases) {
    const std::string source = psana_text(entry.src);
    const auto same =
        std::find_if(run.aliases.begin(), run.aliases.end(),
                     [&](const RunDescription::Alias& one) { return one.alias == entry.alias; });
    if (same != run.aliases.end()) {
      same->source = source;
    } else if (run.aliases.size() < max_sources) {
      run.aliases.push_back({entry.alias, source});
    } else {
      return Refusal::too_many;
    }
  }
  return std::nullopt;
}

std::optional<Refusal> Decoder::State::read_partition(const Leaf& leaf) {
  const auto partition = read_partition_config(leaf.payload, leaf.header.type.version());
  if (!partition) return partition.refusal();
  for (std::size_t bit = 0; bit < partition->bld_mask.size() * 32 && bit < max_sources; ++bit) {
    if ((partition->bld_mask[bit / 32] >> (bit % 32) & 1) == 0) continue;
    const auto bld = static_cast<std::uint32_t>(bit);
    KnownSource* source = known(make_bld_src(bld));
    if (source == nullptr) return Refusal::too_many;
    source->announced = true;
    if (const auto kind = kind_of_bld(bld_name(bld))) monitor(*source, *kind);
  }
  for (const PartitionConfig::Source& entry : partition->sources) {
    KnownSource* source = known(entry.src);
    if (source == nullptr) return Refusal::too_many;
    source->announced = true;
    source->readout_group = entry.readout_group;
  }
  return std::nullopt;
}

std::optional<Refusal> Decoder::State::read_evr(const Leaf& leaf) {
  const auto config = read_evr_config(leaf.payload, leaf.header.type.version());
  if (!config) return config.refusal();
  KnownSource* source = known(leaf.header.src);
  if (source == nullptr) return Refusal::too_many;
  if (!source->evr) {
    source->evr = run.evrs.size();
    run.evrs.push_back({psana_text(source->src), {}});
  }
  return std::nullopt;
}

std::optional<Refusal> Decoder::State::read_pv_names(const Leaf& leaf) {
  const std::uint16_t version = leaf.header.type.version();
  if (leaf.header.type.id() == type_epics_config) {
    const auto aliases = read_epics_config(leaf.payload, version);
    if (!aliases) return aliases.refusal();
    if (pv_aliases.size() + aliases->size() > max_pvs) return Refusal::too_many;
    pv_aliases.insert(pv_aliases.begin(), aliases->begin(), aliases->end());  // the newest is found first
    return std::nullopt;
  }
  const auto header = read_epics_header(leaf.payload, version);
  if (!header) return header.refusal();
  if (!header->is_ctrl()) return std::nullopt;
  const auto name = read_epics_name(leaf.payload);
  if (!name) return name.refusal();
  const auto same = std::find(pv_ids.begin(), pv_ids.end(), header->pv_id);
  if (same != pv_ids.end()) {
    run.pvs[static_cast<std::size_t>(same - pv_ids.begin())].name = *name;
  } else if (pv_ids.size() < max_pvs) {
    pv_ids.push_back(header->pv_id);
    run.pvs.push_back({*name, {}});
  } else {
    return Refusal::too_many;
  }
  return std::nullopt;
}

std::optional<Refusal> Decoder::State::read_camera_configuration(const Leaf& leaf) {
  const TypeId type = leaf.header.type;
  const std::uint8_t device = det_info(leaf.header.src).device;
  Shape shape;
  switch (type.id()) {
    case type_opal_config: {
      const auto config = read_opal_config(leaf.payload, type.version());
      if (!config) return config.refusal();
      shape = opal_shape(device);
      break;
    }
    case type_frame_fex_config: {
      const auto config = read_frame_fex_config(leaf.payload, type.version());
      if (!config) return config.refusal();
      shape = region_shape(*config);
      break;
    }
    case type_controls_camera_config: {
      const auto config = read_controls_camera_config(leaf.payload, type.version());
      if (!config) return config.refusal();
      shape = {1, config->height, config->width};
      break;
    }
    case type_rayonix_config: {
      const auto config = read_rayonix_config(leaf.payload, type.version());
      if (!config) return config.refusal();
      shape = config->shape();
      break;
    }
    default:
      break;  // AlviumConfig: known by name only
  }
  KnownSource* source = known(leaf.header.src);
  if (source == nullptr) return Refusal::too_many;
  DetectorInfo& info = detector(*source, camera_kind(device));
  if (shape.known()) info.shape = shape;
  if (type.id() != type_frame_fex_config) info.config_type = configuration_name(type);
  source->shape_settled = false;
  return std::nullopt;
}

}  // namespace jt::formats::xtc
