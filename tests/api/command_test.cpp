// Commands and their answers: what each takes, and what is refused with a reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/command.hpp"

namespace jt::api {
namespace {

using testing::HasSubstr;

std::string text(const std::string& command, const std::string& value = "") {
  return R"({"command":")" + command + '"' + (value.empty() ? "" : R"(,"value":)" + value) +
         R"(,"user":"opr","host":"cxi-console"})";
}

TEST(Command, a_change_of_the_window_says_who_wants_which) {
  const ParsedCommand parsed = parse_command(text("peak-bin", "13"), Receiver::live);
  ASSERT_TRUE(parsed.command) << parsed.problem;
  EXPECT_EQ(parsed.command->name, "peak-bin");
  EXPECT_EQ(parsed.command->value, 13);
  EXPECT_EQ(parsed.command->user, "opr");
  EXPECT_EQ(parsed.command->host, "cxi-console");
  EXPECT_EQ(to_text(*parsed.command), text("peak-bin", "13"));
}

TEST(Command, each_receiver_knows_its_own) {
  EXPECT_THAT(parse_command(text("jog", "0.01"), Receiver::live).problem, HasSubstr("no command of jt live"));
  EXPECT_THAT(parse_command(text("peak-bin", "13"), Receiver::track).problem,
              HasSubstr("no command of jt track"));
  EXPECT_TRUE(parse_command(text("jog", "-0.01"), Receiver::track).command);
  for (const CommandForm& form : command_forms())
    EXPECT_EQ(find_form(form.name, form.receiver), &form) << form.name;
}

TEST(Command, a_value_must_be_there_fit_and_be_wanted) {
  for (const char* bad : {"-1", "1.5", "1e9", "\"13\"", "null", "true", "1e999", "[13]", "{}"})
    EXPECT_FALSE(parse_command(text("peak-bin", bad), Receiver::live).command) << bad;
  EXPECT_THAT(parse_command(text("peak-bin"), Receiver::live).problem, HasSubstr("value is missing"));
  EXPECT_THAT(parse_command(text("recalibrate", "1"), Receiver::live).problem, HasSubstr("takes no value"));
}

TEST(Command, what_is_unknown_or_endless_is_refused) {
  EXPECT_THAT(
      parse_command(R"({"command":"status","user":"a","host":"b","shell":"rm"})", Receiver::live).problem,
      HasSubstr("'shell' is unknown"));
  EXPECT_FALSE(parse_command(R"({"command":"status"})", Receiver::live).command);
  EXPECT_FALSE(parse_command(text(std::string(65, 's')), Receiver::live).command);
  EXPECT_FALSE(
      parse_command("{\"command\":\"status\",\"user\":\"a\\u001b[2J\",\"host\":\"b\"}", Receiver::live)
          .command);
  EXPECT_FALSE(parse_command(std::string(5000, '{'), Receiver::live).command);
  EXPECT_FALSE(
      parse_command("cos\nsystem\n(S'ls'\ntR.", Receiver::live).command);  // the original took pickles
}

TEST(Reply, carries_words_and_state) {
  const auto reply = parse_reply(to_text(Reply{true, "window 3 \"now\"", R"({"shots":5})"}));
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->ok);
  EXPECT_EQ(reply->words, "window 3 \"now\"");
  EXPECT_EQ(reply->state, R"({"shots":5})");
  EXPECT_FALSE(parse_reply("ok"));
  EXPECT_FALSE(parse_reply(R"({"ok":1,"words":""})"));
}

}  // namespace
}  // namespace jt::api
