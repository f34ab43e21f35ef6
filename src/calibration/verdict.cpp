#include "calibration/verdict.hpp"

#include <fmt/format.h>

namespace jt::calibration {

Judgement judge(const Evidence& e) {
  Judgement judgement;
  auto& reasons = judgement.reasons;
  if (!e.is_ring)
    reasons.push_back(fmt::format("no ring: the contrast is {:.1f} standard errors, a ring needs {:.0f}",
                                  e.contrast, contrast_of_a_ring));
  if (e.used < few_shots)
    reasons.push_back(fmt::format("few shots: {} used, {} are wanted", e.used, few_shots));
  if (e.is_ring && !e.fit_ok) reasons.push_back("the peak fit failed: the brightest bin of the ring is used");
  if (e.window_clipped) reasons.push_back("the window is clipped at the end of the profile");
  if (e.is_ring && e.contrast < contrast_of_a_clear_ring)
    reasons.push_back(fmt::format("low contrast: {:.1f} standard errors", e.contrast));
  if (e.i0_change) reasons.push_back(in_words(*e.i0_change, "i0"));
  if (e.ring_change) reasons.push_back(in_words(*e.ring_change, "the ring"));
  if (e.saturated_fraction > much_saturated)
    reasons.push_back(fmt::format("saturated pixels: {:.2g} % of the good ones", 100 * e.saturated_fraction));
  if (static_cast<double>(e.damaged) > many_damaged * static_cast<double>(e.with_code))
    reasons.push_back(fmt::format("many shots damaged: {} of {}", e.damaged, e.with_code));

  judgement.verdict = !e.is_ring ? Verdict::bad : reasons.empty() ? Verdict::good : Verdict::check;
  return judgement;
}

}  // namespace jt::calibration
