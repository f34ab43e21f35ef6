// Peers that hold, or do both: extremum seeking and a modelled human at the arrow keys.
// Behind control's interface, like all of the benchmark's strategies.
#pragma once

#include <memory>

#include "control/strategy.hpp"
#include "simulator/plant_scenario.hpp"

namespace jt::bench {

std::unique_ptr<control::Strategy> make_extremum_seeking(const control::Task& task);
std::unique_ptr<control::Strategy> make_operator(const control::Task& task, simulator::Mode mode);

}  // namespace jt::bench
