// One interface for all that decide: observation in, decision and reason out, time is an argument.
// Stop 8 of the walk; the loop, the benchmark, the tests and `jt replay` call it in the same way.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/decision.hpp"
#include "control/observation.hpp"
#include "control/settings.hpp"

namespace jt::control {

// The rules of every strategy:
//   targets are finite and inside the limits; none is given without fresh shots but `step_back` and
//   `return_to_start`; `stop` and `finished` are final; the same settings and observations give the
//   same decisions; nothing is kept outside `save()`.
// `step` may be called as often as the loop likes, with no new shots too; `now` never goes back.
class Strategy {
 public:
  virtual ~Strategy() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual Decision step(const Observation& seen, Seconds now) = 0;

  // The whole state as one line of text, and back: `restore(save())` decides as this one would.
  // restore throws SetupError when the text is not a state of this strategy.
  [[nodiscard]] virtual std::string save() const = 0;
  virtual void restore(std::string_view state) = 0;
};

enum class StrategyKind { search, hold };

struct StrategyInfo {
  std::string name;   // as --strategy spells it: adaptive, fly, basic, ternary, linear-ternary, ...
  std::string title;  // as the operators know it: "Adaptive Scan"
  StrategyKind kind = StrategyKind::search;
};

// All strategies of the product, defaults first of their kind.
const std::vector<StrategyInfo>& strategies();

// Throws CallError on an unknown name (names the nearest) and SetupError on a task that cannot work
// (no room between the limits, no width, start outside the limits). `known` is what a search has
// verified on this jet, for those that hold.
std::unique_ptr<Strategy> make_strategy(std::string_view name, const Task& task,
                                        const std::optional<Estimate>& known = std::nullopt);

}  // namespace jt::control
