#include "calibration/original_peak.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace {

using jt::calibration::original_peak;

struct Case {
  const char* name;
  int bin;
  bool converges;
  double mean;
  std::vector<double> profile;
};
const std::vector<Case> cases = {
#include "calibration/scipy_fits.inc"
};

TEST(original_peak, is_where_scipy_puts_it_also_when_the_fit_fails) {
  for (const Case& one : cases) {
    const auto peak = original_peak(one.profile);
    EXPECT_EQ(peak.bin, one.bin) << one.name;
    EXPECT_EQ(peak.fit_ok, one.converges) << one.name;
    if (one.converges) {
      EXPECT_NEAR(peak.mean, one.mean, 1e-3) << one.name;
    }
  }
}

TEST(original_peak, with_an_empty_mask_is_the_first_empty_bin) {
  std::vector<double> profile(20, 1.0);
  profile[12] = 50;
  profile[7] = profile[15] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(original_peak(profile).bin, 7);
  EXPECT_FALSE(original_peak(profile).fit_ok);
}

}  // namespace
