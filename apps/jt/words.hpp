// Words and tables on the terminal: aligned columns, numbers with the digits a person reads, safe text.
// Used by every subcommand's summary; `--json` output never passes here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/image.hpp"

namespace jt::app {

// Names come from data files: control characters would reach the terminal's own commands. '?' instead.
std::string printable(std::string_view text);

// Rows of cells under a heading, columns as wide as they need; numbers to the right. Two spaces before each.
class Table {
 public:
  enum class Align : std::uint8_t { left, right };
  explicit Table(std::vector<std::string> heading, std::vector<Align> align = {});
  void add(std::vector<std::string> row);
  [[nodiscard]] bool empty() const { return rows_.size() == 1; }
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the heading is the first
  std::vector<Align> align_;
};

std::string number_words(double value, int digits = 6);  // "1.00092", "-" when not finite
std::string count_words(std::uint64_t count, std::string_view one,
                        std::string_view many);  // "1 shot", "3 shots"
std::string byte_words(std::uint64_t bytes);     // "31.7 MB"
std::string duration_words(double seconds);      // "1.7 s", "3 min 12 s"
std::string time_words(ShotTime time);           // "2023-11-14 22:13:20.556790105 UTC"
std::string shape_words(const Shape& shape);     // "1920 x 1920", "16 x 352 x 384", "not known"

}  // namespace jt::app
