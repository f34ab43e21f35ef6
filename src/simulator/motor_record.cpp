#include "simulator/motor_record.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include "simulator/random.hpp"

namespace jt::simulator {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// Bits of MSTA.
enum Status : std::uint32_t {
  direction_up = 1u << 0,
  done = 1u << 1,
  on_high_switch = 1u << 2,
  slip = 1u << 6,
  problem = 1u << 9,
  moving = 1u << 10,
  no_answer = 1u << 12,
  on_low_switch = 1u << 13,
  homed = 1u << 14,
};

constexpr double no_number_goes_to = -2147483.648;  // mm: where NaN, as a 32-bit number of um, sends it
constexpr double slow_readback_s = 2;
constexpr double severity_invalid = 3, status_comm = 9;

struct FieldSetup {
  std::string_view name;
  bool writable;
};
constexpr FieldSetup common_fields[] = {
    {"VAL", true},  {"RBV", false}, {"DVAL", true},  {"DRBV", false}, {"DMOV", false}, {"MOVN", false},
    {"STOP", true}, {"LLM", true},  {"HLM", true},   {"DLLM", true},  {"DHLM", true},  {"LVIO", false},
    {"HLS", false}, {"LLS", false}, {"MSTA", false}, {"STAT", false}, {"SEVR", false}, {"PREC", true},
    {"RDBD", true}, {"SPDB", true}, {"RTRY", true},  {"RCNT", false}, {"MISS", false}, {"RMOD", true},
    {"VELO", true}, {"VBAS", true}, {"VMAX", true},  {"ACCL", true},  {"BDST", true},  {"BVEL", true},
    {"BACC", true}, {"TWV", true},  {"TWF", true},   {"TWR", true},   {"RLV", true},   {"OFF", true},
    {"DIR", true},  {"FOFF", true}, {"SET", true},   {"DLY", true},   {"DISP", true},  {"DISA", true},
    {"STUP", true}, {"HOMF", true}, {"HOMR", true},  {"JOGF", true},  {"JOGR", true},  {"HLSV", true},
    {"MRES", true}};
constexpr FieldSetup spmg_fields[] = {{"SPMG", true}, {"TDIR", false}};
constexpr FieldSetup spg_fields[] = {{"SPG", true}, {"RINI", true}};

}  // namespace

// --- the way -----------------------------------------------------------------------------------------------

double MotorRecord::Way::peak() const {
  const double distance = std::fabs(to - from);
  if (ramp_s <= 0 || distance >= velocity * ramp_s) return velocity;
  return std::sqrt(distance * velocity / ramp_s);  // it brakes before it has got to its speed
}

double MotorRecord::Way::length_s() const {
  const double distance = std::fabs(to - from);
  if (distance == 0) return 0;
  const double top = peak(), ramp = ramp_s * top / velocity;
  return distance / top + ramp;
}

double MotorRecord::Way::at(double time) const {
  const double whole = length_s(), t = time - begin;
  if (t <= 0) return from;
  if (t >= whole) return to;
  const double top = peak(), ramp = ramp_s * top / velocity, distance = std::fabs(to - from);
  double way = top * (t - ramp / 2);
  if (t < ramp) way = top * t * t / (2 * ramp);
  if (t > whole - ramp) way = distance - top * (whole - t) * (whole - t) / (2 * ramp);
  return to > from ? from + way : from - way;
}

double MotorRecord::Way::speed_at(double time) const {
  const double whole = length_s(), t = time - begin;
  if (t <= 0 || t >= whole) return 0;
  const double top = peak(), ramp = ramp_s * top / velocity;
  double speed = top;
  if (t < ramp) speed = top * t / ramp;
  if (t > whole - ramp) speed = top * (whole - t) / ramp;
  return to > from ? speed : -speed;
}

// --- fields ------------------------------------------------------------------------------------------------

