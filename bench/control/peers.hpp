// Other ways to find or hold a jet, for comparison: textbook optimisers and a modelled human.
// Of the benchmark only; they stand behind control's interface like the product's strategies.
#pragma once

#include <memory>
#include <string_view>

#include "control/strategy.hpp"
#include "simulator/plant_scenario.hpp"

namespace jt::bench {

// Throws CallError when there is no such strategy (says the nearest) or it is not of this mode.
void check_strategy(std::string_view name, simulator::Mode mode);

// A product's strategy or a peer. `seed` is for peers that draw (gp's first points); same seed, same
// decisions.
std::unique_ptr<control::Strategy> make_any_strategy(std::string_view name, const control::Task& task,
                                                     simulator::Mode mode, std::uint64_t seed);

}  // namespace jt::bench
