#include "bench/detector/families.hpp"

#include <fstream>
#include <stdexcept>

#include "core/image.hpp"
#include "detector/cspad.hpp"
#include "detector/gain_switching.hpp"
#include "detector/panel_detector.hpp"
#include "detector/text_array.hpp"
#include "tests/detector/golden_inputs.hpp"
#include "tests/detector/plain_calibration.hpp"

namespace bench {

namespace {

using namespace jt;
using namespace jt::detector;
namespace plain = jt::test::plain;
using jt::test::h;

constexpr std::size_t bytes_in_all = 160'000'000;  // more than the caches of the machines at hand hold

// Copies of one frame in memory, and what is common to the families.
template <class Word>
class InMemory : public Family {
 public:
  explicit InMemory(const std::vector<Word>& frame)
      : frames_(bytes_in_all / (frame.size() * sizeof(Word)) + 2, frame),
        values_(frame.size()),
        counted_(frame.size(), 1) {}
  [[nodiscard]] std::size_t frames() const override { return frames_.size(); }
  [[nodiscard]] std::span<const std::byte> bytes(std::size_t frame) const override {
    return std::as_bytes(std::span(frames_[frame]));
  }

 protected:
  std::vector<std::vector<Word>> frames_;
  std::vector<float> values_;
  std::vector<std::uint8_t> counted_;
};

// A code near its pedestal: noise of some ADU, one pixel in fifty with signal.
std::uint16_t noisy(float pedestal, std::size_t i) {
  const int code = static_cast<int>(pedestal) + static_cast<int>(h(i, 7) % 13) - 6 +
                   (h(i, 8) % 50 == 0 ? static_cast<int>(h(i, 9) % 400) : 0);
  return static_cast<std::uint16_t>(code);
}

// One pixel in a thousand has switched its gain.
bool is_switched(std::size_t i) { return h(i, 5) % 1000 == 0; }

std::vector<std::uint16_t> switching_frame(const std::vector<float>& pedestals, std::size_t pixels,
                                           std::size_t usual, std::size_t switched) {
  return test::generate<std::uint16_t>(pixels, [&](std::size_t i) {
    return is_switched(i) ? 0x4000u | noisy(pedestals[switched * pixels + i], i)
                          : unsigned{noisy(pedestals[usual * pixels + i], i)};
  });
}

class SwitchingFamily : public InMemory<std::uint16_t> {
 public:
  SwitchingFamily(const std::vector<std::uint16_t>& frame, GainTable table, plain::Constants constants,
                  Shape panel, MedianCommonMode common_mode, BankLayout banks)
      : InMemory(frame),
        constants_(std::move(constants)),
        table_(std::move(table)),
        panel_(panel),
        common_mode_(common_mode),
        banks_(banks) {}

  void calibrate(std::size_t frame, CommonMode common_mode) override {
    const std::size_t size = panel_.panel_pixels();
    const MedianCommonMode mode = common_mode == CommonMode::off ? MedianCommonMode{} : common_mode_;
    for (std::size_t first = 0; first < values_.size(); first += size)
      table_.calibrate(bytes(frame).data() + 2 * first, first,
                       {values_.data() + first, panel_.rows, panel_.cols}, {counted_.data() + first, size},
                       mode, banks_, true);
  }

 protected:
  plain::Constants constants_;

 private:
  GainTable table_;
  Shape panel_;
  MedianCommonMode common_mode_;
  BankLayout banks_;
};

// Epix10ka2M as experiments run it: automatic, from high to low gain.
class Epix10ka2M final : public SwitchingFamily {
 public:
  explicit Epix10ka2M(const test::GoldenEpix& input, const Epix10kaConfig& config)
      : SwitchingFamily(switching_frame(input.pedestals, input.pixels, 3, 5),
                        GainTable::epix10ka({input.pedestals, input.gains, {}, status(input)}, config),
                        {input.pedestals, input.gains, {}, status(input)}, {1, 352, 384},
                        read_median_common_mode(std::vector<double>{7, 2, 10, 10}), epix10ka_banks),
        config_(config) {}
  void calibrate_plainly(std::size_t frame, CommonMode common_mode) override {
    values_ = plain::calibrate_epix10ka(constants_, config_.pixel_words, config_.trbits, frames_[frame],
                                        common_mode == CommonMode::as_deployed);
  }

 private:
  static Mask status(const test::GoldenEpix& input) {
    return status_mask<std::uint16_t>(input.status, input.pixels, 5);
  }
  Epix10kaConfig config_;
};

std::unique_ptr<Family> make_epix10ka2m() {
  const test::GoldenEpix input(16);
  return std::make_unique<Epix10ka2M>(
      input, Epix10kaConfig{std::vector<std::uint16_t>(input.pixels, 0),
                            std::vector<std::array<std::uint8_t, 4>>(16, {1, 1, 1, 1})});
}

class Jungfrau4M final : public SwitchingFamily {
 public:
  explicit Jungfrau4M(const test::GoldenJungfrau& input)
      : SwitchingFamily(
            switching_frame(input.pedestals, input.pixels, 0, 1),
            GainTable::jungfrau({input.pedestals, input.gains, input.offsets, status(input)}, input.pixels),
            {input.pedestals, input.gains, input.offsets, status(input)}, {1, 512, 1024},
            read_median_common_mode(std::vector<double>{7, 1, 100, 0}), jungfrau_banks) {}
  void calibrate_plainly(std::size_t frame, CommonMode common_mode) override {
    values_ = plain::calibrate_jungfrau(constants_, frames_[frame], common_mode == CommonMode::as_deployed);
  }

