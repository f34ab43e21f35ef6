// One self-contained HTML page from plain data: opens without a network, and its policy forbids any.
// The end of the walk offline; `calibration` fills ReportData and writes what html() returns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "report/report_data.hpp"

namespace jt::report {

// About 1.6 MB: the page, its data as JSON, its plots (plotly.js), all inline. Texts are escaped, bytes that
// are not UTF-8 replaced. Throws nothing but std::bad_alloc.
std::string html(const ReportData& data);

// The range of all finite values, or of their bulk: within 5 interquartile ranges of the quartiles, which
// keeps a few wild values from squeezing all others into one bin. No finite value: none.
enum class Range : std::uint8_t { all, bulk };
std::optional<Span> range_of(std::span<const double> values, Range range);

// `bins` equal bins over that range: edges and counts of a plot, and how many values lie outside.
Histogram histogram_of(std::span<const double> values, std::size_t bins, Range range = Range::all);

// x_bins x y_bins equal bins over the pairs of finite values.
Histogram2d histogram_2d_of(std::span<const double> x, std::span<const double> y, std::size_t x_bins,
                            std::size_t y_bins);

}  // namespace jt::report
