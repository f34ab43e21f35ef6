#include <algorithm>

#include "formats/xtc/bld.hpp"
#include "formats/xtc/camera.hpp"
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
    case type_ipm_fex_config:
      return read_ipm_configuration(leaf);
    case type_epix_config:
    case type_epix100a_config:
    case type_epix10ka_config:
      return read_epix_configuration(leaf);
    case type_epix10ka2m_config:
    case type_epix10ka_quad_config:
      return read_epix10ka_configuration(leaf);
    case type_jungfrau_config:
      return read_jungfrau_configuration(leaf);
    case type_cspad_config:
      return read_cspad_configuration(leaf);
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
  std::optional<AlviumConfig> alvium;
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
    case type_alvium_config: {
      const auto config = read_alvium_config(leaf.payload, type.version());
      if (!config) return config.refusal();
      shape = {1, config->height, config->width};
      alvium = *config;
      break;
    }
    default:
      break;
  }
  KnownSource* source = known(leaf.header.src);
  if (source == nullptr) return Refusal::too_many;
  DetectorInfo& info = detector(*source, camera_kind(device));
  if (shape.known()) info.shape = shape;
  if (type.id() != type_frame_fex_config) info.config_type = configuration_name(type);
  source->shape_settled = false;
  if (alvium) source->alvium = *alvium;
  return std::nullopt;
}

std::optional<Refusal> Decoder::State::read_ipm_configuration(const Leaf& leaf) {
  const auto config = read_ipm_fex_config(leaf.payload, leaf.header.type.version());
  if (!config) return config.refusal();
  KnownSource* source = known(leaf.header.src);
  if (source == nullptr) return Refusal::too_many;
  monitor(*source, MonitorKind::ipm);
  return std::nullopt;
}

// A panel detector's shape is what its configuration says, so its frames cannot settle it otherwise.
DetectorInfo& Decoder::State::configured(KnownSource& source, DetectorKind kind, TypeId type) {
  DetectorInfo& info = detector(source, kind);
  info.kind = kind;
  info.config_type = configuration_name(type);
  source.shape_settled = false;
  return info;
}

std::optional<Refusal> Decoder::State::read_epix_configuration(const Leaf& leaf) {
  const TypeId type = leaf.header.type;
  const auto size = read_epix_size(leaf.payload, type);
  if (!size) return size.refusal();
  std::shared_ptr<GainSetup> gain;
  if (type.id() == type_epix10ka_config) {
    auto panel = read_epix10ka_gain(leaf.payload, type.version());
    if (!panel) return panel.refusal();
    gain = std::make_shared<GainSetup>();
    gain->epix10ka.push_back(std::move(*panel));
  }
  KnownSource* source = known(leaf.header.src);
  if (source == nullptr) return Refusal::too_many;
  source->epix = *size;
  const auto kind = type.id() == type_epix10ka_config ? DetectorKind::epix10ka : DetectorKind::epix100a;
  DetectorInfo& info = configured(*source, kind, type);
  info.shape = {1, size->rows, size->cols};
  info.gain = std::move(gain);
  return std::nullopt;
}

std::optional<Refusal> Decoder::State::read_epix10ka_configuration(const Leaf& leaf) {
  const TypeId type = leaf.header.type;
  auto panels = read_epix10ka_array_gains(leaf.payload, type);
  if (!panels) return panels.refusal();
  KnownSource* source = known(leaf.header.src);
  if (source == nullptr) return Refusal::too_many;
  source->epix10ka_panels = panels->size();
  const auto kind = panels->size() == 4 ? DetectorKind::epix10ka_quad : DetectorKind::epix10ka2m;
  DetectorInfo& info = configured(*source, kind, type);
  info.shape = {static_cast<std::uint32_t>(panels->size()), layout::epix10ka_rows, layout::epix10ka_cols};
  auto gain = std::make_shared<GainSetup>();
  gain->epix10ka = std::move(*panels);
  info.gain = std::move(gain);
  return std::nullopt;
}

std::optional<Refusal> Decoder::State::read_jungfrau_configuration(const Leaf& leaf) {
  const auto config = read_jungfrau_config(leaf.payload, leaf.header.type.version());
  if (!config) return config.refusal();
  KnownSource* source = known(leaf.header.src);
  if (source == nullptr) return Refusal::too_many;
  source->jungfrau = *config;
  DetectorInfo& info = configured(*source, DetectorKind::jungfrau, leaf.header.type);
  info.shape = config->shape();
  auto gain = std::make_shared<GainSetup>();
  gain->jungfrau_gain_mode = config->gain_mode;
  for (const JungfrauConfig::Module& module : config->module_info)
    gain->jungfrau_serials.push_back(module.serial);
  info.gain = std::move(gain);
  return std::nullopt;
}

std::optional<Refusal> Decoder::State::read_cspad_configuration(const Leaf& leaf) {
  auto config = read_cspad_config(leaf.payload, leaf.header.type.version());
  if (!config) return config.refusal();
  KnownSource* source = known(leaf.header.src);
  if (source == nullptr) return Refusal::too_many;
  auto gain = std::make_shared<GainSetup>();
  gain->cspad = std::move(config->gain_maps);
  gain->cspad_asic_mask = config->asic_mask;
  gain->cspad_quad_mask = config->quad_mask;
  gain->cspad_roi_mask = config->roi_mask;
  source->cspad = std::move(*config);
  DetectorInfo& info = configured(*source, DetectorKind::cspad, leaf.header.type);
  info.shape = CspadFrame::shape;
  info.pixel_type = PixelType::i16;
  info.gain = std::move(gain);
  return std::nullopt;
}

}  // namespace jt::formats::xtc
