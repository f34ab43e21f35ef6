// The twin's IOC: the motor record, the beam's state, the product's own PVs and the truth, over Channel
// Access. Behind stop 9 of the walk (`move`) and stop 6 (`publish`) where no beamline is. Loopback only.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ca/server.hpp"
#include "simulator/motor_record.hpp"

namespace jt::simulator {

struct TwinIocSettings {
  std::string address = "127.0.0.1";
  std::uint16_t port = ca::default_server_port;  // 0: any
  std::string motor = "SIM:PI1:MMS:01";
  MotorRecordSettings record;
  std::vector<std::string> published;  // PVs that the product puts to, as a notepad IOC holds them
};

// What nobody at a beamline knows, beside it what is only known there by chance.
struct PublishedTruth {
  double jet_mm = 0;    // motor position at which the jet is in the beam
  double motor_mm = 0;  // where the carrier is
  double overlap = 0;   // 0-1
  bool beam = true;     // a pulse reached the sample
};

// Beside the record's fields it serves
//   <motor>:FAULT:STALL, STUCK_DMOV, LIMIT, COMM, SLOW_RBV, DISCONNECT, EARLY_REPLY (0 or 1), NOISE (mm rms),
//   FOREIGN (a target that somebody else puts)
//   SIM:BEAM:STOPPER, SIM:BEAM:PICKER (1 open), SIM:BEAM:TRANSMISSION, SIM:INTERLOCK:OK: to be written by
//   tests and demos; beam() tells what they are
//   SIM:TRUTH:JET, MOTOR, OVERLAP, BEAM, FAULT
class TwinIoc {
 public:
  // Throws CallError when the address is not of the loopback or a name does not begin with SIM:, SetupError
  // as ca::Server does.
  explicit TwinIoc(const TwinIocSettings& settings);
  ~TwinIoc();
  TwinIoc(const TwinIoc&) = delete;
  TwinIoc& operator=(const TwinIoc&) = delete;

  [[nodiscard]] std::uint16_t udp_port() const { return server_.udp_port(); }
  [[nodiscard]] std::uint16_t tcp_port() const { return server_.tcp_port(); }
  // From any thread: where the axis is, mm of the record's dial.
  [[nodiscard]] double axis_mm() const { return axis_mm_.load(); }
  void publish(const PublishedTruth& truth);

  struct Beam {
    bool stopper_open = true, picker_open = true, interlock_ok = true;
    double transmission = 1;
  };
  [[nodiscard]] Beam beam() const;

  // From any thread: as a put to <motor>:FAULT:<fault>. Throws CallError for one that there is not.
  void inject(std::string_view fault, double value);

 private:
  using Clock = std::chrono::steady_clock;

  void add_record(const TwinIocSettings& settings);
  void add_faults();
  void add_beam();
  void add_truth();
  void put(std::string_view field, ca::PutRequest request);
  [[nodiscard]] bool set_fault(std::string_view fault, double value);
  void live(Clock::time_point now);
  void flush();
  void show(const RecordEvent& event);
  void show_limits();
  [[nodiscard]] double seconds(Clock::time_point now) const;
  [[nodiscard]] ca::Pv& pv(std::string_view field);
  [[nodiscard]] std::string faults_in_words() const;

  std::string name_;
  MotorRecord record_;
  Clock::time_point began_ = Clock::now();
  double wall_began_ = 0;
  bool disconnected_ = false, early_reply_ = false;
  std::uint64_t puts_ = 0;
  std::map<std::uint64_t, ca::PutRequest> under_way_;
  std::map<std::string, ca::Pv*, std::less<>> record_pvs_;
  std::atomic<double> axis_mm_ = 0;
  std::atomic<double> stopper_ = 1, picker_ = 1, transmission_ = 1, interlock_ = 1;
  ca::Server server_;  // its thread uses all of the above: made last, gone first
};

}  // namespace jt::simulator
