// What `jt watch` shows, as lines of text: computed from the shots and the state alone, without a terminal.
// Behind the shot stream (after stop 6 of the walk), like every other reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/shot_message.hpp"

namespace jt::app {

// The last shots, and how long ago the newest came.
class WatchedShots {
 public:
  // `now_s` is any clock's, in seconds.
  void add(const api::ShotMessage& shot, double now_s);

  struct Summary {
    std::size_t good = 0, dropped = 0, others = 0;  // of the kept shots; others were not ours to judge
    std::map<std::string, std::size_t> causes;      // of dropped and other shots
    double ratio = 0, i0 = 0;                       // medians of the good ones; NaN without
  };
  [[nodiscard]] Summary summary() const;
  // Medians of the good shots' ratio in so many columns of equally many shots, oldest first; NaN: none good.
  [[nodiscard]] std::vector<double> strip(std::size_t columns) const;
  [[nodiscard]] std::optional<double> heard_s(double now_s) const;  // since the newest
  [[nodiscard]] const api::ShotMessage* newest() const { return shots_.empty() ? nullptr : &shots_.back(); }

 private:
  static constexpr std::size_t most_ = 1200;  // 10 s at 120 Hz
  std::deque<api::ShotMessage> shots_;
  double newest_at_ = 0;
};

struct WatchScreen {
  const WatchedShots& shots;
  const nlohmann::json& state;  // of `status`; null: no answer
  double now_s = 0;
  std::uint64_t missed = 0;  // shots that the stream did not bring
};

// "GOOD", "DROPPING", "NO SHOTS", "NO CONTACT", "PROBLEM": first what hides everything else.
std::string_view lamp_of(const WatchScreen& screen);
// At most `rows` lines of at most `columns` characters (ASCII).
std::vector<std::string> watch_lines(const WatchScreen& screen, std::size_t rows, std::size_t columns);
// The same in one line.
std::string watch_line(const WatchScreen& screen);

// Values as a picture of `rows` lines, highest first: a bar per column, NaN is empty. All lines as wide as
// the values are many.
std::vector<std::string> bars(const std::vector<double>& values, std::size_t rows);

}  // namespace jt::app
