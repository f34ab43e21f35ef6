// The PVs of `jt live --serve-pvs`, read by an independent client (pyepics), shot by shot.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "apps/live_world.hpp"
#include "ca/sockets.hpp"

namespace jt::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// Watches the PVs until the server ends, and prints every value with its time, one JSON list a line.
constexpr const char* script = R"(
import json, sys, time
import epics
lines = []
def watch(name):
    def seen(value=None, severity=None, posixseconds=None, nanoseconds=None, **more):
        if hasattr(value, 'tolist'): value = [None if v != v else v for v in value.tolist()]
        lines.append([name, posixseconds, nanoseconds, severity, value])
    return epics.PV(name, callback=seen, auto_monitor=True, form='time', connection_timeout=60)
names = ['REQ:DIFF_INTENSITY', 'REQ:I0', 'REQ:RATIO', 'REQ:DROPPED', 'SHOT', 'RUN', 'ORIGIN', 'PROFILE', 'HEARTBEAT']
pvs = [watch('XCS:JTRK:' + name) for name in names]
if not all(pv.wait_for_connection(60) for pv in pvs): sys.exit('not connected')
details = pvs[0].get_ctrlvars(timeout=60)
open('ready', 'w').write('ready')
end = time.time() + 240
while pvs[0].connected and time.time() < end: time.sleep(0.02)
print(json.dumps(['precision', 0, 0, 0, details['precision']]))
for line in list(lines): print(json.dumps(line))
)";

bool pyepics_is_there() {
  return std::system("LSAN_OPTIONS= /usr/bin/python3 -c 'import epics' >/dev/null 2>&1") == 0;
}

class Watcher {
 public:
  Watcher(const std::filesystem::path& folder, int port) : folder_(folder) {
    write_text(folder / "watch.py", script);
    const std::string world =
        "EPICS_CA_AUTO_ADDR_LIST=NO EPICS_CA_ADDR_LIST=127.0.0.1 EPICS_CA_SERVER_PORT=" +
        std::to_string(port) + " EPICS_CA_REPEATER_PORT=" + std::to_string(ca::bound_port(repeater_));
    pipe_ = ::popen(
        ("cd " + folder.string() + " && " + world + " timeout 280 /usr/bin/python3 watch.py 2>watch.err")
            .c_str(),
        "r");
  }
  [[nodiscard]] bool ready() const { return std::filesystem::exists(folder_ / "ready"); }
  std::vector<json> lines() {
    std::string text;
    for (int c = std::fgetc(pipe_); c != EOF; c = std::fgetc(pipe_)) text += static_cast<char>(c);
    ::pclose(pipe_);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text.empty() ? std::vector<json>{} : json_lines(text);
  }

 private:
  std::filesystem::path folder_;
  // Held here, so that the client starts no repeater of its own.
  const ca::Descriptor repeater_ = ca::bind_udp({0x7F000001, 0}, false);
  FILE* pipe_ = nullptr;
};

// Below the other ports of these tests, two apart.
int ca_port(const LiveWorld& world) { return 4'000 + (world.port - 20'000) / 2; }

void serve_on_private_port(const LiveWorld& world) {
  write_text(world.config, read_text(world.config) + "publish: {serve_pvs: true, ca_port: " +
                               std::to_string(ca_port(world)) + "}\n");
}

struct SeenShots {
  std::size_t whole = 0, i0 = 0, ring = 0, ratio = 0, dropped = 0;
};

// One value that a client saw, against the shot of the same time in the small data.
void expect_value(const std::string& name, const json& value, const calibration::ShotRow& row,
                  SeenShots& seen) {
  const auto near = [&](double number, double truth) { EXPECT_NEAR(number, truth, 1e-6 * std::abs(truth)); };
  if (name == "REQ:I0") {
    ++seen.i0;
    near(value, row.i0);
  } else if (name == "REQ:DIFF_INTENSITY") {
    ++seen.ring;
    near(value, row.ring);
  } else if (name == "REQ:RATIO") {
    ++seen.ratio;
    near(value, row.ratio);
  } else if (name == "REQ:DROPPED") {
    ++seen.dropped;
    EXPECT_EQ(value.get<double>(), row.used ? 0 : 1);
  }
  if (name != "SHOT") return;
  ++seen.whole;
  ASSERT_EQ(value.size(), 7u);
  EXPECT_EQ(value[2].get<double>(), row.fiducial.value);
  EXPECT_EQ(value[6].get<double>(), row.used ? 0 : 1);
  if (!row.used) return;
  near(value[3], row.i0);
  near(value[4], row.ring);
  near(value[5], row.ratio);
}

