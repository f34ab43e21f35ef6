#include "sources/run_files.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <system_error>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "sources/file_name.hpp"

namespace jt::sources {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t names_shown = 5;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

[[noreturn]] void cannot_look_into(const fs::path& folder, const std::error_code& error) {
  throw SetupError(fmt::format("cannot look into {}", folder.string()), error.message(),
                   "Does your account belong to the experiment's group?");
}

// Names of what lies in a folder, sorted.
std::vector<std::string> names_in(const fs::path& folder) {
  std::error_code error;
  std::vector<std::string> names;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error))
    names.push_back(entry->path().filename().string());
  if (error) cannot_look_into(folder, error);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> folders_in(const fs::path& folder) {
  std::vector<std::string> names = names_in(folder);
  std::erase_if(names, [&](const std::string& name) { return !is_folder(folder / name); });
  return names;
}

// The spelling of `wanted` in `folder`: as it is, else in another letter case.
std::optional<std::string> spelt_in(const fs::path& folder, const std::string& wanted) {
  if (is_folder(folder / wanted)) return wanted;
  for (const std::string& name : folders_in(folder))
    if (lower(name) == lower(wanted)) return name;
  return std::nullopt;
}

std::string nearest_in_words(const std::string& wanted, const std::vector<std::string>& there) {
  std::vector<std::string> nearest = nearest_first(wanted, there);
  nearest.resize(std::min(nearest.size(), names_shown));
  return list_in_words(nearest);
}

// A folder of one name in another, or a sentence that names the nearest there are.
std::string find_folder(const fs::path& folder, const std::string& wanted, const std::string& what) {
  if (auto spelling = spelt_in(folder, wanted)) return *spelling;
  throw SetupError(fmt::format("no {} {} in {}", what, wanted, folder.string()),
                   fmt::format("there are: {}", nearest_in_words(wanted, folders_in(folder))),
                   fmt::format("Is the {}'s name spelt right?", what));
}

std::string in_words(const std::vector<fs::path>& paths) {
  std::vector<std::string> texts;
  for (const fs::path& path : paths) texts.push_back(path.string());
  return list_in_words(texts);
}

std::optional<fs::path> first_there(const std::vector<fs::path>& paths) {
  const auto found = std::find_if(paths.begin(), paths.end(), is_folder);
  return found == paths.end() ? std::nullopt : std::optional(*found);
}

fs::path existing(const fs::path& root, const char* said_by) {
  if (is_folder(root)) return root;
  throw SetupError(fmt::format("no folder {}", root.string()),
                   fmt::format("{} names it as the place of the data", said_by),
                   "Is it mounted on this machine?");
}

std::optional<fs::path> data_root_if_any(const Places& places) {
  if (!places.data_root.empty()) return existing(places.data_root, "--data-root");
  if (!places.sit_psdm_data.empty()) return existing(places.sit_psdm_data, "SIT_PSDM_DATA");
  return first_there(places.known_data_roots);
}

bool reads_from_ffb(const Places& places) {
  return places.ffb && (places.data_root.empty() || !places.ffb_root.empty());
}

fs::path ffb_root(const Places& places) {
  if (!places.ffb_root.empty()) return existing(places.ffb_root, "--ffb-root");
  if (auto root = first_there(places.known_ffb_roots)) return *root;
  throw SetupError(
      "no fast buffer (FFB) on this machine",
      fmt::format("`ffb: true` reads from it; none of {} exists", in_words(places.known_ffb_roots)),
      "Set `ffb: false`, or say --ffb-root or --data-root?");
}

// <root>/<hutch>/<experiment>/xtc, each part as it is spelt there.
fs::path find_xtc(const fs::path& root, ExperimentFolders& names) {
  names.hutch = find_folder(root, names.hutch, "hutch");
  names.experiment = find_folder(root / names.hutch, names.experiment, "experiment");
  const fs::path folder = root / names.hutch / names.experiment / "xtc";
  std::error_code error;
  if (fs::is_directory(folder, error)) return folder;
  if (error == std::errc::permission_denied) cannot_look_into(folder.parent_path(), error);
  throw SetupError(fmt::format("no folder {}", folder.string()), "recorded runs lie there",
                   "Has the experiment recorded anything, or have its files been moved to tape?");
}

}  // namespace

