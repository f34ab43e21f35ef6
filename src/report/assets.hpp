// The files that every report carries, embedded into the program by assets.S: plotly.js, our script, our
// style.
#pragma once

#include <string_view>

namespace jt::report {

std::string_view plotly_js();   // third_party/plotly, licence header included
std::string_view report_js();   // assets/report.js
std::string_view report_css();  // assets/report.css

}  // namespace jt::report
