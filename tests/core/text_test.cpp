#include "core/text.hpp"

#include <gtest/gtest.h>

namespace {

TEST(text, the_nearest_name_comes_first_whatever_its_letter_case) {
  const std::vector<std::string> there = {"opal_1", "epix10k2M", "smallray"};
  EXPECT_EQ(jt::nearest_first("SmallRays", there).front(), "smallray");
  EXPECT_EQ(jt::nearest_first("epix10k", there).front(), "epix10k2M");
}

TEST(text, lists_read_as_words) {
  EXPECT_EQ(jt::list_in_words(std::vector<std::string>{}), "none");
  EXPECT_EQ(jt::list_in_words(std::vector<std::string>{"a"}), "a");
  EXPECT_EQ(jt::list_in_words(std::vector<std::string>{"a", "b", "c"}), "a, b and c");
}

}  // namespace
