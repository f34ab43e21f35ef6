#include "apps/jt/watch_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/jt/words.hpp"

namespace jt::app {
namespace {

using nlohmann::json;

constexpr double silent_s = 3;       // 360 shots at 120 Hz
constexpr double dropping_at = 0.5;  // of the shots that count
constexpr std::size_t narrowest = 40, strip_rows = 6, profile_rows = 6;

double median(std::vector<double> values) {
  if (values.empty()) return std::nan("");
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// What the state says at "a/b", however wrong the answer is.
const json* at(const json& state, const char* path) {
  const json::json_pointer pointer(path);
  return state.is_object() && state.contains(pointer) ? &state[pointer] : nullptr;
}
std::string text_at(const json& state, const char* path) {
  const json* found = at(state, path);
  return found != nullptr && found->is_string() ? printable(found->get<std::string>()) : "";
}
double number_at(const json& state, const char* path) {
  const json* found = at(state, path);
  return found != nullptr && found->is_number() ? found->get<double>() : std::nan("");
}
std::string count_at(const json& state, const char* path) {
  const double number = number_at(state, path);
  return std::isfinite(number) ? fmt::format("{:.0f}", number) : "-";
}

std::string causes_in_words(const WatchedShots::Summary& summary) {
  std::vector<std::pair<std::size_t, std::string>> causes;
  for (const auto& [cause, times] : summary.causes) causes.emplace_back(times, cause);
  std::sort(causes.rbegin(), causes.rend());
  std::string words;
  for (std::size_t i = 0; i < std::min<std::size_t>(causes.size(), 4); ++i)
    words += fmt::format("{}{} {}", i == 0 ? "" : ", ", causes[i].first, printable(causes[i].second));
  return words.empty() ? "none" : words;
}

std::string shots_line(const WatchedShots::Summary& summary) {
  return fmt::format("last {} shots: {} good, {} dropped, {} not ours   ratio {}   i0 {}",
                     summary.good + summary.dropped + summary.others, summary.good, summary.dropped,
                     summary.others, number_words(summary.ratio, 4), number_words(summary.i0, 4));
}

std::string counters_line(const json& state) {
  return fmt::format("in {} ({}/s)   out {} ({}/s)   good {}   workers {}   waiting {}   age {} s",
                     count_at(state, "/shots/in"), number_words(number_at(state, "/shots/in_per_s"), 3),
                     count_at(state, "/shots/out"), number_words(number_at(state, "/shots/out_per_s"), 3),
                     count_at(state, "/shots/good"), count_at(state, "/workers/alive"),
                     count_at(state, "/workers/waiting_shots"),
                     number_words(number_at(state, "/newest_age_s"), 2));
}

std::string window_line(const json& state) {
  return fmt::format("calibration of run {}   peak bin {} +- {}   window {}   profile {}",
                     count_at(state, "/calibration/run"), count_at(state, "/window/peak_bin"),
                     count_at(state, "/window/delta_bin"), count_at(state, "/window/id"),
                     text_at(state, "/profile/state"));
}

// A profile of any length on so many columns: means of what falls together.
std::vector<double> narrowed(const std::vector<double>& values, std::size_t columns) {
  if (values.size() <= columns) return values;
  std::vector<double> narrow(columns, 0);
  std::vector<std::size_t> count(columns, 0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t column = i * columns / values.size();
    if (!std::isfinite(values[i])) continue;
    narrow[column] += values[i];
    ++count[column];
  }
  for (std::size_t i = 0; i < columns; ++i)
    narrow[i] = count[i] == 0 ? std::nan("") : narrow[i] / static_cast<double>(count[i]);
  return narrow;
}

std::vector<double> profile_of(const json& state) {
  std::vector<double> values;
  const json* found = at(state, "/profile/values");
  if (found == nullptr || !found->is_array()) return values;
  for (const json& value : *found) values.push_back(value.is_number() ? value.get<double>() : std::nan(""));
  return values;
}

std::string range_words(const std::vector<double>& values) {
  std::vector<double> finite;
  std::copy_if(values.begin(), values.end(), std::back_inserter(finite),
               [](double v) { return std::isfinite(v); });
  if (finite.empty()) return "nothing yet";
  const auto [low, high] = std::minmax_element(finite.begin(), finite.end());
  return fmt::format("{} to {}", number_words(std::min(*low, 0.0), 4), number_words(*high, 4));
}

}  // namespace

void WatchedShots::add(const api::ShotMessage& shot, double now_s) {
  shots_.push_back(shot);
  if (shots_.size() > most_) shots_.pop_front();
  newest_at_ = now_s;
}

WatchedShots::Summary WatchedShots::summary() const {
  Summary summary;
  std::vector<double> ratios, i0s;
  for (const api::ShotMessage& shot : shots_) {
    if (shot.cause.empty()) {
      ++summary.good;
      if (std::isfinite(shot.ratio)) ratios.push_back(shot.ratio);
      if (std::isfinite(shot.i0)) i0s.push_back(shot.i0);
      continue;
    }
    ++(shot.dropped ? summary.dropped : summary.others);
    ++summary.causes[shot.cause];
  }
  summary.ratio = median(std::move(ratios));
  summary.i0 = median(std::move(i0s));
  return summary;
}

std::vector<double> WatchedShots::strip(std::size_t columns) const {
  std::vector<double> strip;
  for (std::size_t column = 0; column < columns; ++column) {
    std::vector<double> ratios;
    for (std::size_t i = column * shots_.size() / columns; i < (column + 1) * shots_.size() / columns; ++i)
      if (shots_[i].cause.empty() && std::isfinite(shots_[i].ratio)) ratios.push_back(shots_[i].ratio);
    strip.push_back(median(std::move(ratios)));
  }
  return strip;
}

std::optional<double> WatchedShots::heard_s(double now_s) const {
  if (shots_.empty()) return std::nullopt;
  return now_s - newest_at_;
}

std::string_view lamp_of(const WatchScreen& screen) {
  if (!screen.state.is_object()) return "NO CONTACT";
  if (!text_at(screen.state, "/problem").empty()) return "PROBLEM";
  const auto heard = screen.shots.heard_s(screen.now_s);
  if (!heard || *heard > silent_s) return "NO SHOTS";
  const WatchedShots::Summary summary = screen.shots.summary();
  const auto judged = static_cast<double>(summary.good + summary.dropped);
  return static_cast<double>(summary.dropped) > dropping_at * judged ? "DROPPING" : "GOOD";
}

// From 0, or the lowest value when that is below, to the highest.
std::vector<std::string> bars(const std::vector<double>& values, std::size_t rows) {
  constexpr std::string_view part = " .-=#";  // how much of a cell is filled, in quarters
  double low = 0, high = 0;
  for (const double value : values)
    if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  std::vector<std::string> lines(rows, std::string(values.size(), ' '));
  if (!(high > low)) return lines;
  for (std::size_t column = 0; column < values.size(); ++column) {
    if (!std::isfinite(values[column])) continue;
    const double height = (values[column] - low) / (high - low) * static_cast<double>(rows);
    for (std::size_t row = 0; row < rows; ++row) {
      const double filled = std::clamp(height - static_cast<double>(rows - 1 - row), 0.0, 1.0);
      lines[row][column] = part[static_cast<std::size_t>(std::lround(filled * 4))];
    }
  }
  return lines;
}

std::vector<std::string> watch_lines(const WatchScreen& screen, std::size_t rows, std::size_t columns) {
  const std::size_t width = std::max(columns, narrowest) - 2;
  const WatchedShots::Summary summary = screen.shots.summary();
  std::vector<std::string> lines;
  const auto picture = [&](const std::string& heading, const std::vector<double>& values, std::size_t high) {
    lines.push_back(fmt::format("{} ({})", heading, range_words(values)));
    for (const std::string& line : bars(values, high)) lines.push_back(" " + line);
  };
  lines.push_back(watch_line(screen));
  const std::string problem = text_at(screen.state, "/problem");
  if (!problem.empty()) lines.push_back("problem: " + problem);
  lines.push_back("source: " + text_at(screen.state, "/source/words") + "   " +
                  text_at(screen.state, "/transition"));
  lines.push_back(shots_line(summary));
  lines.push_back("causes: " + causes_in_words(summary));
  picture("ratio of the last shots", screen.shots.strip(width), strip_rows);
  picture("profile", narrowed(profile_of(screen.state), width), profile_rows);
  lines.push_back(window_line(screen.state));
  lines.push_back(counters_line(screen.state));
  lines.push_back("q quits   (the live process goes on; 'jt ctl live stop' ends it)");
  if (lines.size() > rows) lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(rows), lines.end());
  for (std::string& line : lines)
    if (line.size() > columns) line.resize(columns);
  return lines;
}

std::string watch_line(const WatchScreen& screen) {
  const WatchedShots::Summary summary = screen.shots.summary();
  const api::ShotMessage* newest = screen.shots.newest();
  std::string words = fmt::format("[{}]", lamp_of(screen));
  if (newest != nullptr)
    words += fmt::format(" {} run {} {}   shot {}", printable(newest->experiment), newest->run.value,
                         api::name(newest->origin), newest->seq);
  words += fmt::format("   ratio {}   {} of {} good", number_words(summary.ratio, 4), summary.good,
                       summary.good + summary.dropped);
  if (const auto heard = screen.shots.heard_s(screen.now_s); heard && *heard > silent_s)
    words += fmt::format("   silent for {}", duration_words(*heard));
  if (screen.missed > 0) words += fmt::format("   {} missed here", screen.missed);
  return words;
}

}  // namespace jt::app
