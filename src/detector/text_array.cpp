#include "detector/text_array.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <exception>
#include <limits>
#include <optional>
#include <thread>
#include <type_traits>

namespace jt::detector {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

// What is wrong, and where in the text.
struct Mistake {
  const char* at = nullptr;
  std::string words;
};

// What the comments say of the shape.
struct Header {
  std::optional<std::uint64_t> ndim;
  std::vector<std::uint64_t> dims;
};

// Part of the text, cut at line ends, as one thread reads it.
template <class T>
struct Piece {
  std::vector<T> values;
  std::size_t rows = 0;
  std::size_t row_length = 0;
  const char* first_row = nullptr;
  Header header;
  std::optional<Mistake> mistake;
};

// A decimal number that does not fit a double: is it too large, or too near to zero?
bool is_too_large(std::string_view number) {
  constexpr std::size_t none = std::string_view::npos;
  const std::size_t e = std::min(number.find_first_of("eE"), number.size());
  const std::string_view digits = number.substr(0, e);
  const std::size_t first = digits.find_first_of("123456789");
  const std::size_t point = std::min(digits.find('.'), digits.size());
  if (first == none) return false;
  // The power of ten of the first digit, but for the exponent that is written out.
  const double power = static_cast<double>(point) - static_cast<double>(first);
  std::string_view written = number.substr(std::min(e + 1, number.size()));
  if (written.starts_with('+')) written.remove_prefix(1);
  std::int64_t exponent = 0;
  const auto error = std::from_chars(written.data(), written.data() + written.size(), exponent).ec;
  if (error == std::errc::result_out_of_range) return !written.starts_with('-');
  return power + static_cast<double>(exponent) > 0;
}

// from_chars with what python's float() takes beyond it: a plus sign, and 1e999 as infinity.
bool read_double(std::string_view word, double& value) {
  if (word.starts_with('+')) {
    word.remove_prefix(1);
    if (word.empty() || word.starts_with('-')) return false;
  }
  const char* end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, value);
  if (stop != end || word.back() == ')') return false;  // "nan(1)" is C++'s own
  if (error == std::errc::result_out_of_range) {
    value = std::copysign(is_too_large(word) ? std::numeric_limits<double>::infinity() : 0.0,
                          word.front() == '-' ? -1.0 : 1.0);
    return true;
  }
  return error == std::errc();
}

template <class T>
bool read_number(std::string_view word, T& value) {
  if constexpr (std::is_integral_v<T>) {
    const char* end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, value);
    if (stop == end && error == std::errc()) return true;
  }
  double real = 0;
  if (!read_double(word, real)) return false;
  if constexpr (std::is_integral_v<T>) {
    // 2^digits is exact in double; the comparison also refuses NaN.
    if (!(real >= 0 && real < std::ldexp(1.0, std::numeric_limits<T>::digits)) || real != std::floor(real))
      return false;
  }
  value = static_cast<T>(real);
  return true;
}

std::optional<std::uint64_t> read_count(std::string_view word) {
  while (!word.empty() && is_blank(word.front())) word.remove_prefix(1);
  while (!word.empty() && is_blank(word.back())) word.remove_suffix(1);
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || stop != word.data() + word.size()) return std::nullopt;
  return value;
}

// Returns false when a shape keyword has no number.
bool read_comment(std::string_view line, Header& header) {
  if (line.starts_with("# NDIM ")) {
    header.ndim = read_count(line.substr(7));
    return header.ndim.has_value();
  }
  if (line.starts_with("# DIM:")) {
    const std::size_t blank = line.find(' ', 6);
    const auto dim = blank == std::string_view::npos ? std::nullopt : read_count(line.substr(blank));
    if (!dim) return false;
    header.dims.push_back(*dim);
  }
  return true;
}

