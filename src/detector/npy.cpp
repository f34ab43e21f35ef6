#include "detector/npy.hpp"

#include <fmt/format.h>

#include <charconv>

namespace jt::detector {

namespace {

constexpr std::string_view magic = "\x93NUMPY";

unsigned byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

// The header's text; `bytes` becomes the data behind it.
std::string_view take_header(std::string_view& bytes) {
  if (bytes.size() < 10) throw Unreadable("it ends inside its .npy header");
  const unsigned version = byte_at(bytes, 6);
  if (version < 1 || version > 3) throw Unreadable(fmt::format(".npy format version {} is unknown", version));
  const std::size_t start = version == 1 ? 10 : 12;
  if (bytes.size() < start) throw Unreadable("it ends inside its .npy header");
  std::size_t length = byte_at(bytes, 8) | (byte_at(bytes, 9) << 8);
  if (version > 1) length |= std::size_t{byte_at(bytes, 10) | (byte_at(bytes, 11) << 8)} << 16;
  if (length > bytes.size() - start) throw Unreadable("it ends inside its .npy header");
  const std::string_view header = bytes.substr(start, length);
  bytes.remove_prefix(start + length);
  return header;
}

// What follows `'key':` in the header's python dictionary.
std::string_view value_of(std::string_view header, std::string_view key) {
  const std::size_t at = header.find(fmt::format("'{}'", key));
  const std::size_t colon = at == std::string_view::npos ? at : header.find(':', at);
  if (colon == std::string_view::npos) throw Unreadable(fmt::format("its .npy header has no '{}'", key));
  const std::size_t first = header.find_first_not_of(' ', colon + 1);
  return first == std::string_view::npos ? std::string_view{} : header.substr(first);
}

std::vector<std::size_t> read_shape(std::string_view text) {
  std::vector<std::size_t> shape;
  if (text.starts_with('(')) text.remove_prefix(1);
  while (!text.empty() && shape.size() < 8) {
    while (text.starts_with(' ') || text.starts_with(',')) text.remove_prefix(1);
    if (text.starts_with(')')) return shape;
    std::size_t dim = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), dim);
    if (error != std::errc()) break;
    shape.push_back(dim);
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  }
  throw Unreadable("the shape in its .npy header is not readable");
}

}  // namespace

bool is_npy(std::string_view bytes) { return bytes.starts_with(magic); }

Array<std::uint8_t> parse_npy(std::string_view bytes) {
  if (!is_npy(bytes)) throw Unreadable("it is no .npy file");
  const std::string_view header = take_header(bytes);
  const std::string_view dtype = value_of(header, "descr").substr(0, 5);
  if (dtype != "'|b1'" && dtype != "'|u1'" && dtype != "'|i1'")
    throw Unreadable(fmt::format("its numbers are {} and not bool or uint8", dtype));
  if (value_of(header, "fortran_order").starts_with("True")) throw Unreadable("it is in Fortran order");
  Array<std::uint8_t> array;
  array.shape = read_shape(value_of(header, "shape"));
  std::size_t count = 1;
  for (const std::size_t dim : array.shape) {
    // Never above the bytes that are there, so the product cannot overflow.
    if (dim == 0 || dim > bytes.size() / count)
      throw Unreadable(fmt::format("it holds {} values, its header announces {}", bytes.size(),
                                   shape_in_words(array.shape)));
    count *= dim;
  }
  if (count != bytes.size())
    throw Unreadable(fmt::format("it holds {} values, its header announces {}", bytes.size(),
                                 shape_in_words(array.shape)));
  array.values.assign(bytes.begin(), bytes.end());
  return array;
}

}  // namespace jt::detector
