#include "pipeline/live.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/errors.hpp"
#include "core/log.hpp"

namespace jt::pipeline {
namespace {

using formats::Transition;
using std::chrono::milliseconds;

constexpr milliseconds look_again{50};
constexpr std::size_t most_outgoing = 4096;  // half a minute of 120 Hz behind a worker that hangs
constexpr double old_after_s = 60;           // shots older than this are no live ones

std::shared_ptr<const ConfigureBytes> copy_of(const Delivery& delivery) {
  auto copy = std::make_shared<ConfigureBytes>();
  copy->emplace_back(delivery.main.begin(), delivery.main.end());
  for (const auto& joined : delivery.joined) copy->emplace_back(joined.begin(), joined.end());
  return copy;
}

bool has_sim_alias(const ConfigureBytes& configure) {
  formats::xtc::Decoder decoder;
  for (const auto& datagram : configure) decoder.configure(datagram);
  const auto& aliases = decoder.run().aliases;
  return std::any_of(aliases.begin(), aliases.end(), [](const auto& one) { return one.alias == "jt_sim"; });
}

double wall_clock_s() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}
double seconds_of(ShotTime time) { return time.sec + time.nsec * 1e-9; }

std::string in_words(const Window& window) {
  return fmt::format("window {}: peak bin {}, delta {}, calibration of run {}", window.id, window.peak,
                     window.delta, window.calibration->file.run.value);
}

}  // namespace

// A worker's thread. One that hangs is left behind: it shares the ownership of what it may still touch.
struct Live::Thread {
  std::thread thread;
  bool given_up = false;
  bool ended = false;
};

Live::Live(LiveSettings settings, ShotFeed& feed, ResultSink& sink)
    : settings_(std::move(settings)),
      feed_(feed),
      sink_(sink),
      shop_(settings_.worker),
      epoch_(std::make_shared<RunEpoch>()),
      window_(std::make_shared<Window>()) {
  if (settings_.run) begin_run(*settings_.run);
}

Live::~Live() {
  stop();
  for (const auto& one : threads_)
    if (one->thread.joinable()) one->thread.join();
}

void Live::say(const std::string& words) const {
  if (settings_.say) settings_.say(words);
}

void Live::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  feed_.stop();
  job_there_.notify_all();
  room_there_.notify_all();
  result_there_.notify_all();
}

void Live::run() {
  {
    const std::lock_guard lock(mutex_);
    for (unsigned i = 0; i < std::max(settings_.threads, 1u); ++i) start_worker();
  }
  std::thread reader([this] { read(); });
  std::thread watcher([this] { watch_calibrations(); });
  lead();
  reader.join();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    status_.ended = true;
  }
  job_there_.notify_all();
  result_there_.notify_all();
  watcher.join();
}

// ---- the reader: transitions to epochs, shots to jobs

void Live::read() {
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) break;
    }
    std::shared_ptr<Delivery> delivery;
    try {
      delivery = feed_.next(look_again);
    } catch (const SetupError& error) {  // a file server that went away
      const std::lock_guard lock(mutex_);
      status_.problem = error.what();
      break;
    }
    if (delivery == nullptr && feed_.ended()) break;
    if (delivery == nullptr) continue;
    if (delivery->service == Transition::l1_accept)
      take_shot(std::move(delivery));
    else
      take_transition(*delivery);
  }
  const std::lock_guard lock(mutex_);
  reader_done_ = true;
  job_there_.notify_all();
  result_there_.notify_all();
}