MotorRecord::MotorRecord(const MotorRecordSettings& settings) : settings_(settings) {
  for (const std::string_view name : fields(settings.flavour)) fields_[name] = 0;
  const double at = settings.start;
  way_ = {0, at, at, settings.velocity, settings.acceleration_s};
  target_ = at;
  const auto set = [&](std::string_view name, double value) { fields_.at(name) = value; };
  for (const char* name : {"VAL", "DVAL", "RBV", "DRBV"}) set(name, at);
  set("LLM", settings.low);
  set("DLLM", settings.low);
  set("HLM", settings.high);
  set("DHLM", settings.high);
  set("VELO", settings.velocity);
  set("VBAS", settings.base_velocity);
  set("VMAX", settings.most_velocity > 0 ? settings.most_velocity : settings.velocity);
  set("ACCL", settings.acceleration_s);
  set("BDST", settings.backlash);
  set("BVEL", settings.backlash_velocity);
  set("BACC", settings.backlash_acceleration_s);
  set("RDBD", settings.deadband);
  set("RTRY", settings.retries);
  set("PREC", settings.precision);
  set("DLY", settings.delay_s);
  set("TWV", 0.01);
  set("MRES", settings.resolution);
  set("DMOV", 1);
  set("MSTA", done);
  set(settings.flavour == MotorFlavour::spmg ? "SPMG" : "SPG",
      settings.flavour == MotorFlavour::spmg ? 3 : 2);
}

std::vector<std::string_view> MotorRecord::fields(MotorFlavour flavour) {
  std::vector<std::string_view> names;
  for (const FieldSetup& field : common_fields) names.push_back(field.name);
  const std::span<const FieldSetup> own = flavour == MotorFlavour::spmg
                                              ? std::span<const FieldSetup>(spmg_fields)
                                              : std::span<const FieldSetup>(spg_fields);
  for (const FieldSetup& field : own) names.push_back(field.name);
  return names;
}

bool MotorRecord::writable(std::string_view name) {
  const auto in = [&](std::span<const FieldSetup> list) {
    return std::any_of(list.begin(), list.end(),
                       [&](const FieldSetup& field) { return field.name == name && field.writable; });
  };
  return in(common_fields) || in(spmg_fields) || in(spg_fields);
}

double MotorRecord::get(std::string_view name) const {
  const auto field = fields_.find(name);
  return field == fields_.end() ? nan : field->second;
}

void MotorRecord::post(std::string_view name, double value) {
  const auto field = fields_.find(name);
  assert(field != fields_.end());
  const bool same = field->second == value || (std::isnan(field->second) && std::isnan(value));
  if (same) return;
  field->second = value;
  events_.push_back({RecordEvent::Kind::change, now_, field->first, value, 0});
}

std::vector<RecordEvent> MotorRecord::take_events() { return std::exchange(events_, {}); }

double MotorRecord::to_dial(double user) const {
  return (user - field("OFF")) * (field("DIR") != 0 ? -1 : 1);
}
double MotorRecord::to_user(double dial) const { return dial * (field("DIR") != 0 ? -1 : 1) + field("OFF"); }

int MotorRecord::go_mode() const {
  if (settings_.flavour == MotorFlavour::spmg) return static_cast<int>(field("SPMG"));
  const int spg = static_cast<int>(field("SPG"));
  return spg >= 2 ? 3 : spg;
}

double MotorRecord::true_position(double now) const { return way_.at(now); }

// --- puts --------------------------------------------------------------------------------------------------

MotorRecord::Answer MotorRecord::put(double now, std::string_view name, double value,
                                     std::optional<std::uint64_t> notify) {
  advance(now);
  if (!fields_.contains(name)) return Answer::no_such_field;
  if (!writable(name)) return Answer::no_write_access;
  if (field("DISP") != 0 && name != "DISP") return Answer::failed;
  if (name != "VAL" && !std::isfinite(value)) return Answer::failed;
  if (std::isnan(value) && !settings_.faithful) return Answer::failed;
  if (notify && pending_) {
    waiting_.push_back({std::string(name), value, *notify});
    return Answer::taken;
  }
  if (notify) pending_ = notify;
  apply(name, value);
  if (phase_ == Phase::idle || phase_ == Phase::after_limit) complete();
  return Answer::taken;
}