// Reads one data line's numbers; returns the line's end, or nullptr after a mistake.
template <class T>
const char* read_row(const char* at, const char* end, Piece<T>& piece) {
  const char* line = at;
  const std::size_t before = piece.values.size();
  while (at != end && *at != '\n') {
    if (is_blank(*at)) {
      ++at;
      continue;
    }
    const char* word = at;
    while (at != end && *at != '\n' && !is_blank(*at)) ++at;
    const std::string_view text(word, static_cast<std::size_t>(at - word));
    T value;
    if (!read_number(text, value)) {
      piece.mistake = {word, fmt::format("'{}' is not {}", shortened(text),
                                         std::is_integral_v<T> ? "a whole number that fits" : "a number")};
      return nullptr;
    }
    piece.values.push_back(value);
  }
  const std::size_t length = piece.values.size() - before;
  if (length == 0) return at;
  if (piece.rows == 0) {
    piece.row_length = length;
    piece.first_row = line;
  } else if (length != piece.row_length) {
    piece.mistake = {line, fmt::format("{} numbers, the lines before have {}", length, piece.row_length)};
    return nullptr;
  }
  ++piece.rows;
  return at;
}

template <class T>
void read_piece(std::string_view text, Piece<T>& piece) {
  const char* at = text.data();
  const char* end = at + text.size();
  // Guess the count from the first line-ful of text: growing a vector of 15 million costs a second copy.
  piece.values.reserve(text.size() / 8);
  while (at != end) {
    if (*at == '#') {
      const char* line = at;
      at = std::find(at, end, '\n');
      if (!read_comment({line, static_cast<std::size_t>(at - line)}, piece.header)) {
        piece.mistake = {line, "a shape comment without its number"};
        return;
      }
    } else if ((at = read_row(at, end, piece)) == nullptr) {
      return;
    }
    if (at != end) ++at;
  }
}

// Cuts behind line ends into one piece per core; small texts stay whole.
std::vector<std::string_view> cut(std::string_view text) {
  constexpr std::size_t worth_a_thread = std::size_t{1} << 20;
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  const std::size_t pieces = std::clamp<std::size_t>(text.size() / worth_a_thread, 1, cores);
  std::vector<std::string_view> parts;
  for (std::size_t left = pieces; left > 1; --left) {
    const std::size_t line_end = text.find('\n', text.size() / left);
    const std::size_t size = line_end == std::string_view::npos ? text.size() : line_end + 1;
    parts.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  parts.push_back(text);
  return parts;
}

template <class T>
std::vector<Piece<T>> read_pieces(std::string_view text) {
  const std::vector<std::string_view> parts = cut(text);
  std::vector<Piece<T>> pieces(parts.size());
  std::vector<std::exception_ptr> failures(parts.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < parts.size(); ++i)
      threads.emplace_back([&, i] {
        try {
          read_piece(parts[i], pieces[i]);
        } catch (...) {
          failures[i] = std::current_exception();
        }
      });
    read_piece(parts[0], pieces[0]);
  }
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
  return pieces;
}

[[noreturn]] void refuse(std::string_view text, const Mistake& mistake) {
  const auto line = std::count(text.data(), mistake.at, '\n') + 1;
  throw Unreadable(fmt::format("line {}: {}", line, mistake.words));
}

// Joins the pieces into the first one, as if one thread had read it all.
template <class T>
Piece<T> join(std::string_view text, std::vector<Piece<T>> pieces) {
  Piece<T> whole = std::move(pieces.front());
  if (whole.mistake) refuse(text, *whole.mistake);
  std::size_t total = 0;
  for (const Piece<T>& piece : pieces) total += piece.values.size();
  whole.values.reserve(whole.values.size() + total);
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    Piece<T>& piece = pieces[i];
    if (piece.rows != 0 && whole.rows != 0 && piece.row_length != whole.row_length)
      refuse(text, {piece.first_row,
                    fmt::format("{} numbers, the lines before have {}", piece.row_length, whole.row_length)});
    if (piece.mistake) refuse(text, *piece.mistake);
    if (whole.rows == 0) whole.row_length = piece.row_length;
    whole.rows += piece.rows;
    whole.values.insert(whole.values.end(), piece.values.begin(), piece.values.end());
    piece.values = {};
    if (piece.header.ndim) whole.header.ndim = piece.header.ndim;
    whole.header.dims.insert(whole.header.dims.end(), piece.header.dims.begin(), piece.header.dims.end());
  }
  return whole;
}

