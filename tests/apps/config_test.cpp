// The config: the hutches' files load, and every slip of the pen is named with its place.
#include "apps/jt/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/errors.hpp"
#include "support/support.hpp"

namespace jt::app {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

const std::filesystem::path config_folder = JT_CONFIG_FOLDER;

std::string refusal_of(const std::string& text) {
  try {
    parse_config(text, "test.yml");
  } catch (const CallError& error) {
    return error.what();
  }
  return "it was accepted";
}

// The table of hutches that the configs are made from.
struct Hutch {
  const char *file, *hutch, *experiment;
  int run;
  bool sim, ffb;
  const char* evr;
  int code;
  const char* detector;
  std::uint32_t rows, cols;
  const char *ipm, *det, *camera, *motor;
  std::size_t pvs;
  int i0_bins, delta_bin;
};
constexpr Hutch hutches[] = {
    {"xcs", "xcs", "xcsx47519", 10, true, false, "evr0", 137, "epix10k2M", 1667, 1668, "XCS-SB2-BMMON",
     "TotalIntensity", "opal_1", nullptr, 3, 20, 3},
    {"cxi", "cxi", "cxip21119", 1, false, true, "evr1", 40, "jungfrau4M", 2203, 2299, "FEEGasDetEnergy",
     "f_12_ENRC", nullptr, "CXI:PI1:MMS:01", 4, 30, 7},
    {"cxi_dsd", "cxi", "cxix53419", 1, false, true, "evr0", 40, "DsdCsPad", 1942, 1940, "FEEGasDetEnergy",
     "f_12_ENRC", nullptr, nullptr, 4, 30, 3},
    {"mfx_epix", "mfx", "mfxx45919", 1, false, true, "evr0", 40, "epix10k2M", 1666, 1664, "FEEGasDetEnergy",
     "f_12_ENRC", nullptr, "MFX:PI1:MMS:01", 4, 30, 7},
    {"mfx_rayonix", "mfx", "mfxlw7519", 17, true, false, "evr0", 198, "Rayonix", 1920, 1920, "MFX-DG2-BMMON",
     "TotalIntensity", nullptr, "MFX:PI1:MMS:01", 4, 30, 7},
};

TEST(Config, each_hutch_file_says_what_its_hutch_has) {
  for (const Hutch& hutch : hutches) {
    SCOPED_TRACE(hutch.file);
    const Config config = load_config(config_folder / (std::string(hutch.file) + ".yml"));
    EXPECT_EQ(config.hutch, hutch.hutch);
    EXPECT_EQ(config.experiment, hutch.experiment);
    EXPECT_EQ(config.run, hutch.run);
    EXPECT_EQ(config.sim, hutch.sim);
    EXPECT_EQ(config.ffb, hutch.ffb);
    EXPECT_EQ(config.evr_name, hutch.evr);
    EXPECT_EQ(config.event_code, hutch.code);
    EXPECT_EQ(config.det_map.name, hutch.detector);
    EXPECT_EQ(config.det_map.shape, std::pair(hutch.rows, hutch.cols));
    EXPECT_EQ(config.ipm.name, hutch.ipm);
    EXPECT_EQ(config.ipm.det, hutch.det);
    EXPECT_EQ(config.jet_cam.has_value(), hutch.camera != nullptr);
    if (config.jet_cam && hutch.camera != nullptr) {
      EXPECT_EQ(config.jet_cam->name, hutch.camera);
      EXPECT_EQ(config.jet_cam->axis, 1);
    }
    EXPECT_EQ(config.motor.value_or("none"), hutch.motor == nullptr ? "none" : hutch.motor);
    EXPECT_EQ(config.pv_map.size(), hutch.pvs);
    EXPECT_EQ(config.api_port, 5000);
    ASSERT_TRUE(config.cal_params);
    EXPECT_EQ(config.cal_params->azav_bins, 100);
    EXPECT_EQ(config.cal_params->events, 1000u);
    EXPECT_EQ(config.cal_params->i0_bins, hutch.i0_bins);
    EXPECT_EQ(config.cal_params->i0_reject, 0.1);
    EXPECT_EQ(config.cal_params->fit_points, 5);
    EXPECT_EQ(config.cal_params->delta_bin, hutch.delta_bin);
  }
}

TEST(Config, the_pv_map_keeps_its_order) {
  const Config config = load_config(config_folder / "xcs.yml");
  EXPECT_THAT(config.pv_map, ElementsAre(Pair(1, "XCS:JTRK:REQ:DIFF_INTENSITY"), Pair(2, "XCS:JTRK:REQ:I0"),
                                         Pair(3, "XCS:JTRK:REQ:RATIO")));
}

TEST(Config, the_files_of_the_golden_calibration_load) {
  const Config run20 = load_config(test::testdata() / "golden/calibration/run20.yml");
  EXPECT_EQ(run20.run, 20);
  EXPECT_EQ(run20.jet_cam.value().name, "opal_1");
  const Config run40 = load_config(test::testdata() / "golden/calibration/run40.yml");
  EXPECT_EQ(run40.cal_params.value().events, 100000u);
  EXPECT_FALSE(run40.jet_cam);
}

TEST(Config, no_jet_camera_can_be_said_in_every_way) {
  for (const char* text : {"", "jet_cam:\n", "jet_cam: null\n", "jet_cam: ~\n", "jet_cam: None\n",
                           "jet_cam: 'none'\n", "jet_cam: {name: None, axis: 1}\n",
                           "jet_cam: {name: 'none'}\n", "jet_cam: {name: }\n", "jet_cam: {axis: 0}\n"})
    EXPECT_FALSE(parse_config(text, "test.yml").jet_cam) << text;
  const Config config = parse_config("jet_cam: {name: opal_1, axis: 0}", "test.yml");
  EXPECT_EQ(config.jet_cam.value().axis, 0);
}

TEST(Config, the_run_may_be_a_number_or_a_string) {
  EXPECT_EQ(parse_config("run: 17", "test.yml").run, 17);
  EXPECT_EQ(parse_config("run: '17'", "test.yml").run, 17);
  EXPECT_THAT(refusal_of("hutch: xcs\nrun: 'ten'"), AllOf(HasSubstr("line 2"), HasSubstr("run is 'ten'")));
  EXPECT_THAT(refusal_of("run: -3"), HasSubstr("whole number from 1"));
}

TEST(Config, all_blocks_of_the_closed_loop_are_read) {
  const Config config = parse_config(R"(
ring: {model: original, center: [48.5, 47.25], range_px: [10, 30], metric: contrast}
stream: {host: 127.0.0.1}
jet: {motor: 'SIM:JET', motor_sign: -1, other_axes: ['SIM:Y', 'SIM:Z'], camera: 'SIM:CAM', camera_axis: 0,
      um_per_px: 1.2, fwhm_um: 5}
limits: {low_mm: -1.5, high_mm: 2.5, step_mm: {search: 0.5, track: 0.01}, max_moves_per_min: 20, fresh_s: 0.5}
search_during_run: false
interlocks:
  - {pv: 'MFX:JF16M:BLOCKER', ok_value: 0, name: blocker}
  - {pv: 'MFX:DOOR', ok_value: closed}
beam_state: [{pv: 'MFX:STOPPER', name: stopper}]
publish: {serve_pvs: true, metrics_host: 127.0.0.1, metrics_port: 9100}
mask: masks/good.npy
exclude_event_codes: [162, 91]
opr_home: /home/mfxopr
)",
                                     "/some/folder/test.yml");
  EXPECT_EQ(config.ring.model, "original");
  EXPECT_EQ((std::get<std::pair<double, double>>(config.ring.center)), std::pair(48.5, 47.25));
  EXPECT_EQ(config.ring.range.value().unit, "px");
  EXPECT_EQ(config.ring.range.value().high, 30);
  EXPECT_EQ(config.ring.metric, "contrast");
  EXPECT_EQ(config.stream_host, "127.0.0.1");
  EXPECT_EQ(config.jet.motor, "SIM:JET");
  EXPECT_EQ(config.jet.motor_sign, -1);
  EXPECT_THAT(config.jet.other_axes, ElementsAre("SIM:Y", "SIM:Z"));
  EXPECT_EQ(config.jet.um_per_px, 1.2);
  EXPECT_EQ(config.limits.low_mm, -1.5);
  EXPECT_THAT(config.limits.step_mm, ElementsAre(Pair("search", 0.5), Pair("track", 0.01)));
  EXPECT_EQ(config.limits.max_moves_per_min, 20);
  EXPECT_EQ(config.search_during_run, false);
  ASSERT_EQ(config.interlocks.size(), 2u);
  EXPECT_EQ(std::get<double>(config.interlocks[0].ok_value), 0);
  EXPECT_EQ(std::get<std::string>(config.interlocks[1].ok_value), "closed");
  EXPECT_EQ(config.interlocks[1].name, "MFX:DOOR");
  ASSERT_EQ(config.beam_state.size(), 1u);
  EXPECT_EQ(config.beam_state[0].name, "stopper");
  EXPECT_EQ(config.publish.metrics_port, 9100);
  EXPECT_EQ(config.mask, "/some/folder/masks/good.npy");
  EXPECT_THAT(config.exclude_event_codes, ElementsAre(162, 91));
  EXPECT_EQ(config.opr_home, "/home/mfxopr");
}