void Live::take_transition(const Delivery& delivery) {
  if (delivery.session != session_) {  // another connection: everything known of the run is void
    session_ = delivery.session;
    const std::lock_guard lock(mutex_);
    auto empty = std::make_shared<RunEpoch>();
    empty->number = epoch_->number + 1;
    empty->run = run_;
    epoch_ = std::move(empty);
  }
  if (delivery.service == Transition::configure) {
    auto epoch = std::make_shared<RunEpoch>();
    epoch->configure = copy_of(delivery);
    epoch->sim = has_sim_alias(*epoch->configure);
    old_shots_ = false;
    const std::lock_guard lock(mutex_);
    epoch->number = epoch_->number + 1;
    epoch->run = run_;
    status_.problem.clear();
    epoch_ = std::move(epoch);
  } else if (delivery.service == Transition::begin_calib_cycle) {
    const std::lock_guard lock(mutex_);
    auto epoch = std::make_shared<RunEpoch>(*epoch_);
    epoch->cycle = copy_of(delivery);
    ++epoch->step;
    epoch_ = std::move(epoch);
  } else if (delivery.service == Transition::begin_run) {
    const auto header = formats::xtc::read_header(delivery.main);
    const int env = header ? static_cast<int>(header->env & 0x7fffffff) : 0;
    begin_run(settings_.run.value_or(RunNumber{env}));
  }
  const std::lock_guard lock(mutex_);
  status_.last_transition = std::string(formats::name(delivery.service));
}

void Live::begin_run(RunNumber run) {
  {
    const std::lock_guard lock(mutex_);
    run_ = run;
    auto epoch = std::make_shared<RunEpoch>(*epoch_);
    epoch->run = run;
    epoch_ = std::move(epoch);
  }
  std::string words;
  if (take_newest(words)) say(words);
}

void Live::take_shot(std::shared_ptr<Delivery> delivery) {
  Job job;
  job.result.visible = Clock::now();
  const auto header = formats::xtc::read_header(delivery->main);
  if (header) {
    job.result.time = header->time;
    job.result.fiducial = header->fiducial;
    if (std::abs(wall_clock_s() - seconds_of(header->time)) > old_after_s) old_shots_ = true;
  }
  std::optional<Job> given_up;  // its buffer goes back without the lock
  std::unique_lock lock(mutex_);
  if (feed_.can_wait())
    room_there_.wait(lock, [&] {
      return stopping_ || (jobs_.size() < settings_.queue_depth && outgoing_.size() < most_outgoing);
    });
  if (stopping_) return;
  ++status_.shots_in;
  if (outgoing_.size() >= most_outgoing) {  // the leader waits for a worker that hangs
    ++status_.lost_without_trace;
    ++unseen_;
    return;
  }
  job.ticket = job.result.ticket = next_ticket_++;
  job.epoch = epoch_;
  job.window = window_;
  job.result.run = epoch_->run;
  job.result.window_id = window_->id;
  job.result.origin = epoch_->sim                         ? ShotOrigin::sim
                      : feed_.is_recorded() || old_shots_ ? ShotOrigin::replay
                                                          : ShotOrigin::live;
  status_.origin = job.result.origin;
  newest_time_ = job.result.time;
  newest_seen_ = job.result.visible;
  outgoing_.push_back({job.result, job.window, false, {}, 0});
  if (!header) {
    outgoing_.back().result.trouble = Trouble::bad_datagram;
    outgoing_.back().done = true;
    result_there_.notify_all();
    return;
  }
  if (jobs_.size() >= settings_.queue_depth) {
    given_up = std::move(jobs_.front());
    jobs_.pop_front();
    Outgoing& out = outgoing_[static_cast<std::size_t>(given_up->ticket - first_)];
    out.result.trouble = Trouble::queue_full;
    out.done = true;
    result_there_.notify_all();
  }
  job.shot = std::move(delivery);
  jobs_.push_back(std::move(job));
  job_there_.notify_one();
}

// ---- the workers: reduce_shot

void Live::start_worker() {
  const auto worker = static_cast<unsigned>(threads_.size());
  threads_.push_back(std::make_unique<Thread>());
  threads_.back()->thread = std::thread([this, worker] { work(worker); });
}

bool Live::still_mine(std::uint64_t ticket, unsigned worker) const {
  return ticket >= first_ && !outgoing_[static_cast<std::size_t>(ticket - first_)].done &&
         outgoing_[static_cast<std::size_t>(ticket - first_)].worker == worker;
}

