#include "core/errors.hpp"

#include <gtest/gtest.h>

namespace {

TEST(errors, a_set_up_error_is_one_sentence_with_problem_reason_and_suggestion) {
  const jt::SetupError error("no pedestals for run 57", "needed to calibrate jungfrau4M", "Take a dark run?");
  EXPECT_STREQ(error.what(), "no pedestals for run 57 (needed to calibrate jungfrau4M). Take a dark run?");
}

}  // namespace