TEST(Config, the_ring_is_left_to_the_geometry_unless_something_is_said) {
  const Config config = parse_config("hutch: xcs", "test.yml");
  EXPECT_EQ(std::get<std::string>(config.ring.center), "geometry");
  EXPECT_FALSE(config.ring.range);
  EXPECT_FALSE(config.cal_params);
}

TEST(Config, an_unknown_key_names_the_nearest_one_and_the_line) {
  EXPECT_THAT(refusal_of("hutch: xcs\nevnt_code: 40\n"),
              AllOf(HasSubstr("test.yml line 2"), HasSubstr("unknown key 'evnt_code'"),
                    HasSubstr("Did you mean 'event_code'?")));
  EXPECT_THAT(refusal_of("cal_params:\n  azav_bins: 100\n  delta_bins: 3\n"),
              AllOf(HasSubstr("line 3"), HasSubstr("'cal_params.delta_bins'"),
                    HasSubstr("Did you mean 'cal_params.delta_bin'?")));
}

TEST(Config, malformed_yaml_is_refused_with_line_and_column) {
  EXPECT_THAT(refusal_of("hutch: xcs\ndet_map: {name: a, shape: [1, 2}\n"),
              AllOf(HasSubstr("test.yml line 2, column"), HasSubstr("cannot be read as YAML")));
  EXPECT_THAT(refusal_of("hutch: 'xcs\n"), HasSubstr("line"));
  EXPECT_THAT(refusal_of("- a\n- b\n"), HasSubstr("no list of 'key: value' lines"));
  EXPECT_THAT(refusal_of("a: 1\n---\nb: 2\n"), HasSubstr("more than one YAML document"));
  EXPECT_THAT(refusal_of(",hutch: xcs\nrun: 1\n"), HasSubstr("more than one YAML document"));
}

