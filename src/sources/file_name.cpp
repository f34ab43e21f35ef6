#include "sources/file_name.hpp"

#include <fmt/core.h>

#include <charconv>

namespace jt::sources {

namespace {

constexpr std::string_view in_progress_ending = ".inprogress", ending = ".xtc";

bool take_ending(std::string_view& name, std::string_view wanted) {
  if (!name.ends_with(wanted)) return false;
  name.remove_suffix(wanted.size());
  return true;
}

// Takes "-<letter><digits>" off the end of `name`.
template <class Number>
bool take_number(std::string_view& name, char letter, std::size_t least_digits, Number& number) {
  constexpr std::size_t most_digits = 6;
  const std::size_t dash = name.rfind('-');
  if (dash == std::string_view::npos || dash + 1 >= name.size() || name[dash + 1] != letter) return false;
  const std::string_view digits = name.substr(dash + 2);
  if (digits.size() < least_digits || digits.size() > most_digits) return false;
  for (const char c : digits)
    if (c < '0' || c > '9') return false;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  name = name.substr(0, dash);
  return true;
}

}  // namespace

std::optional<FileName> parse_file_name(std::string_view name) {
  FileName parsed;
  parsed.in_progress = take_ending(name, in_progress_ending);
  const bool fits = take_ending(name, ending) && take_number(name, 'c', 2, parsed.chunk) &&
                    take_number(name, 's', 2, parsed.stream) && take_number(name, 'r', 4, parsed.run);
  if (!fits || name.empty()) return std::nullopt;
  parsed.prefix = name;
  return parsed;
}

std::string text(const FileName& name) {
  return fmt::format("{}-r{:04}-s{:02}-c{:02}.xtc{}", name.prefix, name.run, name.stream, name.chunk,
                     name.in_progress ? in_progress_ending : "");
}

std::filesystem::path index_path(const std::filesystem::path& file) {
  std::string name = file.filename().string();
  std::string_view stem = name;
  take_ending(stem, in_progress_ending);
  take_ending(stem, ending);
  return file.parent_path() / "smalldata" / fmt::format("{}.smd.xtc", stem);
}

}  // namespace jt::sources
