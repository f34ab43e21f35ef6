#include "apps/jt/work_line.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "apps/jt/words.hpp"

namespace jt::app {

std::string work_words(const std::string& doing, std::uint64_t done, std::uint64_t of,
                       const std::string& unit, double seconds) {
  std::string words = fmt::format("{}: {} of {} {}", doing, done, of, unit);
  if (done == 0 || seconds <= 0) return words;
  const double rate = static_cast<double>(done) / seconds;
  words += fmt::format(", {:.0f}/s", rate);
  if (of > done) words += fmt::format(", {} left", duration_words(static_cast<double>(of - done) / rate));
  return words;
}

void WorkLine::show(std::uint64_t done, std::uint64_t of, Clock::time_point now) {
  const auto pause = terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(5000);
  if (now - shown_ < pause) return;
  shown_ = now;
  const std::string words =
      work_words(doing_, done, of, unit_, std::chrono::duration<double>(now - began_).count());
  // \033[K takes away what a longer line left behind.
  fmt::print(stderr, "{}", terminal_ ? fmt::format("\r{}\033[K", words) : words + "\n");
  std::fflush(stderr);
  line_there_ = terminal_;
}

void WorkLine::clear() {
  if (line_there_) fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
  line_there_ = false;
}

}  // namespace jt::app
