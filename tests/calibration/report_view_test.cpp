#include "calibration/report_view.hpp"

#include <gtest/gtest.h>

namespace {

using namespace jt::calibration;

TEST(report_view, a_result_becomes_a_page_with_verdict_plots_and_rejected_shots) {
  RunCalibration run;
  run.result.verdict = Verdict::check;
  run.result.reasons = {"few shots: 3 used, 30 are wanted"};
  run.result.provenance.counts.rejected["no frame"] = 7;
  run.result.ring.bin_edges = {0, 1, 2};
  run.result.average_azav = {5, unknown};
  run.table.bins = 2;
  run.table.shots.resize(3);
  run.table.azav.assign(6, 1.0);
  const auto data = report_data(run);
  EXPECT_EQ(data.verdict, jt::report::Verdict::check);
  EXPECT_EQ(data.reasons, run.result.reasons);
  EXPECT_EQ(data.sections.size(), 3u);  // no jet camera: no jet
  bool says_it = false;
  for (const auto& table : data.tables)
    for (const auto& row : table.rows)
      says_it = says_it || (row.name == "rejected: no frame" && row.value == "7");
  EXPECT_TRUE(says_it);
  run.jet_projection = {1, 2, 3};
  EXPECT_EQ(report_data(run).sections.size(), 4u);
}

}  // namespace
