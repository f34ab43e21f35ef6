// Stop 3 of a traced shot: the same reduce_shot that calibrate and live walk, with the run's own calibration.
// Used by shot_trace.cpp.
#pragma once

#include "apps/jt/shot_trace.hpp"

namespace jt::app {

// Reduces the shot as far as config and calibration tell how; else says why not.
TracedReduction trace_reduction(const ChosenRun& chosen, const Config& config,
                                const formats::RunDescription& run, const formats::Event& event);

}  // namespace jt::app
