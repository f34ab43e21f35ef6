#include "calibration/result.hpp"

namespace jt::calibration {

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::good:
      return "good";
    case Verdict::check:
      return "check";
    case Verdict::bad:
      break;
  }
  return "bad";
}

}  // namespace jt::calibration
