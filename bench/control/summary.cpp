#include "summary.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

namespace jt::bench {
namespace {

using control::Outcome;
using simulator::Mode;
using Json = nlohmann::ordered_json;

constexpr double success_overlap = 0.95;
constexpr double on_the_jet_overlap = 0.5;  // "found" with less than this is a false find

// Words on standard error: at once on a terminal, every 10 s in a log.
class Progress {
 public:
  Progress(const Call& call) : call_(call), terminal_(isatty(STDERR_FILENO) != 0) {}
  void done(std::uint64_t count) {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    const double every = terminal_ ? 0.2 : 10;
    const bool last = count == call_.trials;
    if (std::chrono::duration<double>(now - shown_).count() < every && !(last && spoke_)) return;
    shown_ = now;
    spoke_ = true;
    fmt::print(stderr, "{}{} {} {}: {} of {} trials{}", terminal_ ? "\r" : "", call_.preset, call_.scenario,
               call_.strategy, count, call_.trials, terminal_ && !last ? "" : "\n");
    std::fflush(stderr);
  }

 private:
  const Call& call_;
  bool terminal_, spoke_ = false;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point shown_ = std::chrono::steady_clock::now();
};

// Linear between the order statistics; null for no values.
Json quantile(std::vector<double> values, double q) {
  if (values.empty()) return nullptr;
  std::sort(values.begin(), values.end());
  const double at = q * static_cast<double>(values.size() - 1);
  const auto index = static_cast<std::size_t>(at);
  const std::size_t next = std::min(index + 1, values.size() - 1);
  const double part = at - static_cast<double>(index);
  return values[index] * (1 - part) + values[next] * part;
}

template <class Value>
std::vector<double> collect(std::span<const TrialResult> results, Value value) {
  std::vector<double> all;
  for (const TrialResult& each : results)
    if (const std::optional<double> v = value(each)) all.push_back(*v);
  return all;
}

Json mean(const std::vector<double>& values) {
  if (values.empty()) return nullptr;
  double sum = 0;
  for (double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

Json rms(std::vector<double> values) {
  if (values.empty()) return nullptr;
  for (double& v : values) v *= v;
  return std::sqrt(mean(values).get<double>());
}

Json largest(const std::vector<double>& values) {
  return values.empty() ? Json() : Json(*std::max_element(values.begin(), values.end()));
}

double as_fraction(bool yes) { return yes ? 1 : 0; }

bool found(const TrialResult& r) { return r.outcome == Outcome::found; }

void add_acquire(Json& out, const World& world, std::span<const TrialResult> results, bool jet) {
  const auto fraction = [&](auto test) {
    return mean(collect(results, [&](const TrialResult& r) { return std::optional(as_fraction(test(r))); }));
  };
  out["success"] = fraction([](const TrialResult& r) { return found(r) && r.overlap >= success_overlap; });
  out["found"] = fraction(found);
  out["false_found"] =
      fraction([](const TrialResult& r) { return found(r) && r.overlap < on_the_jet_overlap; });
  if (jet)
    out["rms_um"] = rms(collect(results, [](const TrialResult& r) { return std::optional(r.error_um); }));
  const auto times = collect(
      results, [](const TrialResult& r) { return r.outcome ? std::optional(r.time_s) : std::nullopt; });
  out["t50_s"] = quantile(times, 0.5);
  out["t95_s"] = quantile(times, 0.95);
  out["shots_median"] = quantile(
      collect(results, [](const TrialResult& r) { return std::optional(static_cast<double>(r.shots)); }),
      0.5);
  out["moves_median"] = quantile(
      collect(results, [](const TrialResult& r) { return std::optional(static_cast<double>(r.moves)); }),
      0.5);
  // the bound of the very shots that were taken, and how far the estimates are above it
  const auto bounds = collect(results, [](const TrialResult& r) {
    const bool counts = found(r) && r.overlap >= on_the_jet_overlap && r.information > 0;
    return counts ? std::optional(1 / std::sqrt(r.information)) : std::nullopt;
  });
  out["bound"] = jet ? rms(bounds) : Json();
  const auto errors = collect(results, [](const TrialResult& r) {
    const bool counts = r.overlap >= on_the_jet_overlap && r.information > 0;
    return counts ? r.estimate_error_um : std::nullopt;
  });
  if (jet && !errors.empty() && !bounds.empty())
    out["crb_ratio"] = rms(errors).get<double>() / rms(bounds).get<double>();
  out["shot_bound_um"] = 1 / std::sqrt(world.information->best());
  out["back_at_start"] = mean(collect(results, [](const TrialResult& r) {
    return r.back_at_start ? std::optional(as_fraction(*r.back_at_start)) : std::nullopt;
  }));
  out["step_back_shots_max"] = largest(collect(results, [](const TrialResult& r) {
    return r.shots_above_ceiling ? std::optional(static_cast<double>(*r.shots_above_ceiling)) : std::nullopt;
  }));
  const auto ended = [&](Outcome o) {
    return fraction([o](const TrialResult& r) { return r.outcome == o; });
  };
  for (int i = 0; i < static_cast<int>(Outcome::count_); ++i) {
    const auto outcome = static_cast<Outcome>(i);
    out["outcomes"][std::string(control::name(outcome))] = ended(outcome);
  }
}

bool counts_moves_in_loss(const std::string& scenario) {
  for (const char* each : {"beamloss", "beamloss-unflagged", "rampdown", "picker", "jetstop"})
    if (scenario == each) return true;
  return false;
}

void add_track(Json& out, const Call& call, const World& world, std::span<const TrialResult> results) {
  const auto overlaps = collect(results, [](const TrialResult& r) { return std::optional(r.overlap_mean); });
  out["overlap_mean"] = mean(overlaps);
  out["overlap_p5"] = quantile(overlaps, 0.05);
  const simulator::PlantSettings& p = call.plant;
  if (p.drift > 0 && p.walk_um_sqrt_s > 0) {
    const double shots_per_s = p.rate_hz * p.shot_fraction * (1 - p.dropped);
    const double bound =
        tracking_bound(*world.profiles, *world.information, p.walk_um_sqrt_s, shots_per_s).overlap;
    out["bound"] = bound;
    const AxisLimits axis{p.resolution_um, p.command_s + p.accel_s + p.settle_s,
                          call.control.max_moves_per_min};
    out["axis_bound"] =
        tracking_bound_with_axis(*world.profiles, *world.information, p.walk_um_sqrt_s, shots_per_s, axis);
    out["loss_over_bound"] = (1 - out["overlap_mean"].get<double>()) / (1 - bound);
  }
  if (p.jump_s >= 0) {
    const auto times = collect(results, [](const TrialResult& r) { return r.recovered_s; });
    out["recovered"] = static_cast<double>(times.size()) / static_cast<double>(results.size());
    out["recover_t50_s"] = quantile(times, 0.5);
    out["recover_t95_s"] = quantile(times, 0.95);
  }
  const double minutes = 5;
  out["moves_per_min"] = mean(collect(
      results, [&](const TrialResult& r) { return std::optional(static_cast<double>(r.moves) / minutes); }));
  out["travel_um_per_min"] =
      mean(collect(results, [&](const TrialResult& r) { return std::optional(r.travel_um / minutes); }));
  if (counts_moves_in_loss(call.scenario)) {
    const auto in_loss = collect(results, [](const TrialResult& r) {
      return std::optional(static_cast<double>(r.decisions_in_loss));
    });
    out["moves_in_loss_mean"] = mean(in_loss);
    out["moves_in_loss_max"] = largest(in_loss);
  }
}

}  // namespace

std::vector<TrialResult> run_trials(const Call& call, const World& world) {
  std::vector<TrialResult> results(call.trials);
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> finished{0};
  std::exception_ptr problem;
  std::mutex problem_mutex;
  Progress progress(call);
  const auto work = [&] {
    try {
      for (std::uint64_t trial = next++; trial < call.trials; trial = next++) {
        results[trial] = run_trial(call, world, trial);
        progress.done(++finished);
      }
    } catch (...) {
      const std::lock_guard lock(problem_mutex);
      problem = std::current_exception();
      next = call.trials;
    }
  };
  const unsigned cores = call.threads > 0 ? call.threads : std::max(1U, std::thread::hardware_concurrency());
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < cores; ++i) threads.emplace_back(work);
  }
  if (problem) std::rethrow_exception(problem);
  return results;
}

Json summary(const Call& call, const World& world, std::span<const TrialResult> results) {
  Json out;
  out["preset"] = call.preset;
  out["scenario"] = call.scenario;
  out["strategy"] = call.strategy;
  out["trials"] = call.trials;
  out["seed"] = call.seed;
  for (const char* key : {"success",
                          "found",
                          "false_found",
                          "rms_um",
                          "t50_s",
                          "t95_s",
                          "shots_median",
                          "moves_median",
                          "crb_ratio",
                          "overlap_mean",
                          "overlap_p5",
                          "loss_over_bound",
                          "bound",
                          "recovered",
                          "recover_t50_s",
                          "recover_t95_s",
                          "moves_per_min",
                          "travel_um_per_min",
                          "moves_in_loss_mean",
                          "moves_in_loss_max",
                          "limit_violations",
                          "cause_right",
                          "mode",
                          "shot_bound_um",
                          "axis_bound",
                          "back_at_start",
                          "step_back_shots_max",
                          "outcomes"})
    out[key] = nullptr;
  out["mode"] = call.mode == Mode::acquire ? "acquire" : "track";
  if (call.mode == Mode::acquire)
    add_acquire(out, world, results, call.plant.jet_present != 0);
  else
    add_track(out, call, world, results);
  std::uint64_t violations = 0;
  for (const TrialResult& each : results) violations += each.limit_violations;
  out["limit_violations"] = violations;
  out["cause_right"] = mean(collect(results, [](const TrialResult& r) {
    return r.cause_right ? std::optional(as_fraction(*r.cause_right)) : std::nullopt;
  }));
  return out;
}

Json trial_line(const Call& call, const TrialResult& r) {
  Json out;
  const auto maybe = [](const auto& value) { return value ? Json(*value) : Json(); };
  out["moves"] = r.moves;
  out["travel_um"] = r.travel_um;
  out["limit_violations"] = r.limit_violations;
  out["cause_right"] = maybe(r.cause_right);
  if (call.mode == Mode::acquire) {
    out["outcome"] = r.outcome ? Json(std::string(control::name(*r.outcome))) : Json();
    out["time_s"] = r.time_s;
    out["shots"] = r.shots;
    out["error_um"] = r.error_um;
    out["overlap"] = r.overlap;
    out["estimate_error_um"] = maybe(r.estimate_error_um);
    out["bound_um"] = r.information > 0 ? Json(1 / std::sqrt(r.information)) : Json();
    out["shots_above_ceiling"] = maybe(r.shots_above_ceiling);
    out["back_at_start"] = maybe(r.back_at_start);
  } else {
    out["overlap_mean"] = r.overlap_mean;
    out["recovered_s"] = maybe(r.recovered_s);
    out["decisions_in_loss"] = r.decisions_in_loss;
  }
  return out;
}

std::string in_words(const Json& summary) {
  std::string words;
  for (const auto& [key, value] : summary.items()) {
    if (value.is_null()) continue;
    const std::string shown = value.is_number_float() ? fmt::format("{:.5g}", value.get<double>())
                              : value.is_string()     ? value.get<std::string>()
                                                      : value.dump();
    words += fmt::format("{:<22} {}\n", key, shown);
  }
  return words;
}

}  // namespace jt::bench