TEST(Config, a_key_that_stands_there_twice_is_refused) {
  EXPECT_THAT(refusal_of("run: 1\nhutch: xcs\nrun: 2\n"),
              AllOf(HasSubstr("line 3"), HasSubstr("'run' stands there twice, first in line 1")));
}

TEST(Config, wrong_types_are_refused_with_their_line) {
  EXPECT_THAT(
      refusal_of("hutch: xcs\nevent_code: forty\n"),
      AllOf(HasSubstr("line 2, column 13"), HasSubstr("event_code is 'forty'"), HasSubstr("whole number")));
  EXPECT_THAT(refusal_of("event_code: '40'\n"), HasSubstr("without quotes"));
  EXPECT_THAT(refusal_of("event_code: 40.5\n"), HasSubstr("whole number"));
  EXPECT_THAT(refusal_of("event_code: [40]\n"), HasSubstr("event_code is a list"));
  EXPECT_THAT(refusal_of("det_map: epix\n"), HasSubstr("it must be a block"));
  EXPECT_THAT(refusal_of("sim: maybe\n"), HasSubstr("true or false"));
  EXPECT_THAT(refusal_of("det_map: {shape: [1, 2, 3]}\n"), HasSubstr("[rows, columns]"));
  EXPECT_THAT(refusal_of("hutch: [xcs]\n"), HasSubstr("must be a word"));
  EXPECT_THAT(refusal_of("exclude_event_codes: 162\n"), HasSubstr("must be a list"));
  EXPECT_THAT(refusal_of("pv_map: {one: A}\n"), HasSubstr("numbers 1 to 16"));
}

