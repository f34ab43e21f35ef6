#include "report/assets.hpp"

extern "C" {
extern const char jt_report_plotly_begin[], jt_report_plotly_end[];
extern const char jt_report_js_begin[], jt_report_js_end[];
extern const char jt_report_css_begin[], jt_report_css_end[];
}

namespace jt::report {

std::string_view plotly_js() { return {jt_report_plotly_begin, jt_report_plotly_end}; }
std::string_view report_js() { return {jt_report_js_begin, jt_report_js_end}; }
std::string_view report_css() { return {jt_report_css_begin, jt_report_css_end}; }

}  // namespace jt::report
