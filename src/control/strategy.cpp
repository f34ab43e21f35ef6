#include "control/strategy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "control/hill_climb.hpp"
#include "control/point_search.hpp"
#include "control/probe_and_hold.hpp"
#include "core/errors.hpp"
#include "core/text.hpp"

namespace jt::control {
namespace {

void check(const Task& task) {
  const bool finite = std::isfinite(task.limits.low()) && std::isfinite(task.limits.high()) &&
                      std::isfinite(task.fwhm_um) && std::isfinite(task.start_um);
  if (!finite)
    throw SetupError("limits, width and start must be finite numbers", "they decide where the motor goes",
                     "Set them in the config's limits and jet blocks.");
  if (!(task.fwhm_um > 0))
    throw SetupError("the expected width of the jet is not above zero", "steps are chosen from it",
                     "Set jet.fwhm_um to the width of the signal.");
  if (!(task.limits.width() > 2 * task.axis.resolution_um))
    throw SetupError("there is no room between the limits", "nothing could be searched",
                     "Set limits.low_mm and limits.high_mm further apart.");
  if (!task.limits.contains(task.start_um))
    throw SetupError(fmt::format("the start at {} um is outside the limits", task.start_um),
                     "no move may begin there", "Jog the axis between the limits first.");
}

// Fly Scan needs an axis that can be slow, and 5 readbacks with time stamps on the way across the jet.
Task flying(Task task) {
  if (!task.axis.velocity_control)
    throw SetupError("this axis has no velocity control", "Fly Scan moves slowly while it takes shots",
                     "Use the Adaptive Scan?");
  if (task.axis.readback_rate_hz > 0)
    task.axis.fly_speed_um_s =
        std::min(task.axis.fly_speed_um_s, task.fwhm_um * task.axis.readback_rate_hz / 5);
  return task;
}

}  // namespace

const std::vector<StrategyInfo>& strategies() {
  static const std::vector<StrategyInfo> all{
      {"adaptive", "Adaptive Scan", StrategyKind::search},
      {"fly", "Fly Scan", StrategyKind::search},
      {"basic", "Basic Scan", StrategyKind::search},
      {"ternary", "Ternary Search", StrategyKind::search},
      {"linear-ternary", "Linear + Ternary", StrategyKind::search},
      {"dynamic-linear", "Dynamic Linear Scan", StrategyKind::search},
      {"probe-and-hold", "Probe and Hold", StrategyKind::hold},
      {"hill-climb", "Hill Climb", StrategyKind::hold},
  };
  return all;
}

std::unique_ptr<Strategy> make_strategy(std::string_view name, const Task& task,
                                        const std::optional<Estimate>& known) {
  check(task);
  if (name == "adaptive") return std::make_unique<PointSearch>(name, task, make_adaptive_plan);
  if (name == "fly") return std::make_unique<PointSearch>(name, flying(task), make_fly_plan);
  if (name == "basic") return std::make_unique<PointSearch>(name, task, make_basic_plan);
  if (name == "ternary") return std::make_unique<PointSearch>(name, task, make_ternary_plan);
  if (name == "linear-ternary") return std::make_unique<PointSearch>(name, task, make_linear_ternary_plan);
  if (name == "dynamic-linear") return std::make_unique<PointSearch>(name, task, make_dynamic_linear_plan);
  if (name == "probe-and-hold") return std::make_unique<ProbeAndHold>(task, known);
  if (name == "hill-climb") return std::make_unique<HillClimb>(task);
  std::vector<std::string> names;
  for (const StrategyInfo& info : strategies()) names.push_back(info.name);
  throw CallError(fmt::format("there is no strategy {}", name), "it decides where the motor goes",
                  fmt::format("Did you mean {}?", nearest_first(name, names).front()));
}

}  // namespace jt::control
