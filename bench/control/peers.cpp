#include "peers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "holding_peers.hpp"
#include "optimisers.hpp"

namespace jt::bench {
namespace {

using simulator::Mode;

struct Name {
  std::string name;
  bool searches, holds;
};

std::vector<Name> all_names() {
  std::vector<Name> names;
  for (const control::StrategyInfo& info : control::strategies()) {
    const bool searches = info.kind == control::StrategyKind::search;
    names.push_back({info.name, searches, !searches});
  }
  names.push_back({"golden", true, false});
  names.push_back({"nelder-mead", true, false});
  names.push_back({"gp", true, false});
  names.push_back({"extremum-seeking", false, true});
  names.push_back({"operator", true, true});
  return names;
}

}  // namespace

void check_strategy(std::string_view name, Mode mode) {
  std::vector<std::string> known;
  std::vector<std::string> fitting;
  for (const Name& each : all_names()) {
    const bool fits = mode == Mode::acquire ? each.searches : each.holds;
    if (each.name == name && fits) return;
    known.push_back(each.name);
    if (fits) fitting.push_back(each.name);
  }
  const bool other_mode = std::find(known.begin(), known.end(), name) != known.end();
  const std::string does = mode == Mode::acquire ? "search" : "hold";
  throw CallError(other_mode ? fmt::format("{} does not {} a jet", name, does)
                             : fmt::format("there is no strategy {}", name),
                  other_mode ? "the mode asks for it" : "nothing can be decided without one",
                  fmt::format("Did you mean {}? There are {}.", nearest_first(name, fitting).front(),
                              list_in_words(fitting)));
}

std::unique_ptr<control::Strategy> make_any_strategy(std::string_view name, const control::Task& task,
                                                     Mode mode, std::uint64_t seed) {
  if (name == "golden") return make_golden(task);
  if (name == "nelder-mead") return make_nelder_mead(task);
  if (name == "gp") return make_gp(task, seed);
  if (name == "extremum-seeking") return make_extremum_seeking(task);
  if (name == "operator") return make_operator(task, mode);
  return control::make_strategy(name, task);
}

}  // namespace jt::bench
