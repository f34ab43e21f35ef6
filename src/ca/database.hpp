// The PVs that a server hosts, and who watches them. Plain data of one thread: no sockets, no locks.
// Stop 6 of the walk ends here when this program serves the PVs itself.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ca/protocol.hpp"
#include "core/pv_value.hpp"

namespace jt::ca {

using SharedSample = std::shared_ptr<const PvSample>;

// Why a sample was posted: bits of a subscription's mask.
enum EventMask : std::uint16_t { event_value = 1, event_log = 2, event_alarm = 4, event_property = 8 };

// One client's wish to write. `complete` is called exactly once, now or later, on the database's thread;
// after the client has gone it does nothing.
struct PutRequest {
  PvValue value;        // already in the PV's own type
  bool notify = false;  // the client waits for the completion
  std::function<void(Status)> complete;
  std::string client;  // "host:port", for logs
};

// How a PV is made.
struct PvSetup {
  std::string name;
  PvValue value;
  PvDetails details = {};
  Alarm alarm = {AlarmSeverity::invalid, alarm_status::udf};  // until the first post
  std::size_t most_elements = 0;                              // 0: as many as `value` has
  bool writable = false;
  bool never_merge = false;  // every post reaches every subscriber: transitions count (DMOV)
  // A value older than this is shown as INVALID: whoever should post has stopped.
  std::optional<std::chrono::milliseconds> stale_after = {};
  std::string record_type = {};  // what DBR_CLASS_NAME tells
  // What a put does; without one the value is taken as it is.
  std::function<void(PutRequest)> on_put = {};
};

// Someone who follows a PV: a channel of a circuit.
class PvWatcher {
 public:
  virtual void posted(const SharedSample& sample, std::uint16_t mask) = 0;
  virtual void access_changed() = 0;
  virtual void withdrawn() = 0;  // no longer served; the watcher is already forgotten

 protected:
  ~PvWatcher() = default;
};

struct Pv {
  PvSetup setup;
  SharedSample sample;
  std::size_t most_elements = 1;
  bool served = true;
  std::vector<PvWatcher*> watchers;
  std::chrono::steady_clock::time_point posted_at;
};

class Database {
 public:
  Pv& add(PvSetup setup);
  // The PV of this name if it is served now. `X` and `X.VAL` are the same.
  [[nodiscard]] Pv* find(std::string_view name) const;
  // As find(), served or not. The name must be there.
  [[nodiscard]] Pv& at(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names() const;

  // A new value: watchers get it. Without a time: now. The value must be of the PV's type.
  void post(Pv& pv, PvValue value, Alarm alarm = {}, std::optional<PvTime> time = {});
  void post(Pv& pv, SharedSample sample);
  // Only when value or alarm differ from what is there.
  void post_change(Pv& pv, PvValue value, Alarm alarm = {}, std::optional<PvTime> time = {});
  void set_details(Pv& pv, PvDetails details);
  void set_writable(Pv& pv, bool writable);
  // Withdraws a PV (its clients see it disconnect) or serves it again.
  void set_served(Pv& pv, bool served);

  // A client's put, of any plain type. Completes at once when it makes no sense.
  void put(Pv& pv, PutRequest request);
  // Marks what has become too old as INVALID.
  void mark_stale(std::chrono::steady_clock::time_point now);

 private:
  std::map<std::string, std::unique_ptr<Pv>, std::less<>> pvs_;
  std::vector<Pv*> can_go_stale_;
};

PvTime wall_time();

}  // namespace jt::ca
