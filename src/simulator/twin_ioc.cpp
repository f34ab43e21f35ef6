#include "simulator/twin_ioc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/errors.hpp"

namespace jt::simulator {
namespace {

using std::chrono::milliseconds;

constexpr auto tick = milliseconds(10);  // readbacks come every 100 ms

// Fields by native type; those that are named nowhere are doubles.
constexpr std::array<std::string_view, 15> int16_fields = {"DMOV", "MOVN", "STOP", "LVIO", "HLS",
                                                           "LLS",  "PREC", "RTRY", "RCNT", "MISS",
                                                           "TDIR", "TWF",  "TWR",  "JOGF", "JOGR"};
constexpr std::array<std::string_view, 3> more_int16_fields = {"HOMF", "HOMR", "DISA"};
struct ChoiceField {
  std::string_view name;
  std::vector<std::string> choices;
};
const std::vector<ChoiceField>& choice_fields() {
  static const std::vector<std::string> severities = {"NO_ALARM", "MINOR", "MAJOR", "INVALID"};
  static const std::vector<ChoiceField> fields = {
      {"SPMG", {"Stop", "Pause", "Move", "Go"}},
      {"SPG", {"Stop", "Pause", "Go"}},
      {"SET", {"Use", "Set"}},
      {"DIR", {"Pos", "Neg"}},
      {"FOFF", {"Variable", "Frozen"}},
      {"STUP", {"OFF", "ON", "BUSY"}},
      {"RMOD", {"Default", "Arithmetic", "Geometric", "In-Position"}},
      {"SEVR", severities},
      {"HLSV", severities},
      {"STAT", {"NO_ALARM", "READ", "WRITE", "HIHI", "HIGH", "LOLO", "LOW", "STATE", "COS", "COMM"}},
  };
  return fields;
}

bool is_int16(std::string_view field) {
  return std::ranges::count(int16_fields, field) + std::ranges::count(more_int16_fields, field) > 0;
}
const ChoiceField* choice_field(std::string_view field) {
  for (const ChoiceField& known : choice_fields())
    if (known.name == field) return &known;
  return nullptr;
}

// A field's value in its own type.
PvValue value_of(std::string_view field, double value) {
  if (choice_field(field) != nullptr) return Choice{static_cast<std::uint16_t>(value)};
  if (is_int16(field)) return std::vector<std::int16_t>{static_cast<std::int16_t>(value)};
  if (field == "DISP") return std::vector<std::uint8_t>{static_cast<std::uint8_t>(value)};
  return value;
}

const TwinIocSettings& checked(const TwinIocSettings& settings) {
  if (!settings.address.starts_with("127."))
    throw CallError(fmt::format("the twin does not serve PVs on {}", settings.address),
                    "simulated PVs on a network could be taken for real ones",
                    "Leave it on the loopback, 127.0.0.1.");
  const auto simulated = [](const std::string& name) {
    if (name.starts_with("SIM:")) return;
    throw CallError(fmt::format("the twin does not serve '{}'", name),
                    "it could be taken for a device of a beamline", "Let its name begin with SIM:.");
  };
  simulated(settings.motor);
  for (const std::string& name : settings.published) simulated(name);
  return settings;
}

ca::ServerSettings server_settings(const TwinIocSettings& settings) {
  ca::ServerSettings server;
  server.address = settings.address;
  server.port = settings.port;
  return server;
}

PvTime time_at(double wall) {
  const double whole = std::floor(wall);
  return {static_cast<std::int64_t>(whole), static_cast<std::uint32_t>((wall - whole) * 1e9)};
}

}  // namespace

TwinIoc::TwinIoc(const TwinIocSettings& settings)
    : name_(checked(settings).motor), record_(settings.record), server_(server_settings(settings)) {
  wall_began_ = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  axis_mm_ = settings.record.start;
  add_record(settings);
  add_faults();
  add_beam();
  add_truth();
  for (const std::string& name : settings.published)
    server_.database().add({.name = name, .value = 0.0, .alarm = {}, .writable = true});
  server_.every(tick, [this](Clock::time_point now) { live(now); });
  server_.start();
}

TwinIoc::~TwinIoc() { server_.stop(); }

// --- what is served ----------------------------------------------------------------------------------------

void TwinIoc::add_record(const TwinIocSettings& settings) {
  const auto add = [&](std::string_view field, PvValue value, PvDetails details, bool writable) {
    ca::PvSetup setup;
    setup.name = field == "VAL" ? name_ : fmt::format("{}.{}", name_, field);
    setup.value = std::move(value);
    setup.details = std::move(details);
    setup.alarm = {};
    setup.writable = writable;
    setup.never_merge = field == "DMOV";
    setup.record_type = "motor";
    if (writable)
      setup.on_put = [this, name = std::string(field)](ca::PutRequest request) {
        put(name, std::move(request));
      };
    record_pvs_.emplace(std::string(field), &server_.database().add(std::move(setup)));
  };
  for (const std::string_view field : MotorRecord::fields(settings.record.flavour)) {
    PvDetails details;
    if (const ChoiceField* choices = choice_field(field); choices != nullptr)
      details.choices = choices->choices;
    else if (!is_int16(field))
      details.units = settings.record.units, details.precision = settings.record.precision;
    add(field, value_of(field, record_.get(field)), details, MotorRecord::writable(field));
  }
  add("EGU", settings.record.units, {}, false);
  add("DESC", "simulated axis of the jet", {}, false);
  add("RTYP", "motor", {}, false);
  show_limits();
}

void TwinIoc::add_faults() {
  for (const char* fault : {"STALL", "STUCK_DMOV", "LIMIT", "COMM", "SLOW_RBV", "DISCONNECT", "EARLY_REPLY",
                            "NOISE", "FOREIGN"}) {
    ca::PvSetup setup;
    setup.name = fmt::format("{}:FAULT:{}", name_, fault);
    setup.value = 0.0;
    setup.alarm = {};
    setup.writable = true;
    setup.on_put = [this, setup_name = setup.name, fault](ca::PutRequest request) {
      const double value = request.value.number().value_or(std::nan(""));
      const bool good = set_fault(fault, value);
      if (good) server_.database().post(server_.database().at(setup_name), value);
      request.complete(good ? ca::Status::normal : ca::Status::put_failed);
    };
    server_.database().add(std::move(setup));
  }
}

void TwinIoc::add_beam() {
  const auto add = [&](const char* name, std::atomic<double>& value) {
    ca::PvSetup setup;
    setup.name = name;
    setup.value = 1.0;
    setup.alarm = {};
    setup.writable = true;
    setup.on_put = [this, name, &value](ca::PutRequest request) {
      const double wanted = request.value.number().value_or(std::nan(""));
      const bool good = wanted >= 0 && wanted <= 1;
      if (good) {
        value = wanted;
        server_.database().post(server_.database().at(name), wanted);
      }
      request.complete(good ? ca::Status::normal : ca::Status::put_failed);
    };
    server_.database().add(std::move(setup));
  };
  add("SIM:BEAM:STOPPER", stopper_);
  add("SIM:BEAM:PICKER", picker_);
  add("SIM:BEAM:TRANSMISSION", transmission_);
  add("SIM:INTERLOCK:OK", interlock_);
}

void TwinIoc::add_truth() {
  for (const char* name : {"SIM:TRUTH:JET", "SIM:TRUTH:MOTOR", "SIM:TRUTH:OVERLAP", "SIM:TRUTH:BEAM"})
    server_.database().add({.name = name, .value = 0.0});
  server_.database().add({.name = "SIM:TRUTH:FAULT", .value = "", .alarm = {}});
}

void TwinIoc::publish(const PublishedTruth& truth) {
  server_.post("SIM:TRUTH:JET", truth.jet_mm);
  server_.post("SIM:TRUTH:MOTOR", truth.motor_mm);
  server_.post("SIM:TRUTH:OVERLAP", truth.overlap);
  server_.post("SIM:TRUTH:BEAM", truth.beam ? 1.0 : 0.0);
}

TwinIoc::Beam TwinIoc::beam() const {
  return {stopper_ > 0.5, picker_ > 0.5, interlock_ > 0.5, transmission_};
}

// --- on the server's thread --------------------------------------------------------------------------------

ca::Pv& TwinIoc::pv(std::string_view field) { return *record_pvs_.find(field)->second; }

double TwinIoc::seconds(Clock::time_point now) const {
  return std::chrono::duration<double>(now - began_).count();
}

void TwinIoc::put(std::string_view field, ca::PutRequest request) {
  const double now = seconds(Clock::now()), value = request.value.number().value_or(std::nan(""));
  std::optional<std::uint64_t> id;
  if (request.notify) id = ++puts_;
  if (id) under_way_.emplace(*id, request);
  const MotorRecord::Answer answer = record_.put(now, field, value, id);
  if (answer != MotorRecord::Answer::taken) {
    if (id) under_way_.erase(*id);
    request.complete(answer == MotorRecord::Answer::failed ? ca::Status::put_failed
                                                           : ca::Status::no_write_access);
  } else if (!id) {
    request.complete(ca::Status::normal);
  }
  flush();
}

void TwinIoc::live(Clock::time_point now) {
  record_.advance(seconds(now));
  flush();
  axis_mm_ = record_.true_position(seconds(now));
}

// Completions come where the record made them, or (EARLY_REPLY) before the changes that belong to them.
void TwinIoc::flush() {
  std::vector<RecordEvent> events = record_.take_events();
  if (early_reply_)
    std::stable_partition(events.begin(), events.end(), [](const RecordEvent& event) {
      return event.kind == RecordEvent::Kind::completion;
    });
  for (const RecordEvent& event : events) {
    if (event.kind == RecordEvent::Kind::change) {
      show(event);
      continue;
    }
    const auto found = under_way_.find(event.put);
    if (found == under_way_.end()) continue;
    const ca::PutRequest request = std::move(found->second);
    under_way_.erase(found);
    request.complete(ca::Status::normal);
  }
}

void TwinIoc::show(const RecordEvent& event) {
  const Alarm alarm{static_cast<AlarmSeverity>(record_.get("SEVR")),
                    static_cast<std::uint16_t>(record_.get("STAT"))};
  server_.database().post(pv(event.field), value_of(event.field, event.value), alarm,
                          time_at(wall_began_ + event.time));
  if (event.field == "SEVR")  // the record's alarm is that of all its fields
    for (const char* field : {"VAL", "RBV", "DMOV"})
      server_.database().post(pv(field), pv(field).sample->value, alarm);
  if (event.field == "HLM" || event.field == "LLM") show_limits();
}

// What may be put to VAL, as clients ask for it.
void TwinIoc::show_limits() {
  for (const char* field : {"VAL", "RBV"}) {
    PvDetails details = pv(field).setup.details;
    details.control_low = details.display_low = record_.get("LLM");
    details.control_high = details.display_high = record_.get("HLM");
    server_.database().set_details(pv(field), details);
  }
}

bool TwinIoc::set_fault(std::string_view fault, double value) {
  if (!std::isfinite(value)) return false;
  MotorFaults& faults = record_.faults();
  const bool on = value != 0;
  if (fault == "STALL")
    faults.stall = on;
  else if (fault == "STUCK_DMOV")
    faults.stuck_dmov = on;
  else if (fault == "LIMIT")
    faults.limit = on;
  else if (fault == "COMM")
    faults.comm_error = on;
  else if (fault == "SLOW_RBV")
    faults.slow_readback = on;
  else if (fault == "EARLY_REPLY")
    early_reply_ = on;
  else if (fault == "NOISE" && value >= 0)
    faults.noise = value;
  else if (fault == "FOREIGN")
    static_cast<void>(record_.put(seconds(Clock::now()), "VAL", value));
  else if (fault == "DISCONNECT") {
    disconnected_ = on;
    for (const auto& [field, served] : record_pvs_) server_.database().set_served(*served, !on);
  } else {
    return false;
  }
  server_.database().post(server_.database().at("SIM:TRUTH:FAULT"), faults_in_words());
  flush();
  return true;
}

std::string TwinIoc::faults_in_words() const {
  const MotorFaults& faults = record_.faults();
  std::string words;
  const auto add = [&](bool on, std::string_view name) {
    if (on) words += (words.empty() ? "" : " ") + std::string(name);
  };
  add(faults.stall, "stall");
  add(faults.stuck_dmov, "dmov");
  add(faults.limit, "limit");
  add(faults.comm_error, "comm");
  add(faults.slow_readback, "slow");
  add(faults.noise > 0, "noise");
  add(disconnected_, "gone");
  return words;
}

void TwinIoc::inject(std::string_view fault, double value) {
  bool good = false;
  server_.call([&](ca::Database& database) {
    good = set_fault(fault, value);
    if (good) database.post(database.at(fmt::format("{}:FAULT:{}", name_, fault)), value);
  });
  if (!good)
    throw CallError(fmt::format("the twin has no fault {} = {}", fault, value), "nothing would happen",
                    "There are STALL, STUCK_DMOV, LIMIT, COMM, SLOW_RBV, DISCONNECT, EARLY_REPLY, NOISE and "
                    "FOREIGN.");
}

}  // namespace jt::simulator