template <class T>
std::vector<std::size_t> find_shape(const Piece<T>& whole) {
  const Header& header = whole.header;
  const std::size_t count = whole.values.size();
  if (count == 0) throw Unreadable("it holds no numbers");
  if (header.ndim && *header.ndim != header.dims.size())
    throw Unreadable(
        fmt::format("its header says NDIM {} and has {} DIM lines", *header.ndim, header.dims.size()));
  if (!header.ndim || *header.ndim <= 2)
    return whole.rows == 1 ? std::vector{count} : std::vector{whole.rows, whole.row_length};
  std::uint64_t product = 1;
  for (const std::uint64_t dim : header.dims) {
    // Comparing with the count by division: no product can overflow.
    if (dim == 0 || count / product < dim) {
      product = 0;
      break;
    }
    product *= dim;
  }
  const std::vector<std::size_t> shape(header.dims.begin(), header.dims.end());
  if (product != count)
    throw Unreadable(
        fmt::format("it holds {} numbers, its header announces {}", count, shape_in_words(shape)));
  return shape;
}

template <class T>
constexpr std::string_view dtype = "";
template <>
constexpr std::string_view dtype<float> = "float32";
template <>
constexpr std::string_view dtype<double> = "float64";
template <>
constexpr std::string_view dtype<std::uint8_t> = "uint8";
template <>
constexpr std::string_view dtype<std::uint16_t> = "uint16";
template <>
constexpr std::string_view dtype<std::uint64_t> = "uint64";

}  // namespace

std::string shape_in_words(const std::vector<std::size_t>& shape) {
  std::string words;
  for (const std::size_t dim : shape) words += (words.empty() ? "" : " x ") + std::to_string(dim);
  return words.empty() ? "nothing" : words;
}

std::string shortened(std::string_view word) {
  std::string clean;
  for (const char c : word.substr(0, 20)) clean += (c >= 0x20 && c < 0x7f) ? c : '?';
  return word.size() > 20 ? clean + "..." : clean;
}

template <class T>
Array<T> parse_text_array(std::string_view text) {
  Piece<T> whole = join(text, read_pieces<T>(text));
  std::vector<std::size_t> shape = find_shape(whole);
  return {std::move(shape), std::move(whole.values)};
}

template <class T>
std::string format_text_array(const Array<T>& array, std::string_view title) {
  std::string text = fmt::format("# TITLE {}\n# DTYPE {}\n# NDIM {}\n", title, dtype<T>, array.shape.size());
  for (std::size_t k = 0; k < array.shape.size(); ++k)
    text += fmt::format("# DIM:{} {}\n", k, array.shape[k]);
  const std::size_t row = array.shape.empty() ? 1 : std::max<std::size_t>(array.shape.back(), 1);
  for (std::size_t i = 0; i < array.values.size(); ++i)
    fmt::format_to(std::back_inserter(text), "{}{}", array.values[i], (i + 1) % row == 0 ? '\n' : ' ');
  return text;
}

template Array<float> parse_text_array(std::string_view);
template Array<double> parse_text_array(std::string_view);
template Array<std::uint8_t> parse_text_array(std::string_view);
template Array<std::uint16_t> parse_text_array(std::string_view);
template Array<std::uint64_t> parse_text_array(std::string_view);
template std::string format_text_array(const Array<float>&, std::string_view);
template std::string format_text_array(const Array<double>&, std::string_view);
template std::string format_text_array(const Array<std::uint8_t>&, std::string_view);
template std::string format_text_array(const Array<std::uint16_t>&, std::string_view);
template std::string format_text_array(const Array<std::uint64_t>&, std::string_view);

}  // namespace jt::detector
