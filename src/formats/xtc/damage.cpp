#include "formats/xtc/damage.hpp"

#include "formats/xtc/bld.hpp"

namespace jt::formats::xtc {

std::optional<Refusal> damage_cause(std::uint32_t word) {
  if (word == 0) return std::nullopt;
  if ((word & damage::dropped) != 0) return Refusal::dropped_contribution;
  if ((word & damage::incomplete) != 0) return Refusal::incomplete_contribution;
  if ((word & damage::uninitialized) != 0) return Refusal::uninitialized;
  if ((word & damage::out_of_order) != 0) return Refusal::out_of_order;
  if ((word & damage::out_of_synch) != 0) return Refusal::out_of_synch;
  if ((word & (damage::user | damage::user_byte)) != 0) return Refusal::user_damage;
  if ((word & damage::contains_incomplete) != 0) return Refusal::contains_incomplete;
  return Refusal::unknown_damage;
}

std::optional<Refusal> refused_configuration(const XtcHeader& leaf) { return damage_cause(leaf.damage); }

bool is_kept_with_user_damage(const XtcHeader& leaf) {
  return leaf.type.id() == type_ebeam && (leaf.damage & damage::user) != 0 &&
         (leaf.damage & ~(damage::user | damage::user_byte)) == 0;
}

std::optional<Refusal> refused_contribution(const XtcHeader& leaf) {
  if (is_kept_with_user_damage(leaf)) return std::nullopt;
  return damage_cause(leaf.damage);
}

}  // namespace jt::formats::xtc