TEST(LivePvs, are_each_shots_own_numbers_to_an_independent_client) {
  if (!pyepics_is_there())
    GTEST_SKIP() << "python3-pyepics is not installed: the check with an independent client is skipped";
  LiveWorld world;
  const auto truth = world.truth();
  serve_on_private_port(world);
  const TempDir outputs, client;
  // Slow enough that a client on a busy machine sees many shots by themselves; those that it does not see are
  // replaced by newer ones, and never wrong.
  Started live(outputs.path(), world.live({"--publish-replay", "--rate", "60", "--wait-readers", "1"}), {});
  Watcher watcher(client.path(), ca_port(world));
  const auto deadline = std::chrono::steady_clock::now() + 120s;
  while (!watcher.ready() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(20ms);
  ASSERT_TRUE(watcher.ready()) << read_text(client.path() / "watch.err");
  api::ShotSubscriber subscriber({"127.0.0.1", world.port + 1});
  EXPECT_EQ(listen(subscriber, shots_in_run_40).size(), shots_in_run_40);
  const Finished done = live.wait();
  EXPECT_EQ(done.code, 0) << done.err;

  std::map<std::pair<std::uint32_t, std::uint32_t>, const calibration::ShotRow*> rows;
  for (const calibration::ShotRow& row : truth.table.shots) rows[{row.time.sec, row.time.nsec}] = &row;
  SeenShots seen;
  std::map<std::string, json> last;
  for (const json& line : watcher.lines()) {
    std::string name = line[0];
    if (name.starts_with("XCS:JTRK:")) name = name.substr(9);
    last[name] = line[4];
    const int severity = line[3];
    if (severity != 0 || (!name.starts_with("REQ:") && name != "SHOT")) continue;
    const auto row = rows.find({line[1].get<std::uint32_t>(), line[2].get<std::uint32_t>()});
    ASSERT_NE(row, rows.end()) << "no shot has the time of " << line;
    expect_value(name, line[4], *row->second, seen);
  }
  for (const std::size_t times : {seen.whole, seen.i0, seen.ring, seen.ratio, seen.dropped})
    EXPECT_GE(times, 50u);
  EXPECT_EQ(last["precision"], 3);
  EXPECT_EQ(last["RUN"], 40);
  EXPECT_EQ(last["ORIGIN"], "replay");
  EXPECT_EQ(last["PROFILE"].size(), 100u);  // azav_bins of the config
  EXPECT_GE(last["HEARTBEAT"].get<double>(), 1);
}

TEST(LivePvs, a_recorded_run_is_not_put_unless_that_is_wanted) {
  LiveWorld world;
  serve_on_private_port(world);
  const Finished done = run_jt(world.live({}));
  EXPECT_EQ(done.code, 2);
  EXPECT_THAT(done.err, HasSubstr("--publish-replay"));
}

TEST(LivePvs, a_second_server_at_the_same_place_is_refused_before_it_begins) {
  LiveWorld world, other;
  world.calibrate();
  serve_on_private_port(world);
  write_text(other.config, read_text(other.config) + "publish: {serve_pvs: true, ca_port: " +
                               std::to_string(ca_port(world)) + "}\n");
  const TempDir outputs;
  api::ShotSubscriber subscriber({"127.0.0.1", world.port + 1});
  Started first(outputs.path(), world.live({"--publish-replay", "--rate", "20", "--wait-readers", "1"}), {});
  ASSERT_EQ(listen(subscriber, 1).size(), 1u);
  const Finished second = run_jt(other.live({"--publish-replay"}));
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.err, HasSubstr("Is another server running on this port"));
  EXPECT_EQ(world.ctl({"live", "stop"}).code, 0);
  EXPECT_EQ(first.wait().code, 0);
}

TEST(Pvs, are_listed_with_meaning_and_unit_and_as_records) {
  LiveWorld world;
  const std::vector<std::string> call = {"pvs", "--cfg", world.config.string()};
  const auto with = [&](const char* option) {
    std::vector<std::string> words = call;
    words.emplace_back(option);
    return run_jt(words);
  };
  const Finished listed = run_jt(call);
  EXPECT_EQ(listed.code, 0) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr("XCS:JTRK:REQ:RATIO"));
  EXPECT_THAT(listed.out, HasSubstr("ring / i0"));
  EXPECT_THAT(with("--db").out, HasSubstr("record(ao, \"XCS:JTRK:REQ:DROPPED\") {"));
  EXPECT_THAT(with("--archive").out, HasSubstr("XCS:JTRK:REQ:I0 1 Monitor"));
  EXPECT_EQ(json::parse(with("--json").out)["pvs"][1]["name"], "XCS:JTRK:REQ:I0");
}

}  // namespace
}  // namespace jt::test
