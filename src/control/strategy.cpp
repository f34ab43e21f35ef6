#include "control/strategy.hpp"

#include <fmt/format.h>

#include "core/errors.hpp"

namespace jt::control {

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

std::unique_ptr<Strategy> make_strategy(std::string_view name, const Task&, const std::optional<Estimate>&) {
  throw CallError(fmt::format("no strategy is called {}", name), "nothing can be decided without one",
                  "See `jt align --help` for the names.");
}

}  // namespace jt::control