void MotorRecord::apply(std::string_view name, double value) {
  if (name == "VAL") return put_target(value);
  if (name == "DVAL") return put_target(to_user(value));
  if (name == "RLV") return put_target(field("VAL") + value);
  if (name == "TWF" || name == "TWR") {
    if (value != 0) put_target(field("VAL") + (name == "TWF" ? 1 : -1) * field("TWV"));
    return;
  }
  if (name == "JOGF" || name == "JOGR") {
    const bool forward = name == "JOGF";
    if (value == 0) return brake(After::stop);
    const bool limited = field("LLM") != field("HLM");
    const double end = limited ? field(forward ? "HLM" : "LLM")
                               : to_user(forward ? settings_.hard_high : settings_.hard_low);
    return put_target(end);
  }
  if (name == "HOMF" || name == "HOMR") {
    if (value != 0) put_target(to_user(0));
    return;
  }
  if (name == "STOP") {
    if (value != 0) brake(After::stop);
    return;
  }
  if (name == "SPMG" || name == "SPG") return put_go(static_cast<int>(value));
  if (name == "LLM" || name == "HLM" || name == "DLLM" || name == "DHLM") return put_limits(name, value);
  if (name == "OFF") {
    post("OFF", value);
    post("VAL", to_user(target_));
    post("RBV", to_user(field("DRBV")));
    post("HLM", to_user(field("DIR") != 0 ? field("DLLM") : field("DHLM")));
    post("LLM", to_user(field("DIR") != 0 ? field("DHLM") : field("DLLM")));
    return;
  }
  if (name == "VELO") value = std::clamp(value, field("VBAS"), std::max(field("VMAX"), field("VBAS")));
  post(name, value);
}

// Limits that are equal are none.
bool MotorRecord::within_limits(double user) const {
  if (field("LLM") == field("HLM")) return std::isfinite(user);
  return user >= field("LLM") && user <= field("HLM");
}

void MotorRecord::put_target(double user) {
  if (field("SET") != 0) return put_offset(user);
  if (std::isnan(user)) {  // the limit check lets it pass: no comparison with it is true
    post("DMOV", 0);
    post("VAL", user);
    target_ = no_number_goes_to;
    begin_way(target_, false, Phase::runaway);
    return;
  }
  if (!within_limits(user)) return refuse_target();
  post("LVIO", 0);
  post("MISS", 0);
  post("RCNT", 0);
  post("DMOV", 0);
  post("VAL", user);
  post("DVAL", to_dial(user));
  target_ = to_dial(user);
  if (phase_ == Phase::way || phase_ == Phase::approach) return brake(After::retarget);
  if (phase_ == Phase::braking) {
    after_ = After::retarget;
    return;
  }
  if (go_mode() < 2) {
    phase_ = Phase::held;
    return;
  }
  begin_motion();
}

// Put back, and told by LVIO; a move that is under way goes on.
void MotorRecord::refuse_target() {
  post("LVIO", 1);
  if (phase_ != Phase::idle && phase_ != Phase::after_limit) return;
  post("DMOV", 0);
  post("DMOV", 1);
}

// SET = 1: no motion, the coordinates move.
void MotorRecord::put_offset(double user) {
  post("VAL", user);
  const double dial = field("DRBV");
  target_ = dial;
  apply("OFF", user - dial * (field("DIR") != 0 ? -1 : 1));
}

void MotorRecord::put_limits(std::string_view name, double value) {
  post(name, value);
  const bool user = name == "LLM" || name == "HLM", turned = field("DIR") != 0;
  if (user) {
    post(turned == (name == "LLM") ? "DHLM" : "DLLM", to_dial(value));
  } else {
    post(turned == (name == "DLLM") ? "HLM" : "LLM", to_user(value));
  }
}

void MotorRecord::put_go(int mode) {
  const int top = settings_.flavour == MotorFlavour::spmg ? 3 : 2;
  post(settings_.flavour == MotorFlavour::spmg ? "SPMG" : "SPG", std::clamp(mode, 0, top));
  const int now = go_mode();
  if (now == 0) return brake(After::stop);
  if (now == 1 && (phase_ == Phase::way || phase_ == Phase::approach)) return brake(After::pause);
  if (now >= 2 && phase_ == Phase::held) begin_motion();
}

// --- motion ------------------------------------------------------------------------------------------------

void MotorRecord::begin_motion() {
  const double here = way_.at(now_), distance = target_ - here, backlash = field("BDST");
  if (std::fabs(distance) < settings_.resolution / 2) {
    way_ = {now_, here, here, field("VELO"), field("ACCL")};
    return arrive();
  }
  const bool preferred = backlash == 0 || (distance > 0) == (backlash > 0);
  if (backlash == 0 || (preferred && std::fabs(distance) <= std::fabs(backlash)))
    return begin_way(target_, backlash != 0, Phase::approach);
  begin_way(target_ - backlash, false, Phase::way);
}

