#include "apps/jt/live_page.hpp"

#include <chrono>
#include <cmath>

namespace jt::app {
namespace {

using nlohmann::ordered_json;

ordered_json number(std::optional<double> value) {
  return value && std::isfinite(*value) ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json calibration_json(const pipeline::LiveStatus& status) {
  const auto& in_use = status.window.calibration;
  if (!in_use) return nullptr;
  const double age =
      std::chrono::duration<double>(std::filesystem::file_time_type::clock::now() - in_use->file.written)
          .count();
  return {{"file", in_use->file.path.string()},
          {"run", in_use->file.run.value},
          {"age_s", age},
          {"newer", status.announced.empty() ? ordered_json(nullptr) : ordered_json(status.announced)}};
}

ordered_json rejected_json(const pipeline::LiveStatus& status) {
  ordered_json rejected = ordered_json::object();
  status.lost.each([&](reduction::Lost cause, std::uint64_t times) {
    rejected[std::string(reduction::name(cause))] = times;
  });
  status.troubles.each([&](pipeline::Trouble cause, std::uint64_t times) {
    rejected[std::string(pipeline::name(cause))] = times;
  });
  return rejected;
}

std::string_view origin_name(pipeline::ShotOrigin origin) {
  return api::name(static_cast<api::Origin>(origin));
}

}  // namespace

ordered_json state_json(const pipeline::LiveStatus& status, publish::PvHost* pvs) {
  ordered_json state;
  state["source"] = {{"words", status.feed.words},
                     {"connected", status.feed.connected},
                     {"sessions", status.feed.sessions},
                     {"not_ours", status.feed.not_ours},
                     {"troubles", ordered_json::object()}};
  for (const auto& [cause, times] : status.feed.troubles) state["source"]["troubles"][cause] = times;
  state["transition"] = status.last_transition;
  state["run"] = status.run.value;
  state["origin"] = origin_name(status.origin);
  state["problem"] = status.problem.empty() ? ordered_json(nullptr) : ordered_json(status.problem);
  state["shots"] = {{"in", status.shots_in},       {"out", status.shots_out},
                    {"good", status.good},         {"lost_without_trace", status.lost_without_trace},
                    {"in_per_s", status.in_per_s}, {"out_per_s", status.out_per_s}};
  state["rejected"] = rejected_json(status);
  state["newest_age_s"] = number(status.newest_age_s);
  state["lag_s"] = number(status.lag_s);
  state["window"] = {
      {"id", status.window.id}, {"peak_bin", status.window.peak}, {"delta_bin", status.window.delta}};
  state["calibration"] = calibration_json(status);
  state["profile"] = {{"state", pipeline::name(status.profile.state)},
                      {"shots", status.profile.shots},
                      {"moved_bins", status.profile.moved_bins},
                      {"background_ratio", status.profile.background_ratio},
                      {"values", status.profile.profile}};
  state["workers"] = {
      {"alive", status.workers}, {"given_up", status.workers_given_up}, {"waiting_shots", status.waiting}};
  state["pvs"] = nullptr;  // null: not served
  if (pvs != nullptr)
    state["pvs"] = {{"clients", pvs->server().counts().clients},
                    {"port", pvs->server().udp_port()},
                    {"shots_put", pvs->shots_put()},
                    {"replayed_shots_kept_back", pvs->shots_kept_back()}};
  return state;
}

std::string metrics_text(const pipeline::LiveStatus& status, const publish::LiveSink& sink,
                         publish::PvHost* pvs) {
  api::MetricsText page;
  const auto counter = [&](const char* name, const char* words, std::uint64_t value) {
    page.help(name, "counter", words);
    page.value(name, static_cast<double>(value));
  };
  counter("jt_shots_in_total", "shots that the source gave", status.shots_in);
  counter("jt_shots_out_total", "shots sent to the stream, with a value or a cause", status.shots_out);
  counter("jt_shots_good_total", "shots with a value", status.good);
  counter("jt_shots_lost_without_trace_total", "shots given up before they had a number",
          status.lost_without_trace);
  counter("jt_shots_not_ours_total", "shots that the DAQ gave to others", status.feed.not_ours);
  page.help("jt_rejected_total", "counter", "shots without a value, by cause");
  status.lost.each([&](reduction::Lost cause, std::uint64_t times) {
    page.value("jt_rejected_total", "cause", reduction::name(cause), static_cast<double>(times));
  });
  status.troubles.each([&](pipeline::Trouble cause, std::uint64_t times) {
    page.value("jt_rejected_total", "cause", pipeline::name(cause), static_cast<double>(times));
  });
  page.help("jt_workers_alive", "gauge", "worker threads");
  page.value("jt_workers_alive", status.workers);
  page.help("jt_window_id", "gauge", "changes with peak, delta and calibration");
  page.value("jt_window_id", status.window.id);
  page.histogram("jt_stream_seconds", "from when a shot could be read until it was sent", sink.latency());
  if (pvs != nullptr) {
    counter("jt_pv_shots_total", "shots that were put on the served PVs", pvs->shots_put());
    page.help("jt_pv_clients", "gauge", "Channel Access clients of the served PVs");
    page.value("jt_pv_clients", static_cast<double>(pvs->server().counts().clients));
  }
  return page.text();
}

}  // namespace jt::app
