// An independent client, pyepics on the reference implementation's library, against our server.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>

#include "ca/server.hpp"
#include "support/support.hpp"

namespace jt::ca {
namespace {

constexpr const char* script = R"(
import os, time
import epics
pv = lambda name, **more: epics.PV(name, connection_timeout=30, **more)
def check(words, got, wanted):
    print('ok' if got == wanted else 'WRONG', words, repr(got))
val = pv('SIM:M.VAL'); val.wait_for_connection(30)
check('get', val.get(), 1.5)
ctrl = val.get_ctrlvars(timeout=30)
check('units', ctrl['units'], 'mm')
check('precision', ctrl['precision'], 4)
check('limits', (ctrl['lower_ctrl_limit'], ctrl['upper_ctrl_limit']), (-10.0, 10.0))
seen = []
watched = pv('SIM:M.VAL', callback=lambda value=None, **more: seen.append(value)); watched.wait_for_connection(30)
check('put with wait', val.put(2.25, wait=True, timeout=30), 1)
check('get after put', val.get(use_monitor=False), 2.25)
end = time.time() + 30
while (not seen or seen[-1] != 2.25) and time.time() < end: time.sleep(0.01)
check('monitor', seen[-1], 2.25)
spmg = pv('SIM:M.SPMG'); spmg.wait_for_connection(30)
check('choice as words', spmg.get(as_string=True), 'Go')
spmg.put('Pause', wait=True, timeout=30)
check('choice put by name', spmg.get(use_monitor=False), 1)
check('choices', spmg.enum_strs, ('Stop', 'Pause', 'Move', 'Go'))
check('string', pv('SIM:M.EGU').get(), 'mm')
image = pv('SIM:IMG').get()
check('waveform', (len(image), int(image[0]), int(image[65535]), int(image[299999])), (300000, 0, 65535, 37855))
ro = pv('SIM:RO'); ro.wait_for_connection(30)
check('read-only', (ro.read_access, ro.write_access), (True, False))
bad = pv('SIM:BAD'); bad.get()
check('alarm', (bad.status, bad.severity), (9, 3))
print('end')
)";

// Runs the script with a Channel Access world of its own: loopback and the server's private ports.
std::string run_python(std::uint16_t port, std::uint16_t repeater_port) {
  const test::TempDir dir;
  test::write_text(dir.path() / "client.py", script);
  const std::string command =
      "EPICS_CA_AUTO_ADDR_LIST=NO EPICS_CA_ADDR_LIST=127.0.0.1 EPICS_CA_SERVER_PORT=" + std::to_string(port) +
      " EPICS_CA_REPEATER_PORT=" + std::to_string(repeater_port) + " timeout 200 /usr/bin/python3 " +
      (dir.path() / "client.py").string() + " 2>&1";
  std::string output;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return "no pipe";
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) output += static_cast<char>(c);
  ::pclose(pipe);
  return output;
}

TEST(CaWithPyepics, reads_writes_watches_and_asks_for_details) {
  if (std::system("LSAN_OPTIONS= /usr/bin/python3 -c 'import epics' >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "python3-pyepics is not installed: the check with an independent client is skipped";
  // Held here, so that the client starts no repeater of its own.
  const Descriptor repeater = bind_udp({0x7F000001, 0}, false);
  ServerSettings settings;
  settings.port = 0;
  Server server(settings);
  PvDetails mm;
  mm.units = "mm";
  mm.precision = 4;
  mm.control_low = -10;
  mm.control_high = 10;
  PvDetails spmg;
  spmg.choices = {"Stop", "Pause", "Move", "Go"};
  std::vector<std::int32_t> pixels(300000);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::int32_t>(i % 65536);
  Database& pvs = server.database();
  pvs.add({.name = "SIM:M.VAL", .value = 1.5, .details = mm, .alarm = {}, .writable = true});
  pvs.add({.name = "SIM:M.SPMG", .value = Choice{3}, .details = spmg, .alarm = {}, .writable = true});
  pvs.add({.name = "SIM:M.EGU", .value = "mm", .alarm = {}});
  pvs.add({.name = "SIM:IMG", .value = std::move(pixels), .alarm = {}});
  pvs.add({.name = "SIM:RO", .value = 0.0, .alarm = {}});
  pvs.add({.name = "SIM:BAD", .value = 0.0, .alarm = {AlarmSeverity::invalid, alarm_status::comm}});
  server.start();
  const std::string output = run_python(server.udp_port(), bound_port(repeater));
  EXPECT_NE(output.find("\nend\n"), std::string::npos) << output;
  EXPECT_EQ(output.find("WRONG"), std::string::npos) << output;
  EXPECT_EQ(output.find("caRepeater"), std::string::npos) << output;
}

}  // namespace
}  // namespace jt::ca
