#include "simulator/twin_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include "core/errors.hpp"

namespace jt::simulator {
namespace {

using formats::Transition;
using sources::SharedMemoryServer;
using std::chrono::milliseconds;

constexpr unsigned most_servers = 32;
constexpr double fastest_hz = 100'000;
// A small camera's frame is made exactly in less time than a large one is put together from the pool.
constexpr std::size_t pixels_worth_a_pool = 100'000;
// Later than this, and shots are passed over until the clock is caught up with: a DAQ does not slow down.
constexpr auto patience = milliseconds(250);
constexpr auto at_most = milliseconds(20);              // without a look at the wish to stop
constexpr std::uint32_t room_for_the_rest = 256 << 10;  // of a datagram, beside frame and picture

ServeTwinOptions checked(ServeTwinOptions options) {
  if (options.servers < 1 || options.servers > most_servers)
    throw CallError(fmt::format("{} servers cannot be", options.servers),
                    "each has shared memory and queues of its own",
                    fmt::format("Give a number from 1 to {}.", most_servers));
  if (options.rate_hz != 0 && !(options.rate_hz >= 0.1 && options.rate_hz <= fastest_hz))
    throw CallError(fmt::format("a rate of {} Hz cannot be served", options.rate_hz), "shots come one by one",
                    fmt::format("Give 0.1 to {:.0f}.", fastest_hz));
  return options;
}

// Now, on the DAQ's clock. Fiducials count 360 a second; where they start is the timing system's choice.
formats::xtc::Stamp now_stamp() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto sec = std::chrono::duration_cast<std::chrono::seconds>(now);
  formats::xtc::Stamp stamp;
  stamp.time.sec = static_cast<std::uint32_t>(sec.count());
  stamp.time.nsec =
      static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now - sec).count());
  stamp.fiducial.value =
      static_cast<std::uint32_t>(std::uint64_t{stamp.time.sec} * 360 % Fiducial::modulus / 3 * 3);
  return stamp;
}

std::uint32_t largest_datagram(const Twin& twin) {
  const JetCameraSettings& camera = twin.settings().jet_camera;
  return static_cast<std::uint32_t>(twin.detector().payload_size() + twin.detector().config().size() +
                                    std::size_t{camera.rows} * camera.cols + room_for_the_rest);
}

}  // namespace

TwinServer::TwinServer(const TwinSettings& settings, ServeTwinOptions options)
    : options_(checked(std::move(options))),
      twin_(std::make_unique<Twin>(settings, options_.seed, options_.run, now_stamp())) {
  if (twin_->detector().shape().pixels() >= pixels_worth_a_pool)
    pool_ = std::make_unique<FramePool>(
        twin_->frames(), WordStream{options_.seed, static_cast<std::uint32_t>(options_.run.value), 0});
  for (const std::string& tag : tags())
    servers_.push_back(std::make_unique<SharedMemoryServer>(
        sources::SharedMemoryServerOptions{.tag = tag,
                                           .buffer_size = largest_datagram(*twin_),
                                           .event_buffers = options_.event_buffers,
                                           .lossless = options_.lossless}));
  if (options_.rate_hz == 0) options_.rate_hz = settings.plant.rate_hz;
}

TwinServer::~TwinServer() = default;

std::vector<std::string> TwinServer::tags() const {
  if (options_.servers == 1) return {options_.tag};
  std::vector<std::string> tags;
  for (unsigned k = 0; k < options_.servers; ++k) tags.push_back(fmt::format("{}_{}", options_.tag, k));
  return tags;
}

// Making the pool has taken its time: shots begin now.
ServedTwin TwinServer::run() {
  result_ = {};
  number_ = 0;
  begin();
  wait_for_clients();
  const auto start = Clock::now();
  const auto due = [&](std::uint64_t number) {
    return start + std::chrono::duration_cast<Clock::duration>(
                       std::chrono::duration<double>(static_cast<double>(number) / options_.rate_hz));
  };
  while (!stop_wanted() && (options_.shots == 0 || number_ < options_.shots)) {
    const auto now = Clock::now();
    if (now < due(number_)) {
      attend(std::min(due(number_), now + at_most));
      continue;
    }
    if (!options_.lossless && now > due(number_) + patience) {
      static_cast<void>(twin_->next());
      ++result_.missed;
      ++number_;
      continue;
    }
    serve_shot();
    attend(now);
  }
  result_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  end();
  for (const auto& server : servers_) result_.servers.push_back(server->status());
  return result_;
}

void TwinServer::serve_shot() {
  if (options_.before_shot) options_.before_shot(twin_->plant(), twin_->plant().next_time());
  TwinShot shot = twin_->next();
  if (options_.beam_share) {  // upstream of the sample and of its monitor, downstream of the gas detector
    const double share = options_.beam_share();
    shot.exposure = {share * shot.exposure.jet, share * shot.exposure.other, shot.exposure.beam && share > 0};
    shot.total *= share;
  }
  send_to(*servers_[number_ % servers_.size()], datagram_of(shot));
  ++result_.shots;
  ++number_;
  if (options_.served) options_.served(shot);
}

std::vector<std::byte> TwinServer::datagram_of(const TwinShot& shot) {
  TwinPictures made;
  std::vector<std::byte> bytes;
  if (pool_ && pool_->suits(shot.exposure)) {
    const auto number = static_cast<std::uint32_t>(shot.number);
    bytes = twin_->datagram(shot, workspace_, made, [&](std::span<std::byte> pixels) {
      return pool_->make(number, shot.exposure, pixels);
    });
    result_.pooled += made.frame.has_value();
  } else {
    bytes = twin_->datagram(shot, workspace_, made);
  }
  result_.frames += made.frame.has_value();
  return bytes;
}

void TwinServer::begin() {
  send_to_all(twin_->configure());
  for (const Transition which : {Transition::begin_run, Transition::begin_calib_cycle, Transition::enable})
    send_to_all(twin_->transition(which, 0));
}

void TwinServer::end() {
  for (const Transition which : {Transition::disable, Transition::end_calib_cycle, Transition::end_run,
                                 Transition::unconfigure, Transition::unmap})
    send_to_all(twin_->transition(which, number_));
}

void TwinServer::wait_for_clients() {
  const auto ready = [&] {
    return std::all_of(servers_.begin(), servers_.end(),
                       [&](const auto& server) { return server->status().ready >= options_.wait_for; });
  };
  while (!ready() && !stop_wanted()) attend(Clock::now() + at_most);
}

// One server waits until something happens to it; the others are looked at in between.
void TwinServer::attend(Clock::time_point until) {
  for (const auto& server : servers_) server->attend(milliseconds(0));
  const auto left = std::chrono::floor<milliseconds>(until - Clock::now());
  const milliseconds slice = servers_.size() == 1 ? left : std::min(left, milliseconds(1));
  if (left > milliseconds(0))
    servers_.front()->attend(slice);
  else if (until > Clock::now())
    std::this_thread::sleep_until(until);
}

void TwinServer::send_to(SharedMemoryServer& server, std::span<const std::byte> datagram) {
  while (server.send(datagram) == SharedMemoryServer::Sent::not_yet && !stop_wanted())
    attend(Clock::now() + at_most);
}

void TwinServer::send_to_all(std::span<const std::byte> datagram) {
  for (const auto& server : servers_) send_to(*server, datagram);
}

}  // namespace jt::simulator
