#include "apps/jt/progress_line.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "apps/jt/words.hpp"

namespace jt::app {

std::string progress_words(const calibration::Progress& progress, double seconds_in_pass) {
  const auto events = static_cast<double>(progress.events);
  const double rate = seconds_in_pass > 0 ? events / seconds_in_pass : 0;
  std::string words = progress.pass == 1 ? "reading i0: " : "averaging frames: ";
  if (progress.total != 0)
    words += fmt::format("{} of {} shots", progress.events, progress.total);
  else
    words += count_words(progress.events, "shot", "shots");
  words += fmt::format(", {:.0f}/s", rate);
  if (progress.total > progress.events && rate > 0)
    words += fmt::format(", {} left",
                         duration_words(static_cast<double>(progress.total - progress.events) / rate));
  return words;
}

void ProgressLine::show(const calibration::Progress& progress, Clock::time_point now) {
  const auto pause = terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(5000);
  if (progress.pass != pass_) {
    pass_ = progress.pass;
    pass_began_ = last_shown_ = now;
  }
  if (now - last_shown_ < pause) return;
  last_shown_ = now;
  const std::string words =
      progress_words(progress, std::chrono::duration<double>(now - pass_began_).count());
  // \033[K takes away what a longer line left behind.
  fmt::print(stderr, "{}", terminal_ ? fmt::format("\r{}\033[K", words) : words + "\n");
  std::fflush(stderr);
  line_there_ = terminal_;
}

void ProgressLine::say(const std::string& what) {
  fmt::print(stderr, "{}", terminal_ ? fmt::format("\r{} ...\033[K", what) : what + "\n");
  std::fflush(stderr);
  line_there_ = terminal_;
}

void ProgressLine::clear() {
  if (line_there_) fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
  line_there_ = false;
}

}  // namespace jt::app
