#include <algorithm>

#include "formats/xtc/decoder_state.hpp"

namespace jt::formats::xtc {

KnownSource* Decoder::State::find(Src src) {
  const auto found =
      std::find_if(sources.begin(), sources.end(), [&](const KnownSource& one) { return one.src == src; });
  return found == sources.end() ? nullptr : &*found;
}

KnownSource* Decoder::State::known(Src src) {
  if (KnownSource* source = find(src)) return source;
  if (sources.size() == max_sources) return nullptr;
  KnownSource& source = sources.emplace_back();
  source.src = src;
  return &source;
}

// A detector that Configure did not announce has no alias here unless name_sources() has seen one.
DetectorInfo& Decoder::State::detector(KnownSource& source, DetectorKind kind) {
  if (!source.detector) {
    source.detector = run.detectors.size();
    DetectorInfo info;
    info.source = psana_text(source.src);
    info.kind = kind;
    run.detectors.push_back(std::move(info));
    name_sources();
  }
  return run.detectors[*source.detector];
}

MonitorInfo& Decoder::State::monitor(KnownSource& source, MonitorKind kind) {
  if (!source.monitor) {
    source.monitor = run.monitors.size();
    run.monitors.push_back({{}, psana_text(source.src), kind});
    name_sources();
  }
  return run.monitors[*source.monitor];
}

void Decoder::State::name_sources() {
  const auto alias_of = [&](const std::string& source) -> std::string {
    for (const RunDescription::Alias& entry : run.aliases)
      if (entry.source == source) return entry.alias;
    return {};
  };
  for (DetectorInfo& detector : run.detectors) detector.alias = alias_of(detector.source);
  for (RunDescription::Evr& evr : run.evrs) evr.alias = alias_of(evr.source);
  for (MonitorInfo& monitor : run.monitors) {
    // "BldInfo(XCS-SB2-BMMON)" is asked for as "XCS-SB2-BMMON"; a local IPM by its alias.
    monitor.name = alias_of(monitor.source);
    if (monitor.name.empty())
      monitor.name = monitor.source.substr(8, monitor.source.size() - 9);  // without "DetInfo(" and ")"
  }
  for (std::size_t i = 0; i < run.pvs.size(); ++i) {
    const auto found = std::find_if(pv_aliases.begin(), pv_aliases.end(),
                                    [&](const EpicsAlias& entry) { return entry.pv_id == pv_ids[i]; });
    if (found != pv_aliases.end()) run.pvs[i].alias = found->alias;
  }
}

}  // namespace jt::formats::xtc
