#include "detector/mask_file.hpp"

#include <fmt/format.h>

#include "core/errors.hpp"
#include "detector/file_bytes.hpp"
#include "detector/npy.hpp"
#include "detector/text_array.hpp"

namespace jt::detector {

namespace {

Array<std::uint8_t> read_either_form(const std::filesystem::path& file) {
  const FileBytes bytes = read_file(file);
  if (is_npy(bytes.text())) return parse_npy(bytes.text());
  // Text masks may hold 0.0 and 1.0 as well as 0 and 1.
  const Array<float> numbers = parse_text_array<float>(bytes.text());
  Array<std::uint8_t> mask{numbers.shape, {}};
  mask.values.reserve(numbers.values.size());
  for (const float value : numbers.values) mask.values.push_back(value != 0 ? 1 : 0);
  return mask;
}

bool is_of_shape(std::vector<std::size_t> found, Shape wanted) {
  while (found.size() > 2 && found.front() == 1) found.erase(found.begin());
  if (found.size() == 2)
    return found[0] == std::size_t{wanted.panels} * wanted.rows && found[1] == wanted.cols;
  return found == std::vector<std::size_t>{wanted.panels, wanted.rows, wanted.cols};
}

}  // namespace

std::vector<std::uint8_t> read_mask(const std::filesystem::path& file, Shape shape) {
  Array<std::uint8_t> mask;
  try {
    mask = read_either_form(file);
  } catch (const Unreadable& reason) {
    throw SetupError(fmt::format("the mask {} cannot be read: {}", file.string(), reason.what()),
                     "the config's `mask` asks for it",
                     "Give an .npy of bool or uint8, or a text file of 0 and 1, or remove `mask`?");
  }
  if (!is_of_shape(mask.shape, shape)) {
    const std::vector<std::size_t> wanted =
        shape.panels == 1 ? std::vector<std::size_t>{shape.rows, shape.cols}
                          : std::vector<std::size_t>{shape.panels, shape.rows, shape.cols};
    throw SetupError(fmt::format("the mask {} has shape {}", file.string(), shape_in_words(mask.shape)),
                     fmt::format("the detector's frames are {}, one entry per raw pixel is needed",
                                 shape_in_words(wanted)),
                     "Make the mask for raw panels, not for an assembled image?");
  }
  for (std::uint8_t& entry : mask.values) entry = entry != 0 ? 1 : 0;
  return std::move(mask.values);
}

}  // namespace jt::detector
