// The text form of the calibration store's numbers, read (on all cores when large) and written.
// Below the constants of a detector; nothing of it runs per shot.
#pragma once

#include <string>
#include <string_view>

#include "detector/array.hpp"

namespace jt::detector {

// Reads an array: lines that begin with '#' are comments, the rest are numbers between blanks. Comments
// "# NDIM n" and "# DIM:k v" give the shape when n > 2; otherwise the lines do (one line: 1-d).
// T is float, double, std::uint8_t, std::uint16_t or std::uint64_t; an integer T takes whole numbers only.
// Throws Unreadable, naming the line, for a word that is no number, lines of different length, no data,
// or a size that the header contradicts. Memory stays below a small multiple of the text's size.
template <class T>
Array<T> parse_text_array(std::string_view text);

// The same text back: header with DTYPE, NDIM and DIM, one row of the last dimension per line, each
// number as short as it reads back unchanged. `title` is a comment of one line.
template <class T>
std::string format_text_array(const Array<T>& array, std::string_view title);

}  // namespace jt::detector