 private:
  static Mask status(const test::GoldenJungfrau& input) {
    return status_mask<std::uint16_t>(input.status, input.pixels, 3);
  }
};

class Cspad final : public InMemory<std::int16_t> {
 public:
  explicit Cspad(const test::GoldenCspad& input)
      : InMemory(input.raw),
        constants_{
            input.pedestals, input.gains, {}, status_mask<std::uint16_t>(input.status, input.pixels, 1)},
        status_(input.status),
        gain_map_(input.gain_map),
        with_(CspadConstants{input.pedestals, input.gains, input.status, constants_.good},
              CspadGainMap{gain_map_}, {}),
        without_(CspadConstants{input.pedestals, input.gains, input.status, constants_.good},
                 CspadGainMap{gain_map_}, {.algorithm = CspadCommonMode::Algorithm::off}) {}
  void calibrate(std::size_t frame, CommonMode common_mode) override {
    const CspadArithmetic& arithmetic = common_mode == CommonMode::off ? without_ : with_;
    for (std::size_t section = 0; section < cspad_sections; ++section) {
      const std::size_t first = section * cspad_section_pixels;
      arithmetic.calibrate(section, bytes(frame).data() + 2 * first,
                           {values_.data() + first, cspad_section_pixels},
                           {counted_.data() + first, cspad_section_pixels}, true);
    }
  }
  void calibrate_plainly(std::size_t frame, CommonMode common_mode) override {
    values_ = plain::calibrate_cspad(constants_, status_, gain_map_, frames_[frame],
                                     common_mode == CommonMode::as_deployed);
  }

 private:
  plain::Constants constants_;
  std::vector<std::uint16_t> status_, gain_map_;
  CspadArithmetic with_, without_;
};

// A camera with pedestals and gains deployed in a folder of its own.
class CalibratedCamera final : public InMemory<std::uint16_t> {
 public:
  CalibratedCamera(Shape shape, const std::filesystem::path& store)
      : InMemory(test::generate<std::uint16_t>(shape.pixels(), [](std::size_t i) { return noisy(200, i); })) {
    constants_.pedestals =
        test::generate<float>(shape.pixels(), [](std::size_t i) { return 100 + (h(i, 1) % 1600) / 16.0; });
    constants_.gains = test::generate<float>(shape.pixels(), test::golden_gain_spread);
    const RunPlace place{"camera", "MfxEndstation.0:Rayonix.0", {1}, store, {}};
    const CalibrationStore calibration(store, place.source);
    deploy(calibration.folder(Constant::pedestals), shape, constants_.pedestals);
    deploy(calibration.folder(Constant::pixel_gain), shape, constants_.gains);
    camera_ = make_calibrated_camera(place, shape, {});
  }
  void calibrate(std::size_t frame, CommonMode /*none*/) override {
    const PanelView view{0, bytes(frame).data()};
    camera_->calibrate({PixelType::u16, camera_->pixels().shape, 0xffff, {&view, 1}},
                       SaturatedPixels::become_nan, values_);
  }
  void calibrate_plainly(std::size_t frame, CommonMode /*none*/) override {
    values_ = plain::calibrate_camera(constants_, frames_[frame]);
  }

 private:
  static void deploy(const std::filesystem::path& folder, Shape shape, const std::vector<float>& values) {
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "0-end.data")
        << format_text_array(Array<float>{{shape.rows, shape.cols}, values}, "bench");
  }
  plain::Constants constants_;
  std::unique_ptr<AreaDetector> camera_;
};

}  // namespace

std::vector<Named> families() {
  return {
      {"Epix10ka2M", true}, {"Jungfrau 4M", true}, {"CSPAD", true}, {"Rayonix", false}, {"Opal1000", false}};
}

std::unique_ptr<Family> make_family(const std::string& name, const std::filesystem::path& folder) {
  if (name == "Epix10ka2M") return make_epix10ka2m();
  if (name == "Jungfrau 4M") return std::make_unique<Jungfrau4M>(test::GoldenJungfrau(8));
  if (name == "CSPAD") return std::make_unique<Cspad>(test::GoldenCspad());
  if (name == "Rayonix") return std::make_unique<CalibratedCamera>(Shape{1, 1920, 1920}, folder / name);
  if (name == "Opal1000") return std::make_unique<CalibratedCamera>(Shape{1, 1024, 1024}, folder / name);
  throw std::invalid_argument("no family " + name);
}

}  // namespace bench
