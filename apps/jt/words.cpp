#include "apps/jt/words.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace jt::app {

std::string printable(std::string_view text) {
  std::string safe(text);
  for (char& c : safe)
    if (c < 0x20 || c == 0x7f)
      c = '?';  // bytes above 0x7f are negative where char is signed: no UTF-8 in names
  return safe;
}

Table::Table(std::vector<std::string> heading, std::vector<Align> align) : align_(std::move(align)) {
  align_.resize(heading.size(), Align::left);
  rows_.push_back(std::move(heading));
}

void Table::add(std::vector<std::string> row) {
  row.resize(align_.size());
  rows_.push_back(std::move(row));
}

std::string Table::text() const {
  std::vector<std::size_t> widths(align_.size(), 0);
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += align_[i] == Align::right ? fmt::format("  {:>{}}", row[i], widths[i])
                                        : fmt::format("  {:<{}}", row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string number_words(double value, int digits) {
  return std::isfinite(value) ? fmt::format("{:.{}g}", value, digits) : "-";
}

std::string count_words(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string byte_words(std::uint64_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (bytes < 1000) return fmt::format("{} B", bytes);
  if (value < 1e6) return fmt::format("{:.1f} kB", value / 1e3);
  if (value < 1e9) return fmt::format("{:.1f} MB", value / 1e6);
  return fmt::format("{:.1f} GB", value / 1e9);
}

std::string duration_words(double seconds) {
  if (!(seconds >= 0)) return "-";
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(seconds);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
}

std::string time_words(ShotTime time) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:09} UTC", fmt::gmtime(static_cast<std::time_t>(time.sec)),
                     time.nsec);
}

std::string shape_words(const Shape& shape) {
  if (!shape.known()) return "not known";
  if (shape.panels == 1) return fmt::format("{} x {}", shape.rows, shape.cols);
  return fmt::format("{} x {} x {}", shape.panels, shape.rows, shape.cols);
}

}  // namespace jt::app
