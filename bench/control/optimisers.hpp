// Textbook optimisers as peers: golden section, Nelder-Mead in one dimension, Gaussian process.
// They make points for PointPeer (point_peer.hpp).
#pragma once

#include <cstdint>
#include <memory>

#include "control/strategy.hpp"

namespace jt::bench {

std::unique_ptr<control::Strategy> make_golden(const control::Task& task);
std::unique_ptr<control::Strategy> make_nelder_mead(const control::Task& task);
std::unique_ptr<control::Strategy> make_gp(const control::Task& task, std::uint64_t seed);

}  // namespace jt::bench