void Live::work(unsigned worker) {
  auto tools = std::make_unique<ShotWorker>(settings_.worker, shop_);
  while (true) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      job_there_.wait(
          lock, [&] { return !jobs_.empty() || stopping_ || reader_done_ || threads_[worker]->given_up; });
      if (threads_[worker]->given_up || stopping_ || jobs_.empty()) break;
      job = std::move(jobs_.front());
      jobs_.pop_front();
      Outgoing& out = outgoing_[static_cast<std::size_t>(job.ticket - first_)];
      out.began = Clock::now();
      out.worker = worker;
      room_there_.notify_one();
    }
    std::string problem;
    try {
      if (settings_.before_shot) settings_.before_shot(job.ticket);
      tools->work(*job.shot, *job.epoch, job.window, job.result);
    } catch (const SetupError& error) {
      job.result.trouble = Trouble::setup_cannot_work;
      problem = error.what();
    } catch (const std::exception& error) {
      job.result.trouble = Trouble::worker_failed;
      problem = fmt::format("a worker failed: {}", error.what());
      tools = std::make_unique<ShotWorker>(settings_.worker, shop_);  // what it knew may be spoilt
    }
    job.shot.reset();
    {
      const std::lock_guard lock(mutex_);
      if (!problem.empty() && problem != status_.problem) {
        status_.problem = problem;
        say(problem);
      }
    }
    finish(std::move(job.result), worker);
  }
  const std::lock_guard lock(mutex_);
  threads_[worker]->ended = true;
}

void Live::finish(ShotResult result, unsigned worker) {
  const std::lock_guard lock(mutex_);
  if (!still_mine(result.ticket, worker)) return;  // given up meanwhile
  Outgoing& out = outgoing_[static_cast<std::size_t>(result.ticket - first_)];
  out.result = std::move(result);
  out.done = true;
  result_there_.notify_all();
}

// ---- the leader: shots in order

std::vector<Live::Outgoing> Live::take_ready() {
  std::vector<Outgoing> ready;
  while (!outgoing_.empty() && outgoing_.front().done) {
    ready.push_back(std::move(outgoing_.front()));
    outgoing_.pop_front();
    ++first_;
  }
  if (!ready.empty()) room_there_.notify_all();
  return ready;
}

// A thread cannot be ended from outside: it is left alone, another one takes its place, and what it may say
// later is not heard.
void Live::give_up_hung(Clock::time_point now) {
  for (Outgoing& out : outgoing_) {
    if (out.done || !out.began || now - *out.began < settings_.hang_after) continue;
    out.result.trouble = Trouble::worker_hung;
    out.done = true;
    threads_[out.worker]->given_up = true;
    ++status_.workers_given_up;
    say(fmt::format("worker {} does not answer: its shot is given up, another worker takes its place",
                    out.worker));
    start_worker();
  }
}

void Live::lead() {
  auto counted = Clock::now();
  std::uint64_t in_before = 0, out_before = 0;
  while (true) {
    std::vector<Outgoing> ready;
    std::uint64_t unseen = 0;
    {
      std::unique_lock lock(mutex_);
      result_there_.wait_for(lock, look_again, [&] {
        return stopping_ || (!outgoing_.empty() && outgoing_.front().done) ||
               (reader_done_ && outgoing_.empty());
      });
      const auto now = Clock::now();
      give_up_hung(now);
      ready = take_ready();
      std::swap(unseen, unseen_);
      if (ready.empty() && (stopping_ || (reader_done_ && outgoing_.empty()))) break;
      if (now - counted >= std::chrono::seconds(1)) {
        const double s = std::chrono::duration<double>(now - counted).count();
        status_.in_per_s = static_cast<double>(status_.shots_in - in_before) / s;
        status_.out_per_s = static_cast<double>(status_.shots_out - out_before) / s;
        in_before = status_.shots_in;
        out_before = status_.shots_out;
        counted = now;
      }
    }
    for (Outgoing& out : ready) emit(out);
    seq_ += unseen;  // they came after those
  }
}

void Live::emit(Outgoing& out) {
  const ShotResult& result = out.result;
  sink_.shot(++seq_, result);
  std::optional<ProfileReport> report;
  if (result.good() && !result.profile.empty()) report = profiles_.add(result, out.window);
  if (report) sink_.profile(*report);
  const std::lock_guard lock(mutex_);
  ++status_.shots_out;
  if (result.good()) ++status_.good;
  if (result.trouble)
    status_.troubles.add(*result.trouble);
  else if (result.lost)
    status_.lost.add(*result.lost);
  if (report) status_.profile = std::move(*report);
}

