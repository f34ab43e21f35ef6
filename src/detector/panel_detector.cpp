#include "detector/panel_detector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>

#include "core/errors.hpp"
#include "detector/masks.hpp"
#include "detector/positions.hpp"

namespace jt::detector {

namespace {

constexpr std::size_t jungfrau_ranges = 3;
constexpr std::size_t epix10ka_status_ranges =
    5;  // the two switched low ranges are not asked, as in the field

// What the families have in common: geometry, mask, and the walk over the panels of a frame.
class PanelDetector : public AreaDetector {
 public:
  std::size_t calibrate(const RawFrame& raw, SaturatedPixels saturated, std::span<float> values) const final;

 protected:
  // Positions, the mask as far as the store knows it, words about them.
  void prepare(const PanelSetup& setup, Constants& constants, const Mask& status);
  // After the family's own part of the mask.
  void finish(const PanelSetup& setup, const Constants& constants);
  void exclude(const Mask& usable) { combine(pixels_.good, usable); }
  void warn_not_finite(std::size_t count);

  virtual std::size_t calibrate_panel(std::size_t panel, const std::byte* raw, std::span<float> values,
                                      std::span<const std::uint8_t> counted, bool leave_out) const = 0;
  [[nodiscard]] virtual PixelType pixel_type() const { return PixelType::u16; }
};

std::size_t PanelDetector::calibrate(const RawFrame& raw, SaturatedPixels saturated,
                                     std::span<float> values) const {
  const Shape shape = pixels_.shape;
  if (raw.shape != shape || values.size() != shape.pixels() || raw.type != pixel_type())
    throw std::invalid_argument("a frame of another shape than the detector's");
  const bool leave_out = saturated == SaturatedPixels::become_nan;
  const std::size_t size = shape.panel_pixels();
  std::array<bool, 64> present{};
  std::size_t count = 0;
  for (const PanelView& view : raw.panels) {
    if (view.panel >= shape.panels) throw std::invalid_argument("a panel that the detector has not");
    const std::size_t first = view.panel * size;
    count += calibrate_panel(view.panel, view.pixels, values.subspan(first, size),
                             std::span(pixels_.good).subspan(first, size), leave_out);
    present[view.panel] = true;
  }
  for (std::size_t panel = 0; panel < shape.panels; ++panel)
    if (!present[panel])
      std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(panel * size), size,
                  leave_out ? std::numeric_limits<float>::quiet_NaN() : 0.0f);
  return count;
}

PixelPositions nominal_positions(const PanelSetup& setup, const Constants& constants) {
  const auto lines = nominal_geometry(setup.family, setup.shape.panels);
  if (!lines)
    throw SetupError(fmt::format("no geometry for run {} in {}", setup.place.run.value,
                                 constants.folder(Constant::geometry).string()),
                     fmt::format("{} is a {} of {} panels, whose places nobody but the experiment knows",
                                 setup.place.name, name(setup.family), setup.shape.panels),
                     fmt::format("Deploy a geometry file there, one line per panel, named like {}-end.data?",
                                 setup.place.run.value));
  return pose_pixels(*lines);
}

void PanelDetector::prepare(const PanelSetup& setup, Constants& constants, const Mask& status) {
  const auto deployed = constants.read_geometry(setup.shape);
  if (!deployed)
    warnings_.push_back(
        fmt::format("no geometry for run {} in {}: a nominal one is used, panels may be off by a millimetre "
                    "and the beam centre by "
                    "more",
                    setup.place.run.value, constants.folder(Constant::geometry).string()));
  const PixelPositions positions = deployed ? *deployed : nominal_positions(setup, constants);
  if (positions.shape != setup.shape)
    throw SetupError(
        fmt::format("{} has panels of {} x {} pixels", setup.place.name, setup.shape.rows, setup.shape.cols),
        fmt::format("a {} has panels of {} x {}", name(setup.family), positions.shape.rows,
                    positions.shape.cols),
        "Is the configuration of this detector in the recording damaged?");
  place_pixels(positions, deployed ? GeometryOrigin::deployed : GeometryOrigin::nominal, pixels_);
  try {
    layout_ = lay_out(positions);
  } catch (const Unreadable& reason) {
    throw SetupError(fmt::format("the geometry of {} makes no picture: {}", setup.place.name, reason.what()),
                     "rings are looked for in it", "Are its positions in micrometres?");
  }
  if (auto words = overlap_in_words(layout_, setup.shape); !words.empty())
    warnings_.push_back(std::move(words));

  pixels_.good = edge_mask(setup.shape);
  combine(pixels_.good, status);
  if (const auto mask = constants.read<std::uint8_t>(Constant::pixel_mask, setup.shape, 1, 1))
    combine(pixels_.good, *mask);
  if (!setup.mask.empty() && setup.mask.size() != setup.shape.pixels())
    throw SetupError(fmt::format("the mask has {} entries", setup.mask.size()),
                     fmt::format("{} has {} pixels", setup.place.name, setup.shape.pixels()),
                     "Give a mask of the detector's raw panels?");
  combine(pixels_.good, setup.mask);
}

void PanelDetector::warn_not_finite(std::size_t count) {
  if (count != 0)
    warnings_.push_back(
        fmt::format("{} pixels are left out: their pedestal or gain is not a finite number", count));
}

void PanelDetector::finish(const PanelSetup& setup, const Constants& constants) {
  constants_ = constants.files();
  if (std::find(pixels_.good.begin(), pixels_.good.end(), 1) == pixels_.good.end())
    throw SetupError(fmt::format("no pixel of {} is good in run {}", setup.place.name, setup.place.run.value),
                     fmt::format("status, masks or constants exclude all of them ({})",
                                 constants_.empty() ? "none deployed" : constants_.front()),
                     "Deploy the constants of this detector again?");
}

void warn_no_gains(const PanelSetup& setup, const Constants& constants, std::vector<std::string>& warnings) {
  warnings.push_back(
      fmt::format("no pixel_gain for run {} in {}: values are in ADU, and gain ranges are not alike",
                  setup.place.run.value, constants.folder(Constant::pixel_gain).string()));
}

// Epix10ka2M, Epix10kaQuad, Jungfrau.
class GainSwitchingDetector final : public PanelDetector {
 public:
  explicit GainSwitchingDetector(const PanelSetup& setup)
      : banks_(setup.family == PanelFamily::jungfrau ? jungfrau_banks : epix10ka_banks) {
    const bool jungfrau = setup.family == PanelFamily::jungfrau;
    const std::size_t ranges = jungfrau ? jungfrau_ranges : epix10ka_ranges;
    require_configuration(setup);
    Constants constants(setup.place);
    GainConstants values;
    values.pedestals = constants.require_pedestals(setup.shape, ranges);
    values.gains = constants.read<float>(Constant::pixel_gain, setup.shape, ranges, ranges)
                       .value_or(std::vector<float>{});
    if (jungfrau)
      values.offsets = constants.read<float>(Constant::pixel_offset, setup.shape, ranges, ranges)
                           .value_or(std::vector<float>{});
    values.status =
        constants.read_status(setup.shape, jungfrau ? jungfrau_ranges : epix10ka_status_ranges, ranges);
    prepare(setup, constants, values.status);
    if (values.gains.empty()) warn_no_gains(setup, constants, warnings_);
    table_.emplace(jungfrau ? GainTable::jungfrau(values, setup.shape.pixels())
                            : GainTable::epix10ka(values, *setup.epix10ka));
    exclude(table_->usable());
    warn_not_finite(table_->trouble().not_finite);
    if (table_->trouble().zero_gain != 0)
      warnings_.push_back(
          fmt::format("{} pixels have gain 0 in their first gain range and are left out there",
                      table_->trouble().zero_gain));
    if (setup.common_mode == CommonModeUse::as_deployed) {
      constexpr std::array<double, 4> epix_default{7, 2, 10, 10}, jungfrau_default{7, 1, 100, 0};
      const auto& standard = jungfrau ? jungfrau_default : epix_default;
      common_mode_ = read_median_common_mode(
          constants.read_common_mode().value_or(std::vector<double>(standard.begin(), standard.end())));
    }
    finish(setup, constants);
  }