TEST(Config, values_out_of_range_are_refused_and_so_is_nan) {
  EXPECT_THAT(refusal_of("cal_params: {i0_reject: 1.5}\n"), HasSubstr("from 0.001 to 0.999"));
  EXPECT_THAT(refusal_of("cal_params: {i0_reject: nan}\n"), HasSubstr("from 0.001 to 0.999"));
  EXPECT_THAT(refusal_of("cal_params: {azav_bins: 1}\n"), HasSubstr("from 2 to"));
  EXPECT_THAT(refusal_of("cal_params: {delta_bin: -1}\n"), HasSubstr("from 0 to"));
  EXPECT_THAT(refusal_of("cal_params: {events: 99999999999999}\n"), HasSubstr("whole number"));
  EXPECT_THAT(refusal_of("api_msg: {port: 65535}\n"), HasSubstr("from 1 to 65532"));
  EXPECT_THAT(refusal_of("jet_cam: {name: opal_1, axis: 2}\n"), HasSubstr("from 0 to 1"));
  EXPECT_THAT(refusal_of("jet: {motor_sign: 0}\n"), HasSubstr("1 or -1"));
  EXPECT_THAT(refusal_of("limits: {low_mm: 2, high_mm: 1}\n"), HasSubstr("below limits.high_mm"));
  EXPECT_THAT(refusal_of("ring: {range_px: [5, 5]}\n"), HasSubstr("low < high"));
  EXPECT_THAT(refusal_of("ring: {range_px: [1, 5], range_q: [1, 2]}\n"), HasSubstr("only one"));
  EXPECT_THAT(refusal_of("ring: {model: orignal}\n"), AllOf(HasSubstr("ring.model"), HasSubstr("original")));
}

TEST(Config, names_that_would_leave_the_data_root_are_refused) {
  EXPECT_THAT(refusal_of("experiment: '../../etc'\n"), HasSubstr("letters, digits"));
  EXPECT_THAT(refusal_of("hutch: 'x/y'\n"), HasSubstr("letters, digits"));
}

TEST(Config, a_missing_file_and_a_folder_are_named) {
  const test::TempDir folder;
  const auto refused = [](const std::filesystem::path& file) {
    try {
      load_config(file);
    } catch (const CallError& error) {
      return std::string(error.what());
    }
    return std::string("it was accepted");
  };
  EXPECT_THAT(refused(folder.path() / "none.yml"), AllOf(HasSubstr("none.yml"), HasSubstr("No such file")));
  EXPECT_THAT(refused(folder.path()), HasSubstr("is a folder"));
}

}  // namespace
}  // namespace jt::app
