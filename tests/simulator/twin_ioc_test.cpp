// The twin's IOC on the loopback: the motor record for pyepics, an independent client, and what it refuses.
#include "simulator/twin_ioc.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <thread>

#include "core/errors.hpp"
#include "support/support.hpp"

namespace jt::simulator {
namespace {

TwinIocSettings private_settings() {
  TwinIocSettings settings;
  settings.port = 0;  // any free one
  settings.record.faithful = true;
  settings.record.velocity = 5;
  settings.record.acceleration_s = 0.1;
  settings.record.resolution = 0.001;
  settings.published = {"SIM:JTRK:REQ:RATIO"};
  return settings;
}

struct Said {
  std::string words;
  int status = -1;
};
Said run(const std::string& command) {
  Said said;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  std::array<char, 4096> buffer{};
  while (pipe != nullptr && std::fgets(buffer.data(), buffer.size(), pipe) != nullptr)
    said.words += buffer.data();
  const int ended = pipe != nullptr ? pclose(pipe) : -1;
  said.status = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
  return said;
}

// The repeater's port is one that nobody listens on but a repeater of this test.
std::string python_of(const TwinIoc& ioc) {
  return fmt::format(
      "env -u LD_PRELOAD EPICS_CA_AUTO_ADDR_LIST=NO EPICS_CA_ADDR_LIST=127.0.0.1 EPICS_CA_SERVER_PORT={} "
      "EPICS_CA_REPEATER_PORT={} /usr/bin/python3 ",
      ioc.udp_port(), ioc.udp_port() == 65535 ? 65534 : ioc.udp_port() + 1);
}

TEST(TwinIoc, shows_pyepics_the_motor_record_as_the_real_one_was_seen) {
  const TwinIoc ioc(private_settings());
  const Said said = run(python_of(ioc) + JT_MOTOR_CLIENT + " SIM:PI1:MMS:01");
  if (said.status == 77) GTEST_SKIP() << "pyepics is not installed (python3-pyepics)";
  EXPECT_EQ(said.status, 0) << said.words;
  std::size_t cases = 0;
  for (std::size_t at = 0; (at = said.words.find("ok ", at)) != std::string::npos; ++at) ++cases;
  EXPECT_EQ(cases, 15U) << said.words;
}

TEST(TwinIoc, takes_faults_by_command_and_tells_the_truth_beside) {
  TwinIoc ioc(private_settings());
  ioc.inject("STALL", 1);
  ioc.inject("NOISE", 0.01);
  ioc.publish({1.25, 1.5, 0.7, true});
  const std::string get =
      "-c \"import epics,os; "
      "print(epics.caget('SIM:TRUTH:FAULT'), epics.caget('SIM:TRUTH:JET'), epics.caget('SIM:TRUTH:OVERLAP'), "
      "epics.caget('SIM:PI1:MMS:01:FAULT:STALL'), flush=True); os._exit(0)\"";
  const Said said = run(python_of(ioc) + get);
  if (said.words.find("ModuleNotFoundError") != std::string::npos)
    GTEST_SKIP() << "pyepics is not installed (python3-pyepics)";
  // (libca may complain, before or after, that it has no repeater to start)
  EXPECT_NE(said.words.find("stall noise 1.25 0.7 1.0\n"), std::string::npos) << said.words;
  EXPECT_THROW(ioc.inject("EARTHQUAKE", 1), CallError);
  EXPECT_THROW(ioc.inject("NOISE", -1), CallError);
}

TEST(TwinIoc, moves_its_axis_when_somebody_else_puts) {
  TwinIoc ioc(private_settings());
  ioc.inject("FOREIGN", 1.5);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::abs(ioc.axis_mm() - 1.5) > 1e-9 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_NEAR(ioc.axis_mm(), 1.5, 1e-9);
}

TEST(TwinIoc, stays_on_the_loopback_and_among_simulated_names) {
  for (const char* address : {"0.0.0.0", "192.168.1.1", "172.21.0.5", ""}) {
    TwinIocSettings settings = private_settings();
    settings.address = address;
    EXPECT_THROW(TwinIoc{settings}, CallError) << address;
  }
  TwinIocSettings settings = private_settings();
  settings.motor = "CXI:PI1:MMS:01";
  EXPECT_THROW(TwinIoc{settings}, CallError);
  settings = private_settings();
  settings.published = {"MFX:JTRK:REQ:RATIO"};
  EXPECT_THROW(TwinIoc{settings}, CallError);
}

}  // namespace
}  // namespace jt::simulator
