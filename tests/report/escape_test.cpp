#include "report/escape.hpp"

#include <gtest/gtest.h>

namespace {

using jt::report::base64;
using jt::report::html_escaped;
using jt::report::script_safe;

TEST(escape, what_means_something_in_html_becomes_entities) {
  EXPECT_EQ(html_escaped("<a href=\"x\" on='y'>R&D</a>"),
            "&lt;a href=&quot;x&quot; on=&#39;y&#39;&gt;R&amp;D&lt;/a&gt;");
  EXPECT_EQ(html_escaped("21.6 \u00b1 0.1 \u00c5\n"), "21.6 \u00b1 0.1 \u00c5\n");
}

TEST(escape, bytes_that_are_not_utf8_and_control_characters_are_replaced) {
  EXPECT_EQ(html_escaped("a\x80z"), "a\uFFFDz");                              // a continuation byte alone
  EXPECT_EQ(html_escaped("a\xC0\xAFz"), "a\uFFFD\uFFFDz");                    // '/' overlong
  EXPECT_EQ(html_escaped("a\xED\xA0\x80z"), "a\uFFFD\uFFFD\uFFFDz");          // a surrogate
  EXPECT_EQ(html_escaped("a\xE2\x82"), "a\uFFFD\uFFFD");                      // cut off
  EXPECT_EQ(html_escaped("a\xF4\x90\x80\x80"), "a\uFFFD\uFFFD\uFFFD\uFFFD");  // beyond U+10FFFF
  EXPECT_EQ(html_escaped(std::string_view("a\0\x1b[0m\x7f", 7)), "a\uFFFD\uFFFD[0m\uFFFD");
  EXPECT_EQ(html_escaped("\xF0\x9F\x92\xA7"), "\xF0\x9F\x92\xA7");  // a drop: four good bytes
}

TEST(escape, json_in_a_script_cannot_end_it) {
  EXPECT_EQ(script_safe(R"({"a":"</script><!--"})"), R"({"a":"\u003c/script>\u003c!--"})");
}

// RFC 4648 section 10.
TEST(escape, base64_gives_the_published_examples) {
  const auto encoded = [](std::string_view text) {
    return base64({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  };
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("fo"), "Zm8=");
  EXPECT_EQ(encoded("foo"), "Zm9v");
  EXPECT_EQ(encoded("foob"), "Zm9vYg==");
  EXPECT_EQ(encoded("fooba"), "Zm9vYmE=");
  EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
}

}  // namespace
