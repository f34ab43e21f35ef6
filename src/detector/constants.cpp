#include "detector/constants.hpp"

#include <fmt/format.h>

#include "core/errors.hpp"
#include "detector/cache.hpp"
#include "detector/file_bytes.hpp"
#include "detector/text_array.hpp"

namespace jt::detector {

namespace {

// From the cache when it still tells of the same file, else from the text, which is then cached. The identity
// is taken before and after: a file that is being replaced is not cached.
template <class T>
Array<T> read_array(const std::filesystem::path& file, const std::filesystem::path& cache) {
  const FileIdentity before = identify(file);
  if (auto cached = read_cached<T>(cache, before)) return std::move(*cached);
  Array<T> array;
  {
    const FileBytes text = read_file(file);
    array = parse_text_array<T>(text.text());
  }
  constexpr std::uint64_t worth_caching = 100'000;  // bytes: smaller texts are read as fast
  if (before.size >= worth_caching && identify(file) == before) write_cached(cache, before, array);
  return array;
}

std::string needed_in_words(Shape shape, std::size_t ranges) {
  std::vector<std::size_t> dims;
  if (ranges > 1) dims.push_back(ranges);
  if (shape.panels > 1 || ranges > 1) dims.push_back(shape.panels);
  dims.push_back(shape.rows);
  dims.push_back(shape.cols);
  return shape_in_words(dims);
}

void copy_words(Mask& mask, Mask other) {
  if (mask.empty())
    mask = std::move(other);
  else
    combine(mask, other);
}

}  // namespace

Constants::Constants(RunPlace place)
    : place_(std::move(place)), store_(place_.calibration_folder, place_.source) {}

void Constants::refuse(Constant constant, const std::filesystem::path& file,
                       const std::string& reason) const {
  throw SetupError(fmt::format("the {} file {} cannot be used: {}", name(constant), file.string(), reason),
                   fmt::format("needed to calibrate {} in run {}", place_.name, place_.run.value),
                   "Deploy this file again?");
}

template <class T>
std::optional<std::vector<T>> Constants::read(Constant constant, Shape shape, std::size_t fewest,
                                              std::size_t most) {
  const auto file = store_.find(constant, place_.run);
  if (!file) return std::nullopt;
  Array<T> array;
  try {
    array = read_array<T>(*file, place_.cache_folder);
  } catch (const Unreadable& reason) {
    refuse(constant, *file, reason.what());
  }
  const std::size_t count = array.values.size(), pixels = shape.pixels();
  if (count % pixels != 0 || count / pixels < fewest || count / pixels > most)
    throw SetupError(
        fmt::format("the {} file {} holds {} numbers", name(constant), file->string(),
                    shape_in_words(array.shape)),
        fmt::format("{} in run {} needs {}", place_.name, place_.run.value, needed_in_words(shape, most)),
        "Is it cut short, or made for another detector? Deploy the right one?");
  files_.push_back(file->string());
  return std::move(array.values);
}
template std::optional<std::vector<float>> Constants::read(Constant, Shape, std::size_t, std::size_t);
template std::optional<std::vector<std::uint8_t>> Constants::read(Constant, Shape, std::size_t, std::size_t);
template std::optional<std::vector<std::uint16_t>> Constants::read(Constant, Shape, std::size_t, std::size_t);
template std::optional<std::vector<std::uint64_t>> Constants::read(Constant, Shape, std::size_t, std::size_t);

namespace {

[[noreturn]] void no_pedestals(const RunPlace& place, const CalibrationStore& store) {
  throw SetupError(fmt::format("no pedestals for run {} in {}", place.run.value,
                               store.folder(Constant::pedestals).string()),
                   fmt::format("needed to calibrate {}", place.name),
                   "Take a dark run and deploy its pedestals, valid from this run or an earlier one?");
}

}  // namespace

void require_deployed_pedestals(const RunPlace& place) {
  const CalibrationStore store(place.calibration_folder, place.source);
  if (!store.find(Constant::pedestals, place.run)) no_pedestals(place, store);
}

std::vector<float> Constants::require_pedestals(Shape shape, std::size_t ranges) {
  auto pedestals = read<float>(Constant::pedestals, shape, ranges, ranges);
  if (!pedestals) no_pedestals(place_, store_);
  return std::move(*pedestals);
}

std::optional<std::vector<double>> Constants::read_common_mode() {
  const auto file = store_.find(Constant::common_mode, place_.run);
  if (!file) return std::nullopt;
  try {
    auto numbers = read_array<double>(*file, {}).values;
    files_.push_back(file->string());
    return numbers;
  } catch (const Unreadable& reason) {
    refuse(Constant::common_mode, *file, reason.what());
  }
}

std::optional<PixelPositions> Constants::read_geometry(Shape shape) {
  const auto file = store_.find(Constant::geometry, place_.run);
  if (!file) return std::nullopt;
  std::vector<GeometryLine> lines;
  Shape described;
  try {
    constexpr std::size_t largest = 16'000'000;  // bytes; real ones have some ten thousand
    lines = parse_geometry(read_file(*file, largest).text());
    described = shape_of(lines);
  } catch (const Unreadable& reason) {
    refuse(Constant::geometry, *file, reason.what());
  }
  if (described != shape)
    throw SetupError(fmt::format("the geometry file {} describes {} sensors of {} x {}", file->string(),
                                 described.panels, described.rows, described.cols),
                     fmt::format("{} in run {} has {} panels of {} x {}", place_.name, place_.run.value,
                                 shape.panels, shape.rows, shape.cols),
                     "Deploy the geometry of this detector?");
  files_.push_back(file->string());
  return pose_pixels(lines);
}

Mask Constants::read_status(Shape shape, std::size_t ranges, std::size_t all_ranges) {
  Mask mask;
  const auto merged = [&]<class Word>(const std::vector<Word>& words) {
    return status_mask<Word>(words, shape.pixels(), ranges);
  };
  for (const Constant words_of_16_bits : {Constant::pixel_status, Constant::status_data})
    if (const auto status = read<std::uint16_t>(words_of_16_bits, shape, 1, all_ranges))
      copy_words(mask, merged(*status));
  if (const auto status = read<std::uint64_t>(Constant::status_extra, shape, 1, all_ranges))
    copy_words(mask, merged(*status));
  return mask;
}

}  // namespace jt::detector