void MotorRecord::begin_way(double to_dial, bool backlash_speed, Phase phase) {
  const double here = way_.at(now_);
  double velocity = field(backlash_speed ? "BVEL" : "VELO");
  if (!(velocity > 0)) velocity = settings_.velocity;
  const double to = std::floor(to_dial / settings_.resolution + 0.5) * settings_.resolution;
  way_ = {now_, here, faults_.stall && phase != Phase::runaway ? here : to, velocity,
          std::max(field(backlash_speed ? "BACC" : "ACCL"), 0.0)};
  phase_ = phase;
  // A stalled axis is commanded for as long as the way would take.
  Way wanted = way_;
  wanted.to = to;
  phase_until_ = wanted.end();
  readback_due_ = now_ + settings_.readback_period_s;
  meet_switches();
  if (phase_ == Phase::after_limit || phase_ == Phase::idle) return;
  if (settings_.flavour == MotorFlavour::spmg) post("TDIR", to > here ? 1 : 0);
  update_status();
  post("MOVN", 1);
}

// The ramp down begins now; what waits for SPMG has nothing to brake.
void MotorRecord::brake(After after) {
  if (phase_ == Phase::idle || phase_ == Phase::after_limit) return;
  after_ = after;
  if (phase_ == Phase::braking) return;
  if (phase_ == Phase::held || phase_ == Phase::delay) {
    if (after == After::pause) return;
    if (after == After::retarget) return begin_motion();
    return end_where_it_is();
  }
  const double speed = way_.speed_at(now_), here = way_.at(now_);
  // A way that is cut at twice the ramp's length from here ends in exactly its own ramp down.
  const double ramp = way_.velocity > 0 ? way_.ramp_s * std::fabs(speed) / way_.velocity : 0;
  const double to = here + speed * ramp / 2;
  if (ramp <= 0 || speed == 0) {
    way_ = {now_, here, here, way_.velocity, way_.ramp_s};
    phase_until_ = now_;
  } else {
    // The second half of a triangle of speed `speed` that began `ramp` ago.
    way_ = {now_ - ramp, here - speed * ramp / 2, to, std::fabs(speed), ramp};
    phase_until_ = now_ + ramp;
  }
  phase_ = Phase::braking;
}

// The way is over, and what the readback says decides.
void MotorRecord::arrive() {
  show_readback(true);
  if (faults_.stuck_dmov) {  // looked at again with every call
    phase_ = Phase::delay;
    phase_until_ = now_;
    return;
  }
  const double missed = std::fabs(field("DRBV") - target_);
  if (missed > std::max(field("RDBD"), settings_.resolution) && field("RCNT") < field("RTRY")) {
    post("RCNT", field("RCNT") + 1);
    return begin_motion();
  }
  post("MISS", missed > std::max(field("RDBD"), settings_.resolution) ? 1 : 0);
  if (field("DLY") > 0) {
    phase_ = Phase::delay;
    phase_until_ = now_ + field("DLY");
    return;
  }
  finish();
}

void MotorRecord::finish() {
  phase_ = Phase::idle;
  update_status();
  post("MOVN", 0);
  post("DMOV", 1);
  if (settings_.flavour == MotorFlavour::spmg && go_mode() == 2) post("SPMG", 1);  // Move is for one move
  complete();
}

// Stopped: the target is where it stands.
void MotorRecord::end_where_it_is() {
  show_readback(true);
  target_ = way_.at(now_);
  post("VAL", field("RBV"));
  post("DVAL", field("DRBV"));
  finish();
}

// MSTA tells of the switch before it tells that all is over; the axis itself still rolls out.
void MotorRecord::hit_switch(bool high) {
  const double speed = way_.speed_at(now_), here = way_.at(now_);
  post(high == (field("DIR") == 0) ? "HLS" : "LLS", 1);
  update_status();
  show_readback(true);
  const double ramp = 0.1;
  way_ = {now_ - ramp, here - speed * ramp / 2, here + speed * ramp / 2, std::max(std::fabs(speed), 1e-9),
          ramp};
  phase_ = Phase::after_limit;
  phase_until_ = now_ + ramp;
  update_status();
  post("VAL", field("RBV"));
  post("DVAL", field("DRBV"));
  post("MISS", 0);
  post("MOVN", 0);
  post("DMOV", 1);
  complete();
}

