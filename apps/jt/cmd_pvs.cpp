// `jt pvs`: the PVs of the live process, with meaning and units; records for an IOC, a list for the archiver.
#include <memory>

#include "apps/jt/commands.hpp"
#include "apps/jt/common_options.hpp"
#include "apps/jt/config.hpp"
#include "apps/jt/output.hpp"
#include "apps/jt/words.hpp"
#include "core/errors.hpp"
#include "publish/pv_table.hpp"

namespace jt::app {
namespace {

using publish::PvInfo;

struct Options {
  CommonOptions common;
  bool db = false, archive = false;
};

std::string_view kind_of(const PvInfo& pv) {
  switch (pv.kind) {
    case publish::PvKind::words:
      return "text";
    case publish::PvKind::array:
      return "numbers";
    case publish::PvKind::number:
      break;
  }
  return "number";
}

void print_table(const std::vector<PvInfo>& pvs) {
  Table table({"PV", "kind", "unit", "meaning"});
  for (const PvInfo& pv : pvs)
    table.add({pv.name, std::string(kind_of(pv)), std::string(pv.units), std::string(pv.meaning)});
  print(table.text());
}

nlohmann::ordered_json pvs_json(const std::vector<PvInfo>& pvs) {
  auto list = nlohmann::ordered_json::array();
  for (const PvInfo& pv : pvs)
    list.push_back({{"name", pv.name},
                    {"kind", kind_of(pv)},
                    {"unit", pv.units},
                    {"precision", pv.precision},
                    {"meaning", pv.meaning},
                    {"in_pv_map", pv.in_pv_map}});
  return {{"pvs", std::move(list)}};
}

int run(const Options& options) {
  if (options.db + options.archive + options.common.json > 1)
    throw CallError("--db, --archive and --json are three different outputs", "only one can be printed",
                    "Give one of them?");
  const Config config = config_of(options.common);
  if (!config.hutch) missing_key(config, "hutch", "to name the PVs", "Add it, like hutch: cxi.");
  const std::vector<PvInfo> pvs = publish::pv_table(*config.hutch, config.pv_map);
  if (options.db)
    print(publish::notepad_records(pvs));
  else if (options.archive)
    print(publish::archiver_list(pvs));
  else if (options.common.json)
    print_json(pvs_json(pvs));
  else
    print_table(pvs);
  return 0;
}

Run add(CLI::App& app) {
  auto options = std::make_shared<Options>();
  add_common_options(app, options->common);
  app.add_flag("--db", options->db, "records of the pv_map's PVs, for a notepad IOC");
  app.add_flag("--archive", options->archive, "a list for the archiver: at most one value a second");
  return [options] { return run(*options); };
}

}  // namespace

const Command pvs_command = {
    "pvs", "--cfg FILE [--db|--archive|--json]", "lists the PVs of the live process",
    "Lists the PVs that 'jt live --serve-pvs' serves, with meaning and unit. --db prints records for an IOC "
    "that\n"
    "is to hold the four of pv_map, --archive a list of the numbers for the archiver.",
    add};

}  // namespace jt::app