  [[nodiscard]] std::optional<RawForm> raw_form() const override {
    return table_->raw_form(common_mode_, banks_);
  }

 private:
  static void require_configuration(const PanelSetup& setup) {
    if (setup.family == PanelFamily::jungfrau) return;
    if (!setup.epix10ka)
      throw SetupError(fmt::format("the recording has no configuration of {}", setup.place.name),
                       "the gain range of each pixel is in it",
                       "Is the run's first file missing or damaged?");
    if (setup.epix10ka->pixel_words.size() != setup.shape.pixels() ||
        setup.epix10ka->trbits.size() != setup.shape.panels)
      throw SetupError(
          fmt::format("the configuration of {} is of another size than its frames", setup.place.name),
          "the gain range of each pixel is in it", "Is the recording damaged?");
  }

  std::size_t calibrate_panel(std::size_t panel, const std::byte* raw, std::span<float> values,
                              std::span<const std::uint8_t> counted, bool leave_out) const override {
    const Shape shape = pixels_.shape;
    return table_->calibrate(raw, panel * shape.panel_pixels(), {values.data(), shape.rows, shape.cols},
                             counted, common_mode_, banks_, leave_out);
  }

  BankLayout banks_;
  MedianCommonMode common_mode_;
  std::optional<GainTable> table_;  // made once the pedestals are there
};

class CspadDetector final : public PanelDetector {
 public:
  explicit CspadDetector(const PanelSetup& setup) {
    Constants constants(setup.place);
    CspadConstants values;
    values.pedestals = constants.require_pedestals(setup.shape, 1);
    values.gains =
        constants.read<float>(Constant::pixel_gain, setup.shape, 1, 1).value_or(std::vector<float>{});
    values.status = constants.read<std::uint16_t>(Constant::pixel_status, setup.shape, 1, 1)
                        .value_or(std::vector<std::uint16_t>{});
    values.status_mask = constants.read_status(setup.shape, 1, 1);
    prepare(setup, constants, values.status_mask);
    CspadCommonMode common_mode{.algorithm = CspadCommonMode::Algorithm::off};
    if (setup.common_mode == CommonModeUse::as_deployed)
      common_mode = read_cspad_common_mode(constants.read_common_mode().value_or(std::vector<double>{}));
    arithmetic_.emplace(std::move(values), setup.cspad, common_mode);
    exclude(arithmetic_->usable());
    warn_not_finite(arithmetic_->not_finite());
    finish(setup, constants);
    is_linear_ = common_mode.algorithm == CspadCommonMode::Algorithm::off;
    table_ = arithmetic_->table();
  }

