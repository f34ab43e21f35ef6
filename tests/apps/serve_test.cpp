// `jt serve` as a user runs it, with a client of the protocol in this process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fmt/core.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "apps/golden.hpp"
#include "apps/jt_run.hpp"
#include "sources/shared_memory_source.hpp"
#include "support/support.hpp"

namespace jt::test {
namespace {

using namespace std::chrono_literals;
using formats::Transition;
using nlohmann::json;
using sources::LiveState;
using sources::SharedMemorySource;
using testing::HasSubstr;
constexpr auto long_enough = 60s;

std::string fresh_tag() {
  static int count = 0;
  return fmt::format("jt_serve_{}_{}", getpid(), count++);
}

std::vector<std::string> serve_words(const std::string& tag, const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {"serve",       "--exp",     "xcsjt1236", "--run", "20",
                                    "--data-root", data_root(), "--tag",     tag};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

bool left_behind(const std::string& tag) {
  return std::filesystem::exists("/dev/shm/PdsMonitorSharedMemory_" + tag);
}

// What a client got: fiducials of the shots, kinds of the transitions.
struct Got {
  std::vector<std::uint32_t> fiducials;
  std::vector<Transition> transitions;
};

// Reads until `enough` or the end of the source.
Got read(
    SharedMemorySource& source,
    const std::function<bool(const Got&)>& enough = [](const Got&) { return false; }) {
  Got got;
  const auto deadline = std::chrono::steady_clock::now() + long_enough;
  while (!source.ended() && !enough(got) && std::chrono::steady_clock::now() < deadline) {
    const auto event = source.next(100ms);
    if (!event) continue;
    if (event->is_shot())
      got.fiducials.push_back(event->header().fiducial.value);
    else
      got.transitions.push_back(event->raw().service);
  }
  return got;
}

std::vector<std::uint32_t> told_fiducials() {
  std::vector<std::uint32_t> all;
  const json manifest = read_json(golden() / "xtc/xcs/xcsjt1236/manifest/e1236-r0020.json");
  for (const auto& row : manifest["datagrams"])
    if (row["service"] == "L1Accept") all.push_back(row["fid"]);
  return all;
}

TEST(jt_serve, lossless_gives_every_shot_of_a_run_in_order_and_leaves_nothing_behind) {
  const TempDir folder;
  const std::string tag = fresh_tag();
  Started server(folder.path(), serve_words(tag, {"--lossless", "--json"}), {});
  SharedMemorySource source({.tag = tag, .end_on = Transition::unmap});
  const Got got = read(source);
  source.stop();
  const Finished finished = server.wait();
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_EQ(got.fiducials, told_fiducials());
  EXPECT_THAT(got.transitions,
              testing::ElementsAre(Transition::map, Transition::configure, Transition::begin_run,
                                   Transition::begin_calib_cycle, Transition::enable, Transition::disable,
                                   Transition::end_calib_cycle, Transition::end_run, Transition::unconfigure,
                                   Transition::unmap));
  const json told = json::parse(finished.out);
  EXPECT_EQ(told["outcome"], "played");
  EXPECT_EQ(told["played"], 200);
  EXPECT_EQ(told["shots"], 200);
  EXPECT_EQ(told["dropped_no_client"], 0);
  EXPECT_EQ(told["stolen"], 0);
  EXPECT_FALSE(left_behind(tag));
}

TEST(jt_serve, at_a_rate_nobody_is_waited_for_and_every_shot_is_accounted_for) {
  const std::string tag = fresh_tag();
  const Finished finished = run_jt(serve_words(tag, {"--rate", "2000", "--json"}));
  EXPECT_EQ(finished.code, 0) << finished.err;
  const json told = json::parse(finished.out);
  EXPECT_EQ(told["played"], 200);
  EXPECT_EQ(told["dropped_no_client"], 200);
  EXPECT_FALSE(left_behind(tag));
}

TEST(jt_serve, sigterm_while_it_waits_for_a_client_removes_everything_and_is_told) {
  const TempDir folder;
  const std::string tag = fresh_tag();
  Started server(folder.path(), serve_words(tag, {"--lossless", "--json"}), {});
  SharedMemorySource source({.tag = tag});
  read(source, [](const Got& got) { return !got.fiducials.empty(); });
  EXPECT_TRUE(left_behind(tag));
  source.stop();  // now it waits for another client
  server.send(SIGTERM);
  const Finished finished = server.wait();
  EXPECT_EQ(finished.code, 1) << finished.err;
  EXPECT_EQ(json::parse(finished.out)["outcome"], "stopped");
  EXPECT_FALSE(left_behind(tag));
}

TEST(jt_serve, loop_begins_again_with_configure_until_it_is_stopped) {
  const TempDir folder;
  const std::string tag = fresh_tag();
  Started server(folder.path(), serve_words(tag, {"--lossless", "--loop"}), {});
  SharedMemorySource source({.tag = tag});
  const Got got = read(source, [](const Got& so_far) { return so_far.fiducials.size() == 450; });
  EXPECT_EQ(std::count(got.transitions.begin(), got.transitions.end(), Transition::configure), 3);
  EXPECT_EQ(std::count(got.transitions.begin(), got.transitions.end(), Transition::map), 1);
  server.send(SIGINT);
  const Finished finished = server.wait();
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("stopped"));
  EXPECT_FALSE(left_behind(tag));
}

TEST(jt_serve, killed_and_started_again_it_frees_what_it_left_and_the_client_finds_it) {
  const TempDir folder;
  const std::string tag = fresh_tag();
  SharedMemorySource source({.tag = tag, .end_on = Transition::unmap});
  {
    Started server(folder.path(), serve_words(tag, {"--lossless"}), {});
    read(source, [](const Got& got) { return got.fiducials.size() == 10; });
    server.send(SIGKILL);
    EXPECT_EQ(server.wait().signal, SIGKILL);
  }
  EXPECT_TRUE(left_behind(tag));
  Started server(folder.path(), serve_words(tag, {"--lossless"}), {});
  const Got got = read(source);
  source.stop();
  EXPECT_EQ(server.wait().code, 0);
  EXPECT_EQ(got.transitions.front(), Transition::map);
  EXPECT_EQ(got.fiducials, told_fiducials());
  EXPECT_EQ(source.status().sessions, 2u);
  EXPECT_FALSE(left_behind(tag));
}

TEST(jt_serve, a_tag_that_is_being_served_is_refused) {
  const TempDir folder;
  const std::string tag = fresh_tag();
  Started server(folder.path(), serve_words(tag, {"--lossless"}), {});
  SharedMemorySource source({.tag = tag});
  read(source, [](const Got& got) { return !got.transitions.empty(); });
  const Finished second = run_jt(serve_words(tag));
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.err, HasSubstr("is being served by process"));
  EXPECT_TRUE(left_behind(tag));
  server.send(SIGTERM);
  server.wait();
}

TEST(jt_serve, a_wrong_call_is_a_sentence) {
  const auto words_of = [](const std::vector<std::string>& words) {
    const Finished finished = run_jt(words);
    EXPECT_EQ(finished.code, 2) << finished.err;
    EXPECT_EQ(finished.out, "");
    return finished.err;
  };
  EXPECT_THAT(words_of({"serve", "--exp", "xcsjt1236", "--run", "20"}), HasSubstr("--tag is missing"));
  EXPECT_THAT(words_of(serve_words("a/b")), HasSubstr("cannot be a shared-memory tag"));
  EXPECT_THAT(words_of(serve_words("jt_serve_x", {"--rate", "fast"})), HasSubstr("--rate cannot be 'fast'"));
  EXPECT_THAT(words_of(serve_words("jt_serve_x", {"--rate", "nan"})), HasSubstr("--rate cannot be 'nan'"));
  EXPECT_THAT(words_of(serve_words("jt_serve_x", {"--clients", "9"})), HasSubstr("9 client slots"));
  EXPECT_THAT(words_of(serve_words("jt_serve_x", {"--wait-for", "5"})),
              HasSubstr("--wait-for 5 can never be"));
  EXPECT_FALSE(left_behind("jt_serve_x"));
}

}  // namespace
}  // namespace jt::test
