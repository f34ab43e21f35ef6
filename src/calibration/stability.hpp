// Did a quantity drift or jump within the run? Asked of i0 and of the ring, for the verdict.
// At the end of the walk, over the used shots in time order; pure.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace jt::calibration {

struct Change {
  enum class Kind { drift, jump } kind = Kind::drift;
  double relative = 0;   // from the first shot to the last (drift) or across the jump, over the mean
  std::size_t shot = 0;  // jump: index of the first shot after it
};

// The change that explains the values best (a straight line or one step), when it is larger than 10 % of the
// mean and than 6 of its standard errors. Needs at least 20 finite values.
std::optional<Change> find_change(std::span<const double> values);

// "i0 jumped by -31 % at used shot 512"
std::string in_words(const Change& change, const std::string& what);

}  // namespace jt::calibration