  [[nodiscard]] std::optional<RawForm> raw_form() const override {
    if (!is_linear_) return std::nullopt;
    return CspadArithmetic::raw_form(table_);
  }

 private:
  [[nodiscard]] PixelType pixel_type() const override { return PixelType::i16; }
  std::size_t calibrate_panel(std::size_t panel, const std::byte* raw, std::span<float> values,
                              std::span<const std::uint8_t> counted, bool leave_out) const override {
    return arithmetic_->calibrate(panel, raw, values, counted, leave_out);
  }

  std::optional<CspadArithmetic> arithmetic_;  // made once the pedestals are there
  bool is_linear_ = false;                     // no common mode
  std::vector<RawState> table_;
};

}  // namespace

std::unique_ptr<AreaDetector> make_panel_detector(PanelSetup setup) {
  const Shape shape = setup.shape;
  const bool sensible = shape.known() && shape.panels <= 64 && shape.rows <= 8192 && shape.cols <= 8192;
  const bool cspad = setup.family == PanelFamily::cspad;
  if (!sensible || (cspad && shape != Shape{cspad_sections, cspad_rows, cspad_cols}))
    throw SetupError(fmt::format("{} has {} panels of {} x {} pixels", setup.place.name, shape.panels,
                                 shape.rows, shape.cols),
                     fmt::format("no {} is like that", name(setup.family)),
                     "Is the configuration of this detector in the recording damaged?");
  if (cspad) return std::make_unique<CspadDetector>(setup);
  return std::make_unique<GainSwitchingDetector>(setup);
}

}  // namespace jt::detector
