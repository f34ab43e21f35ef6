// Whole detectors made from files on disk: what they give, what they say when something is missing or wrong.
#include "detector/panel_detector.hpp"

#include <gmock/gmock.h>

#include "core/errors.hpp"
#include "detector/text_array.hpp"
#include "golden.hpp"

namespace {

using namespace jt;
using namespace jt::detector;
using nlohmann::json;
using testing::HasSubstr;
namespace fs = std::filesystem;

// A calibration folder that is filled and read.
class Deployment {
 public:
  Deployment(std::string name, std::string source) : name_(std::move(name)), source_(std::move(source)) {}

  template <class T>
  void put(Constant constant, std::vector<std::size_t> shape, const std::vector<T>& values,
           const char* file = "0-end.data") {
    test::write_text(store().folder(constant) / file,
                     format_text_array(Array<T>{std::move(shape), values}, jt::detector::name(constant)));
  }
  void put_text(Constant constant, const std::string& text, const char* file = "0-end.data") {
    test::write_text(store().folder(constant) / file, text);
  }
  [[nodiscard]] CalibrationStore store() const { return {folder_.path(), source_}; }
  [[nodiscard]] RunPlace place(int run = 57) const { return {name_, source_, {run}, folder_.path(), {}}; }

 private:
  test::TempDir folder_;
  std::string name_, source_;
};

template <class Pixel>
struct Frame {
  std::vector<PanelView> views;
  RawFrame raw;
  Frame(const std::vector<Pixel>& pixels, Shape shape, PixelType type) {
    for (std::uint16_t panel = 0; panel < shape.panels; ++panel)
      views.push_back(
          {panel, reinterpret_cast<const std::byte*>(pixels.data() + panel * shape.panel_pixels())});
    raw = {type, shape, 0xffff, views};
  }
};

template <class Pixel>
void expect_as_reference(const AreaDetector& detector, const std::vector<Pixel>& raw, PixelType type,
                         const json& golden, bool has_geometry) {
  const Frame<Pixel> frame(raw, detector.pixels().shape, type);
  std::vector<float> values(raw.size());
  detector.calibrate(frame.raw, SaturatedPixels::stay, values);
  test::expect_golden_pictures(values, detector.pixels().good, has_geometry ? &detector.layout() : nullptr,
                               golden);
}

std::string golden_geometry(const char* file) {
  return test::read_text(*test::large_golden() / "detector/geometry" / file);
}

PanelSetup epix_setup(const Deployment& deployment, const test::GoldenEpix& input) {
  PanelSetup setup;
  setup.place = deployment.place();
  setup.family = PanelFamily::epix10ka;
  setup.shape = {static_cast<std::uint32_t>(input.panels), 352, 384};
  setup.epix10ka = input.config;
  return setup;
}

void deploy(Deployment& deployment, const test::GoldenEpix& input) {
  const std::vector<std::size_t> all{7, input.panels, 352, 384};
  deployment.put(Constant::pedestals, all, input.pedestals);
  deployment.put(Constant::pixel_gain, all, input.gains);
  deployment.put(Constant::pixel_status, all, input.status);
  deployment.put(Constant::pixel_mask, {input.panels, 352, 384}, input.mask);
}

TEST(PanelDetector, an_epix10ka_quad_from_files_gives_values_mask_and_picture_of_the_reference) {
  const test::GoldenEpix input(4);
  Deployment deployment("quad", "DetInfo(MfxEndstation.0:Epix10kaQuad.0)");
  deploy(deployment, input);
  const bool geometry = test::large_golden().has_value();
  if (geometry) deployment.put_text(Constant::geometry, golden_geometry("l1_epix10kaquad.data"));
  const auto detector = make_panel_detector(epix_setup(deployment, input));
  expect_as_reference(*detector, input.raw, PixelType::u16, test::golden_json("calib/epix10kaquad.json"),
                      geometry);
  EXPECT_EQ(detector->constants().size(), geometry ? 5u : 4u);
  EXPECT_EQ(detector->pixels().unit, PixelMap::Unit::micrometre);
}

TEST(PanelDetector, a_jungfrau_from_files_gives_values_mask_and_picture_of_the_reference) {
  JT_NEEDS_LARGE_GOLDEN();
  const test::GoldenJungfrau input(1);
  Deployment deployment("jungfrau05M", "DetInfo(CxiEndstation.0:Jungfrau.0)");
  const std::vector<std::size_t> all{3, 1, 512, 1024};
  deployment.put(Constant::pedestals, all, input.pedestals);
  deployment.put(Constant::pixel_gain, all, input.gains);
  deployment.put(Constant::pixel_offset, all, input.offsets);
  deployment.put(Constant::pixel_status, all, input.status);
  deployment.put(Constant::pixel_mask, {1, 512, 1024}, input.mask);
  deployment.put_text(Constant::geometry, golden_geometry("l1_jungfrau05m.data"));
  const auto detector = make_panel_detector({.place = deployment.place(),
                                             .family = PanelFamily::jungfrau,
                                             .shape = {1, 512, 1024},
                                             .mask = {},
                                             .epix10ka = {},
                                             .cspad = {}});
  expect_as_reference(*detector, input.raw, PixelType::u16, test::golden_json("calib/jungfrau05m.json"),
                      true);
  EXPECT_EQ(detector->pixels().distance_um, 10000);
}

TEST(PanelDetector, a_cspad_from_files_gives_values_mask_and_picture_of_the_reference) {
  const test::GoldenCspad input;
  Deployment deployment("DsdCsPad", "DetInfo(CxiDs2.0:Cspad.0)");
  const std::vector<std::size_t> stacked{5920, 388};
  deployment.put(Constant::pedestals, stacked, input.pedestals);
  deployment.put(Constant::pixel_gain, stacked, input.gains);
  deployment.put(Constant::pixel_status, {4, 8, 185, 388}, input.status);
  deployment.put(Constant::pixel_mask, {32, 185, 388}, input.mask);
  const bool geometry = test::large_golden().has_value();
  if (geometry) deployment.put_text(Constant::geometry, golden_geometry("l1_cspad.data"));
  PanelSetup setup{.place = deployment.place(),
                   .family = PanelFamily::cspad,
                   .shape = {32, 185, 388},
                   .mask = {},
                   .epix10ka = {},
                   .cspad = {}};
  setup.cspad = CspadGainMap{input.gain_map};
  const auto detector = make_panel_detector(setup);
  expect_as_reference(*detector, input.raw, PixelType::i16, test::golden_json("calib/cspad.json"), geometry);
}

TEST(PanelDetector, absent_panels_are_left_out_or_zero) {
  const test::GoldenCspad input;
  Deployment deployment("DsdCsPad", "DetInfo(CxiDs2.0:Cspad.0)");
  deployment.put(Constant::pedestals, {5920, 388}, input.pedestals);
  PanelSetup setup{.place = deployment.place(),
                   .family = PanelFamily::cspad,
                   .shape = {32, 185, 388},
                   .mask = {},
                   .epix10ka = {},
                   .cspad = {}};
  setup.common_mode = CommonModeUse::off;
  const auto detector = make_panel_detector(setup);
  Frame<std::int16_t> frame(input.raw, setup.shape, PixelType::i16);
  frame.views.erase(frame.views.begin() + 3);
  frame.raw.panels = frame.views;
  std::vector<float> values(input.raw.size());
  detector->calibrate(frame.raw, SaturatedPixels::stay, values);
  EXPECT_EQ(values[3 * cspad_section_pixels + 10], 0.0f);
  EXPECT_EQ(values[4 * cspad_section_pixels], static_cast<float>(input.raw[4 * cspad_section_pixels]) -
                                                  input.pedestals[4 * cspad_section_pixels]);
  detector->calibrate(frame.raw, SaturatedPixels::become_nan, values);
  EXPECT_TRUE(std::isnan(values[3 * cspad_section_pixels + 10]));
}

TEST(PanelDetector, frames_of_another_kind_are_refused) {
  const test::GoldenCspad input;
  Deployment deployment("DsdCsPad", "DetInfo(CxiDs2.0:Cspad.0)");
  deployment.put(Constant::pedestals, {5920, 388}, input.pedestals);
  const PanelSetup setup{.place = deployment.place(),
                         .family = PanelFamily::cspad,
                         .shape = {32, 185, 388},
                         .mask = {},
                         .epix10ka = {},
                         .cspad = {}};
  const auto detector = make_panel_detector(setup);
  std::vector<float> values(input.raw.size());
  Frame<std::int16_t> frame(input.raw, setup.shape, PixelType::i16);
  frame.views[5].panel = 32;
  frame.raw.panels = frame.views;
  EXPECT_THROW(detector->calibrate(frame.raw, SaturatedPixels::stay, values), std::invalid_argument);
  frame.raw.type = PixelType::u16;
  EXPECT_THROW(detector->calibrate(frame.raw, SaturatedPixels::stay, values), std::invalid_argument);
}

// A small-as-possible deployment: one Jungfrau module with constant constants.
class JungfrauModule : public ::testing::Test {
 protected:
  static constexpr std::size_t pixels = 512 * 1024;
  JungfrauModule() {
    deployment.put(Constant::pedestals, {3, 1, 512, 1024}, std::vector<float>(3 * pixels, 100.0f));
    deployment.put(Constant::pixel_gain, {3, 1, 512, 1024}, std::vector<float>(3 * pixels, 2.0f));
    deployment.put_text(Constant::geometry, "IP 0 JUNGFRAU:V1 0 0 0 -5000 0 0 0 0 0 0\n");
    setup.place = deployment.place();
    setup.family = PanelFamily::jungfrau;
    setup.shape = {1, 512, 1024};
  }
  std::string refusal() {
    try {
      make_panel_detector(setup);
    } catch (const SetupError& error) {
      return error.what();
    }
    return "no refusal";
  }
  Deployment deployment{"jf", "DetInfo(CxiEndstation.0:Jungfrau.0)"};
  PanelSetup setup;
};

TEST_F(JungfrauModule, needs_a_geometry_file_and_says_where_to_put_it) {
  fs::remove_all(deployment.store().folder(Constant::geometry));
  EXPECT_THAT(refusal(),
              testing::AllOf(HasSubstr("no geometry for run 57"), HasSubstr("a Jungfrau of 1 panels"),
                             HasSubstr("Deploy a geometry file"), HasSubstr("57-end.data")));
}

TEST_F(JungfrauModule, needs_pedestals) {
  fs::remove_all(deployment.store().folder(Constant::pedestals));
  EXPECT_THAT(refusal(), HasSubstr("no pedestals for run 57 in"));
  deployment.put(Constant::pedestals, {3, 1, 512, 1024}, std::vector<float>(3 * pixels, 100.0f),
                 "58-end.data");
  EXPECT_THAT(refusal(), HasSubstr("no pedestals for run 57 in"));
}

TEST_F(JungfrauModule, without_gains_values_stay_in_adu_and_that_is_said) {
  fs::remove_all(deployment.store().folder(Constant::pixel_gain));
  const auto detector = make_panel_detector(setup);
  EXPECT_THAT(detector->warnings(), testing::ElementsAre(HasSubstr("no pixel_gain for run 57")));
}

TEST_F(JungfrauModule, constants_of_each_run_are_its_own) {
  deployment.put(Constant::pedestals, {3, 1, 512, 1024}, std::vector<float>(3 * pixels, 200.0f),
                 "60-end.data");
  const std::vector<std::uint16_t> raw(pixels, 300);
  const Frame<std::uint16_t> frame(raw, setup.shape, PixelType::u16);
  std::vector<float> values(pixels);
  setup.common_mode = CommonModeUse::off;
  make_panel_detector(setup)->calibrate(frame.raw, SaturatedPixels::stay, values);
  EXPECT_EQ(values.front(), 100.0f);
  setup.place = deployment.place(60);
  make_panel_detector(setup)->calibrate(frame.raw, SaturatedPixels::stay, values);
  EXPECT_EQ(values.front(), 50.0f);
}

TEST_F(JungfrauModule, common_mode_may_be_switched_off) {
  std::vector<std::uint16_t> raw(pixels, 120);
  const Frame<std::uint16_t> frame(raw, setup.shape, PixelType::u16);
  std::vector<float> values(pixels);
  make_panel_detector(setup)->calibrate(frame.raw, SaturatedPixels::stay, values);
  EXPECT_EQ(values.front(), 0.0f);  // all of a row 20 ADU high
  setup.common_mode = CommonModeUse::off;
  make_panel_detector(setup)->calibrate(frame.raw, SaturatedPixels::stay, values);
  EXPECT_EQ(values.front(), 10.0f);
}

TEST_F(JungfrauModule, nan_in_gains_makes_pixels_bad_and_the_count_is_said) {
  std::vector<float> gains(3 * pixels, 2.0f);
  gains[2000] = gains[pixels + 2000] = gains[2 * pixels + 2001] = std::nanf("");
  deployment.put(Constant::pixel_gain, {3, 1, 512, 1024}, gains);
  const auto detector = make_panel_detector(setup);
  EXPECT_THAT(detector->warnings(),
              testing::Contains(HasSubstr("2 pixels are left out: their pedestal or gain is not")));
  EXPECT_EQ(detector->pixels().good[2000], 0);
  EXPECT_EQ(detector->pixels().good[2001], 0);
  EXPECT_EQ(detector->pixels().good[2002], 1);
}

TEST_F(JungfrauModule, edges_are_bad_and_the_users_mask_is_added) {
  setup.mask.assign(pixels, 1);
  setup.mask[5000] = 0;
  const auto detector = make_panel_detector(setup);
  EXPECT_EQ(detector->pixels().good[1023], 0);
  EXPECT_EQ(detector->pixels().good[1025], 1);
  EXPECT_EQ(detector->pixels().good[5000], 0);
  EXPECT_EQ(detector->pixels().distance_um, 5000);
}

TEST_F(JungfrauModule, a_detector_without_any_good_pixel_is_refused) {
  setup.mask.assign(pixels, 0);
  EXPECT_THAT(refusal(), HasSubstr("no pixel of jf is good in run 57"));
}

TEST_F(JungfrauModule, panels_that_lie_over_each_other_are_said) {
  deployment.put(Constant::pedestals, {3, 2, 512, 1024}, std::vector<float>(6 * pixels, 100.0f));
  deployment.put(Constant::pixel_gain, {3, 2, 512, 1024}, std::vector<float>(6 * pixels, 2.0f));
  deployment.put_text(Constant::geometry,
                      "IP 0 JUNGFRAU:V1 0 0 0 0 0 0 0 0 0 0\nIP 0 JUNGFRAU:V1 1 0 19275 0 0 0 0 0 0 0\n");
  setup.shape = {2, 512, 1024};
  // 514 of 514 pixels of height, moved by 257: half of each panel is covered.
  EXPECT_THAT(make_panel_detector(setup)->warnings(),
              testing::Contains(HasSubstr("pixels lie over pixels of another panel (panels 0 and 1 most)")));
}

TEST(PanelDetector, an_epix10ka_without_its_configuration_is_refused) {
  Deployment deployment("epix", "DetInfo(MfxEndstation.0:Epix10ka2M.0)");
  PanelSetup setup{.place = deployment.place(),
                   .family = PanelFamily::epix10ka,
                   .shape = {16, 352, 384},
                   .mask = {},
                   .epix10ka = {},
                   .cspad = {}};
  EXPECT_THROW(make_panel_detector(setup), SetupError);
}

void expect_camera(const char* file, std::vector<std::uint16_t> raw16, Shape shape, bool bytes) {
  const json golden = test::golden_json(file);
  EXPECT_EQ(bytes ? test::crc32_of(
                        test::generate<std::uint8_t>(raw16.size(), [&](std::size_t i) { return raw16[i]; }))
                  : test::crc32_of(raw16),
            golden["raw"]["crc32"]);
  const std::size_t pixels = shape.pixels();
  const std::vector<std::size_t> dims{shape.rows, shape.cols};
  const auto pedestals =
      test::generate<float>(pixels, [](std::size_t i) { return 100 + (test::h(i, 1) % 1600) / 16.0; });
  test::expect_input(golden, "pedestals", pedestals);
  for (const auto& [name, variant] : golden["variants"].items()) {
    Deployment deployment("cam", "DetInfo(" + golden["source"].get<std::string>() + ")");
    for (const auto& constant : variant["files"]) {
      if (constant == "pedestals") deployment.put(Constant::pedestals, dims, pedestals);
      if (constant == "pixel_gain")
        deployment.put(Constant::pixel_gain, dims, test::generate<float>(pixels, test::golden_gain_spread));
      if (constant == "pixel_status")
        deployment.put(Constant::pixel_status, dims, test::generate<std::uint16_t>(pixels, [](std::size_t i) {
                         return test::h(i, 3) % 2000 == 0 ? 1 : 0;
                       }));
      if (constant == "geometry")
        deployment.put_text(Constant::geometry, "IP 0 MTRX:V2:" + std::to_string(shape.rows) + ":" +
                                                    std::to_string(shape.cols) +
                                                    ":44:44 0 0 0 0 90 0 0 0 0 0\n");
    }
    const auto camera = make_calibrated_camera(deployment.place(), shape, {});
    std::vector<float> values(pixels);
    std::vector<std::uint8_t> raw8(raw16.begin(), raw16.end());
    const PanelView view{0, bytes ? reinterpret_cast<const std::byte*>(raw8.data())
                                  : reinterpret_cast<const std::byte*>(raw16.data())};
    camera->calibrate({bytes ? PixelType::u8 : PixelType::u16, shape, 0xffff, {&view, 1}},
                      SaturatedPixels::stay, values);
    test::expect_golden(values, variant["calib"], name);
    if (!variant["mask"].is_null()) {
      EXPECT_EQ(test::crc32_of(camera->pixels().good), variant["mask"]["crc32"]) << name;
    }
    test::expect_golden(test::times(values, camera->pixels().good), variant["image"], name);
    test::expect_golden(values, variant["image_default"], name);
    EXPECT_EQ(camera->values_are_raw(), variant["files"].empty()) << name;
  }
}

std::vector<std::uint16_t> camera_raw(std::size_t pixels, unsigned modulo) {
  return test::generate<std::uint16_t>(pixels,
                                       [&](std::size_t i) { return (200 + test::h(i, 7) % 800) % modulo; });
}

TEST(CalibratedCamera, values_masks_and_pictures_are_those_of_the_reference) {
  expect_camera("calib/rayonix.json", camera_raw(192 * 240, 65536), {1, 192, 240}, false);
  expect_camera("calib/opal1000.json", camera_raw(128 * 160, 65536), {1, 128, 160}, false);
  expect_camera("calib/opal1000_8bit.json", camera_raw(128 * 160, 256), {1, 128, 160}, true);
}

TEST(CalibratedCamera, a_geometry_of_another_binning_is_a_warning) {
  Deployment deployment("ray", "DetInfo(MfxEndstation.0:Rayonix.0)");
  deployment.put_text(Constant::geometry, "IP 0 MTRX:V2:8:8:44:44 0 0 0 0 90 0 0 0 0 0\n");
  const auto camera = make_calibrated_camera(deployment.place(), {1, 4, 4}, {});
  EXPECT_THAT(camera->warnings(),
              testing::ElementsAre(HasSubstr("describes 1 sensors of 8 x 8: positions are in pixels")));
  EXPECT_EQ(camera->pixels().unit, PixelMap::Unit::pixel);
  EXPECT_TRUE(camera->values_are_raw());
}

}  // namespace