// ---- the window: calibration, peak, delta

bool Live::take_newest(std::string& words) {
  RunNumber run;
  std::shared_ptr<const Window> before;
  {
    const std::lock_guard lock(mutex_);
    run = run_;
    before = window_;
  }
  const auto newest = newest_calibration(settings_.calibrations, run);
  if (!newest) {
    words = fmt::format(
        "no calibration that is not after run {} in {} (live shots are judged by one). Make one with 'jt "
        "calibrate'?",
        run.value, settings_.calibrations.string());
    return before->calibration == nullptr;
  }
  if (before->calibration && before->calibration->file == *newest) {
    words = "the calibration in use is the newest";
    return false;
  }
  try {
    auto window = std::make_shared<Window>();
    window->calibration = load_calibration(*newest);
    window->peak = window->calibration->result.peak_bin;
    window->delta = window->calibration->result.delta_bin;
    const std::lock_guard lock(mutex_);
    window->id = window_->id + 1;
    words = in_words(*window) + ", from the next shot on";
    window_ = std::move(window);
    status_.announced.clear();
    status_.problem.clear();
    return true;
  } catch (const SetupError& error) {
    words = error.what();
    return true;
  }
}

void Live::watch_calibrations() {
  std::unique_lock lock(mutex_);
  while (true) {
    result_there_.wait_for(lock, settings_.look_for_calibration, [&] { return stopping_ || status_.ended; });
    if (stopping_ || status_.ended) return;
    const RunNumber run = run_;
    const auto in_use = window_->calibration;
    lock.unlock();
    const auto newest = newest_calibration(settings_.calibrations, run);
    const bool newer = newest && (!in_use || !(in_use->file == *newest));
    std::string words;
    if (newer && !in_use && take_newest(words)) say(words);  // without one there is nothing to wait for
    lock.lock();
    if (!newer || !in_use || status_.announced == newest->path.string()) continue;
    status_.announced = newest->path.string();
    say(
        fmt::format("a newer calibration is there: {}. It is taken at the next BeginRun, or by 'jt ctl "
                    "recalibrate'",
                    newest->path.string()));
  }
}

Change Live::recalibrate() {
  Change change;
  const std::uint32_t before = status().window.id;
  take_newest(change.words);
  change.ok = status().window.id != before;
  return change;
}

Change Live::change_window(int peak, int delta) {
  const std::lock_guard lock(mutex_);
  if (!window_->calibration) return {false, "there is no calibration in use yet"};
  const int bins = static_cast<int>(window_->calibration->result.average_azav.size());
  if (peak < 0 || (bins > 0 && peak >= bins))
    return {false, fmt::format("peak bin {} is not among the bins 0 to {}", peak, bins - 1)};
  if (delta < 0 || (bins > 0 && delta >= bins))
    return {false, fmt::format("delta {} is not from 0 to {}", delta, bins - 1)};
  auto window = std::make_shared<Window>(*window_);
  window->peak = peak;
  window->delta = delta;
  ++window->id;
  const std::string words = in_words(*window) + ", from the next shot on";
  window_ = std::move(window);
  return {true, words};
}

Change Live::set_peak(int bin) {
  int delta = 0;
  {
    const std::lock_guard lock(mutex_);
    delta = window_->delta;
  }
  return change_window(bin, delta);
}

Change Live::set_delta(int bins) {
  int peak = 0;
  {
    const std::lock_guard lock(mutex_);
    peak = window_->peak;
  }
  return change_window(peak, bins);
}

LiveStatus Live::status() {
  const FeedStatus feed = feed_.status();
  const std::lock_guard lock(mutex_);
  LiveStatus status = status_;
  status.feed = feed;
  status.run = run_;
  status.window = *window_;
  status.waiting = jobs_.size();
  status.workers = static_cast<unsigned>(std::count_if(
      threads_.begin(), threads_.end(), [](const auto& one) { return !one->given_up && !one->ended; }));
  if (newest_time_) status.lag_s = wall_clock_s() - seconds_of(*newest_time_);
  if (newest_seen_) status.newest_age_s = std::chrono::duration<double>(Clock::now() - *newest_seen_).count();
  return status;
}

}  // namespace jt::pipeline