fs::path data_root(const Places& places) {
  if (auto root = data_root_if_any(places)) return *root;
  throw SetupError("no data root", fmt::format("none of {} exists", in_words(places.known_data_roots)),
                   "Say --data-root DIR, or set SIT_PSDM_DATA?");
}

ExperimentFolders find_experiment(const Places& places, const std::string& hutch,
                                  const std::string& experiment) {
  if (experiment.empty())
    throw CallError("no experiment is named", "a run's folder cannot be found without", "Say --exp NAME?");
  ExperimentFolders found{hutch.empty() ? lower(experiment.substr(0, 3)) : hutch, experiment, {}, {}};
  if (!reads_from_ffb(places)) {
    const fs::path root = data_root(places);
    found.xtc = find_xtc(root, found);
    found.folder = root / found.hutch / found.experiment;
    return found;
  }
  found.xtc = find_xtc(ffb_root(places), found);
  if (const auto root = data_root_if_any(places)) {
    const std::string hutch_there = spelt_in(*root, found.hutch).value_or(found.hutch);
    found.folder = *root / hutch_there / found.experiment;
  }
  return found;
}

namespace {

struct RecordedFile {
  std::string name;
  FileName parsed;
};

// The recorded files of an experiment: both forms of names.
std::vector<RecordedFile> recorded_files(const ExperimentFolders& place) {
  std::vector<RecordedFile> files;
  for (const std::string& name : names_in(place.xtc)) {
    auto parsed = parse_file_name(name);
    if (!parsed) continue;
    const std::string& prefix = parsed->prefix;
    const bool by_number =
        prefix.size() > 1 && prefix[0] == 'e' &&
        std::all_of(prefix.begin() + 1, prefix.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (by_number || lower(prefix) == lower(place.experiment)) files.push_back({name, *parsed});
  }
  return files;
}

std::string runs_near(RunNumber wanted, std::vector<RunNumber> runs) {
  std::stable_sort(runs.begin(), runs.end(), [&](RunNumber a, RunNumber b) {
    return std::abs(a.value - wanted.value) < std::abs(b.value - wanted.value);
  });
  runs.resize(std::min(runs.size(), names_shown));
  std::sort(runs.begin(), runs.end());
  std::vector<std::string> texts;
  for (const RunNumber run : runs) texts.push_back(std::to_string(run.value));
  return list_in_words(texts);
}

[[noreturn]] void no_such_run(const ExperimentFolders& place, RunNumber run) {
  const auto runs = runs_in(place);
  if (runs.empty())
    throw SetupError(fmt::format("no recorded runs in {}", place.xtc.string()),
                     fmt::format("run {} was asked for", run.value), "Have its files been moved to tape?");
  throw SetupError(fmt::format("no run {} of {} in {}", run.value, place.experiment, place.xtc.string()),
                   fmt::format("there are {} runs, near it: {}", runs.size(), runs_near(run, runs)),
                   "Is the run still being copied here?");
}

void sort_and_check(std::vector<RunFile>& files) {
  const auto key = [](const RunFile& file) { return std::pair(file.stream, file.chunk); };
  // A finished file stands before an unfinished one of the same chunk, and is the one that is taken.
  std::stable_sort(files.begin(), files.end(), [&](const RunFile& a, const RunFile& b) {
    return std::tuple(a.stream, a.chunk, a.in_progress) < std::tuple(b.stream, b.chunk, b.in_progress);
  });
  files.erase(std::unique(files.begin(), files.end(),
                          [&](const RunFile& a, const RunFile& b) { return key(a) == key(b); }),
              files.end());
}

}  // namespace

std::vector<RunNumber> runs_in(const ExperimentFolders& place) {
  std::set<RunNumber> runs;
  for (const RecordedFile& file : recorded_files(place)) runs.insert({file.parsed.run});
  return {runs.begin(), runs.end()};
}

RunFiles find_run(const ExperimentFolders& place, RunNumber run) {
  RunFiles found{run, {}, {}};
  std::set<std::string> prefixes;
  for (const auto& [name, parsed] : recorded_files(place)) {
    if (parsed.run != run.value) continue;
    prefixes.insert(parsed.prefix);
    const fs::path path = place.xtc / name;
    found.files.push_back({path, index_path(path), parsed.stream, parsed.chunk, parsed.in_progress});
  }
  if (found.files.empty()) no_such_run(place, run);
  if (prefixes.size() > 1)
    throw SetupError(fmt::format("run {} has files of two names in {}", run.value, place.xtc.string()),
                     fmt::format("{}; which are the run's cannot be told",
                                 list_in_words(std::vector(prefixes.begin(), prefixes.end()))),
                     "Name the files themselves?");
  found.prefix = *prefixes.begin();
  sort_and_check(found.files);
  return found;
}

std::vector<RunFile> new_streams_of(const RunFiles& run) {
  std::vector<RunFile> files;
  if (run.prefix.empty() || run.files.empty()) return files;
  const fs::path folder = run.files.front().path.parent_path();
  for (const std::string& name : names_in(folder)) {
    const auto parsed = parse_file_name(name);
    if (!parsed || parsed->prefix != run.prefix || parsed->run != run.run.value) continue;
    const auto known = std::find_if(run.files.begin(), run.files.end(),
                                    [&](const RunFile& file) { return file.stream == parsed->stream; });
    if (known == run.files.end())
      files.push_back(
          {folder / name, index_path(folder / name), parsed->stream, parsed->chunk, parsed->in_progress});
  }
  sort_and_check(files);
  return files;
}

namespace {

// The file that an index stands for: one folder up, without ".smd".
fs::path file_of(const fs::path& path) {
  const std::string name = path.filename().string();
  constexpr std::string_view ending = ".smd.xtc";
  if (!std::string_view(name).ends_with(ending)) return path;
  const fs::path folder = fs::absolute(path).parent_path().parent_path();
  return folder / (name.substr(0, name.size() - ending.size()) + ".xtc");
}

void must_be_there(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found)
    throw SetupError(fmt::format("no file {}", path.string()), "it was to be read",
                     "Is the path spelt right?");
  if (error) cannot_look_into(path, error);
  if (fs::is_directory(status))
    throw CallError(fmt::format("{} is a folder", path.string()), "files ending in .xtc are read",
                    "Name the files in it?");
}

}  // namespace

RunFiles run_of_paths(std::span<const fs::path> paths) {
  RunFiles run;
  std::set<std::pair<std::string, int>> runs;
  std::uint32_t nameless = 0;
  for (const fs::path& given : paths) {
    const fs::path path = file_of(given);
    must_be_there(path);
    if (const auto name = parse_file_name(path.filename().string())) {
      runs.emplace(name->prefix, name->run);
      run.files.push_back({path, index_path(path), name->stream, name->chunk, name->in_progress});
      run.run = {name->run};
      run.prefix = name->prefix;
    } else {
      run.files.push_back({path, index_path(path), nameless++, 0, false});
    }
  }
  if (paths.empty()) throw CallError("no file is named", "there is nothing to read", "Name .xtc files?");
  const std::size_t named = run.files.size();
  sort_and_check(run.files);
  if (runs.size() > 1 || (!runs.empty() && nameless != 0) || run.files.size() != named)
    throw CallError("these files are not one run",
                    "they are merged as the streams of one run, each stream and chunk once",
                    "Name the files of one run only?");
  return run;
}

}  // namespace jt::sources
