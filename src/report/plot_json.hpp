// The plots of a report as JSON, in the form that assets/report.js draws.
// Between ReportData and the page.
#pragma once

#include <nlohmann/json.hpp>

#include "report/report_data.hpp"

namespace jt::report {

// One object per plot: "kind" and the members of its struct. Numbers are rounded to 7 digits, those that are
// not finite are null. An image comes as 16-bit steps in base64 (0xffff: no value) with the value of step 0
// and of one step.
nlohmann::json plot_json(const Plot& plot);

// How many pixels of an image, along each side, become one on the page, so that the page stays small; 1: as
// it is.
std::size_t page_factor(const Image& image);

const Frame& frame_of(const Plot& plot);

}  // namespace jt::report
