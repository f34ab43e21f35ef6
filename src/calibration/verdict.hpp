// Can the result be used? good, check or bad, with the reasons in words.
// The last thing a calibration decides; it stands first in the result, the summary and the report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "calibration/result.hpp"
#include "calibration/ring_finder.hpp"
#include "calibration/stability.hpp"

namespace jt::calibration {

struct Evidence {
  bool is_ring = false;
  bool fit_ok = false;
  bool window_clipped = false;
  double contrast = 0;
  std::uint64_t with_code = 0;
  std::uint64_t used = 0;
  std::uint64_t damaged = 0;      // shots with the code lost for damage or a missing contribution
  double saturated_fraction = 0;  // of the good pixels of the used shots
  std::optional<Change> i0_change;
  std::optional<Change> ring_change;
};

inline constexpr std::uint64_t few_shots = 30;
inline constexpr double many_damaged = 0.05;    // of the shots with the code
inline constexpr double much_saturated = 1e-4;  // of the good pixels

struct Judgement {
  Verdict verdict = Verdict::bad;
  std::vector<std::string> reasons;
};
// bad: there is no ring, so the window means nothing. check: usable, with something to look at. good:
// nothing.
Judgement judge(const Evidence& evidence);

}  // namespace jt::calibration
