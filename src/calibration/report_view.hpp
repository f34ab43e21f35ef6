// The run calibration as a report shows it: verdict, numbers and plots, in plain data.
// The end of the walk offline: between run_calibration() and report::html(); pure.
#pragma once

#include "calibration/run_calibration.hpp"
#include "report/report_data.hpp"

namespace jt::calibration {

report::ReportData report_data(const RunCalibration& run);

}  // namespace jt::calibration
