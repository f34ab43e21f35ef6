// A report of made-up but realistic data: 1140 shots, a ring at 21.6 px, a drift of the ratio.
// For tests and for looking at the page.
#pragma once

#include "report/report_data.hpp"

namespace jt::test {

report::ReportData sample_report_data(report::Verdict verdict);

}  // namespace jt::test
