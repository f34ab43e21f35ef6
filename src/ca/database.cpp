#include "ca/database.hpp"

#include <algorithm>
#include <cassert>

#include "core/pv_convert.hpp"

namespace jt::ca {

PvTime wall_time() {
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  return {now / 1'000'000'000, static_cast<std::uint32_t>(now % 1'000'000'000)};
}

Pv& Database::add(PvSetup setup) {
  assert(!setup.name.empty() && pvs_.find(setup.name) == pvs_.end());
  auto pv = std::make_unique<Pv>();
  pv->sample = std::make_shared<const PvSample>(PvSample{setup.value, setup.alarm, {}});
  pv->most_elements = std::max<std::size_t>({1, setup.most_elements, setup.value.count()});
  pv->posted_at = std::chrono::steady_clock::now();
  pv->setup = std::move(setup);
  Pv& added = *pv;
  if (added.setup.stale_after) can_go_stale_.push_back(&added);
  pvs_[added.setup.name] = std::move(pv);
  return added;
}

Pv* Database::find(std::string_view name) const {
  constexpr std::string_view value_field = ".VAL";
  auto found = pvs_.find(name);
  if (found == pvs_.end() && name.ends_with(value_field))
    found = pvs_.find(name.substr(0, name.size() - value_field.size()));
  else if (found == pvs_.end() && name.find('.') == std::string_view::npos)
    found = pvs_.find(std::string(name).append(value_field));
  if (found == pvs_.end() || !found->second->served) return nullptr;
  return found->second.get();
}

Pv& Database::at(std::string_view name) const {
  const auto found = pvs_.find(name);
  assert(found != pvs_.end());
  return *found->second;
}

std::vector<std::string> Database::names() const {
  std::vector<std::string> all;
  for (const auto& [name, pv] : pvs_) all.push_back(name);
  return all;
}

void Database::post(Pv& pv, PvValue value, Alarm alarm, std::optional<PvTime> time) {
  post(pv, std::make_shared<const PvSample>(PvSample{std::move(value), alarm, time.value_or(wall_time())}));
}

void Database::post(Pv& pv, SharedSample sample) {
  assert(sample->value.type() == pv.sample->value.type());
  const bool alarm_changed = !(sample->alarm == pv.sample->alarm);
  pv.sample = std::move(sample);
  pv.posted_at = std::chrono::steady_clock::now();
  const auto mask = static_cast<std::uint16_t>(event_value | event_log | (alarm_changed ? event_alarm : 0));
  for (PvWatcher* watcher : pv.watchers) watcher->posted(pv.sample, mask);
}

void Database::post_change(Pv& pv, PvValue value, Alarm alarm, std::optional<PvTime> time) {
  if (pv.sample->value == value && pv.sample->alarm == alarm) return;
  post(pv, std::move(value), alarm, time);
}

void Database::set_details(Pv& pv, PvDetails details) {
  pv.setup.details = std::move(details);
  for (PvWatcher* watcher : pv.watchers) watcher->posted(pv.sample, event_property);
}

void Database::set_writable(Pv& pv, bool writable) {
  if (pv.setup.writable == writable) return;
  pv.setup.writable = writable;
  for (PvWatcher* watcher : pv.watchers) watcher->access_changed();
}

void Database::set_served(Pv& pv, bool served) {
  pv.served = served;
  if (served) return;
  const std::vector<PvWatcher*> watchers = std::move(pv.watchers);
  pv.watchers.clear();
  for (PvWatcher* watcher : watchers) watcher->withdrawn();
}

void Database::put(Pv& pv, PutRequest request) {
  if (!pv.setup.writable) return request.complete(Status::no_write_access);
  if (request.value.count() > pv.most_elements) return request.complete(Status::bad_count);
  std::optional<PvValue> value = convert(request.value, pv.sample->value.type(), pv.setup.details);
  if (!value || value->count() == 0) return request.complete(Status::put_failed);
  request.value = std::move(*value);
  if (pv.setup.on_put) return pv.setup.on_put(std::move(request));
  post(pv, std::move(request.value));
  request.complete(Status::normal);
}

void Database::mark_stale(std::chrono::steady_clock::time_point now) {
  const Alarm stale{AlarmSeverity::invalid, alarm_status::timeout};
  for (Pv* pv : can_go_stale_) {
    if (now - pv->posted_at < *pv->setup.stale_after || pv->sample->alarm == stale) continue;
    const auto posted_at = pv->posted_at;
    post(*pv, pv->sample->value, stale, pv->sample->time);  // the time stays: that of the last good value
    pv->posted_at = posted_at;
  }
}

}  // namespace jt::ca
