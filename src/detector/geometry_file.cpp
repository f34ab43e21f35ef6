#include "detector/geometry_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace jt::detector {

namespace {

constexpr std::size_t words_per_line = 13;
// Far above any detector; they bound what a hostile file can cost, and keep its sums finite.
constexpr std::size_t most_lines = 10000;
constexpr std::size_t longest_name = 60;
constexpr double largest_number = 1e9;  // um (a kilometre) or degrees

std::vector<std::string_view> split(std::string_view line) {
  constexpr std::string_view blanks = " \t\r\v\f";
  std::vector<std::string_view> words;
  for (std::size_t at = line.find_first_not_of(blanks); at != std::string_view::npos;
       at = line.find_first_not_of(blanks, at)) {
    const std::size_t end = std::min(line.find_first_of(blanks, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

template <class T>
T read(std::string_view word, int line) {
  T value{};
  const std::string_view digits = word.starts_with('+') ? word.substr(1) : word;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  bool good = error == std::errc() && stop == digits.data() + digits.size();
  if constexpr (std::is_floating_point_v<T>) good = good && std::isfinite(value);
  if (!good) throw Unreadable(fmt::format("line {}: '{}' is not a number", line, shortened(word)));
  if constexpr (std::is_floating_point_v<T>)
    if (std::abs(value) > largest_number)
      throw Unreadable(fmt::format("line {}: {} is too large for um or degrees", line, shortened(word)));
  return value;
}

std::string read_name(std::string_view word, int line) {
  const bool printable = std::all_of(word.begin(), word.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (word.size() > longest_name || !printable || word.front() == '#')
    throw Unreadable(fmt::format("line {}: '{}' is no name of an object", line, shortened(word)));
  return std::string(word);
}

GeometryLine read_line(std::string_view text, int line) {
  const std::vector<std::string_view> words = split(text);
  if (words.size() != words_per_line)
    throw Unreadable(fmt::format("line {}: {} words, not {}", line, words.size(), words_per_line));
  GeometryLine object;
  object.parent = read_name(words[0], line);
  object.parent_index = read<int>(words[1], line);
  object.object = read_name(words[2], line);
  object.object_index = read<int>(words[3], line);
  const std::array<double*, 9> numbers{&object.x,      &object.y,      &object.z,
                                       &object.rot_z,  &object.rot_y,  &object.rot_x,
                                       &object.tilt_z, &object.tilt_y, &object.tilt_x};
  for (std::size_t k = 0; k < numbers.size(); ++k) *numbers[k] = read<double>(words[4 + k], line);
  if (object.parent.starts_with("IP") && object.z > 0) object.z = -object.z;
  object.line = line;
  return object;
}

}  // namespace

std::vector<GeometryLine> parse_geometry(std::string_view text) {
  std::vector<GeometryLine> lines;
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.starts_with('#') || line.find_first_not_of(" \t\r\v\f") == std::string_view::npos) continue;
    if (lines.size() == most_lines) throw Unreadable(fmt::format("line {}: too many objects", number));
    lines.push_back(read_line(line, number));
  }
  if (lines.empty()) throw Unreadable("it describes no object");
  return lines;
}

std::string format_geometry(const std::vector<GeometryLine>& lines, std::string_view title) {
  std::string text = fmt::format(
      "# TITLE {}\n# parent index object index x[um] y[um] z[um] rot_z[deg] rot_y rot_x tilt_z tilt_y "
      "tilt_x\n",
      title);
  for (const GeometryLine& of : lines)
    text += fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {}\n", of.parent, of.parent_index, of.object,
                        of.object_index, of.x, of.y, of.z, of.rot_z, of.rot_y, of.rot_x, of.tilt_z, of.tilt_y,
                        of.tilt_x);
  return text;
}

}  // namespace jt::detector