void MotorRecord::meet_switches() {
  const bool up = way_.to > way_.from;
  const double here = way_.at(now_);
  const bool moves = way_.to != way_.from;
  const bool high = here >= settings_.hard_high || (faults_.limit && up);
  const bool low = here <= settings_.hard_low || (faults_.limit && !up);
  if (moves && ((high && up) || (low && !up))) return hit_switch(up);
  const bool turned = field("DIR") != 0;
  if (!high) post(turned ? "LLS" : "HLS", 0);
  if (!low) post(turned ? "HLS" : "LLS", 0);
}

void MotorRecord::show_readback(bool forced) {
  const double period = faults_.slow_readback ? slow_readback_s : settings_.readback_period_s;
  if (!forced && now_ < readback_due_) return;
  readback_due_ = now_ + period;
  double at = way_.at(now_);
  if (faults_.noise > 0) at += faults_.noise * Draws(1, 0, noise_draws_++).normal();
  at = std::floor(at / settings_.resolution + 0.5) * settings_.resolution;
  post("DRBV", at);
  post("RBV", to_user(at));
}

void MotorRecord::update_status() {
  const bool moves = phase_ == Phase::way || phase_ == Phase::approach || phase_ == Phase::runaway ||
                     phase_ == Phase::braking;
  const bool turned = field("DIR") != 0;
  std::uint32_t bits = moves ? moving : done;
  if (moves && way_.to > way_.from) bits |= direction_up;
  if (field(turned ? "LLS" : "HLS") != 0) bits |= on_high_switch;
  if (field(turned ? "HLS" : "LLS") != 0) bits |= on_low_switch;
  if (faults_.stall && !moves && field("MISS") != 0) bits |= slip | problem;
  if (faults_.comm_error) bits |= no_answer;
  post("MSTA", bits);
  post("STAT", faults_.comm_error ? status_comm : 0);
  post("SEVR", faults_.comm_error ? severity_invalid : 0);
}

// Stands still between calls of advance(): each step is at the time at which it was due.
void MotorRecord::advance(double now) {
  for (int steps = 0; steps < 10'000; ++steps) {
    const bool on_the_way = phase_ == Phase::way || phase_ == Phase::approach || phase_ == Phase::braking ||
                            phase_ == Phase::delay || phase_ == Phase::after_limit;
    const bool moves = on_the_way && phase_ != Phase::delay;
    double next = now;
    if (on_the_way && phase_until_ > now_) next = std::min(next, phase_until_);
    if ((moves || phase_ == Phase::runaway) && readback_due_ > now_) next = std::min(next, readback_due_);
    // where a switch lies on the way, to a hundredth of a second
    const bool near = phase_ == Phase::way || phase_ == Phase::approach;
    if (near) next = std::min(next, now_ + 0.01);
    set_now(std::max(next, now_));
    if (faults_.comm_error != (field("SEVR") != 0)) update_status();
    if (near) meet_switches();
    if (moves || phase_ == Phase::runaway) {
      if (phase_ != Phase::idle) show_readback(false);
    }
    const bool over = on_the_way && now_ >= phase_until_;
    if (over) {
      switch (phase_) {
        case Phase::way:
          begin_way(target_, true, Phase::approach);
          break;
        case Phase::approach:
          arrive();
          break;
        case Phase::braking:
          if (after_ == After::stop) {
            end_where_it_is();
          } else if (after_ == After::retarget && go_mode() >= 2) {
            post("RCNT", 1);
            begin_motion();
          } else {
            phase_ = Phase::held;
            update_status();
            show_readback(true);
            post("MOVN", 0);
          }
          break;
        case Phase::delay:
          if (faults_.stuck_dmov) {
            set_now(now);
            return;
          }
          finish();
          break;
        case Phase::after_limit:
          phase_ = Phase::idle;
          show_readback(true);
          target_ = way_.at(now_);
          break;
        default:
          break;
      }
    }
    if (now_ >= now && !over) return;
  }
  set_now(now);
}

void MotorRecord::complete() {
  if (!pending_) return serve_waiting();
  events_.push_back({RecordEvent::Kind::completion, now_, {}, 0, *pending_});
  pending_.reset();
  serve_waiting();
}

void MotorRecord::serve_waiting() {
  while (!waiting_.empty() && !pending_) {
    const Waiting next = waiting_.front();
    waiting_.pop_front();
    pending_ = next.notify;
    apply(next.field, next.value);
    if (pending_ && (phase_ == Phase::idle || phase_ == Phase::after_limit)) {
      events_.push_back({RecordEvent::Kind::completion, now_, {}, 0, *pending_});
      pending_.reset();
    }
  }
}

}  // namespace jt::simulator
