#include "calibration/result_file.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/errors.hpp"
#include "support/support.hpp"

namespace {

using namespace jt::calibration;

Result some_result() {
  Result r;
  r.i0_low = 0.5;
  r.i0_high = 1.5;
  r.peak_bin = 30;
  r.delta_bin = 3;
  r.med_ratio = 231.25;
  r.events_used = 159;
  r.average_azav = {1.5, unknown, 2.5};
  r.verdict = Verdict::check;
  r.reasons = {"few shots"};
  r.ring.window = {27, 33};
  r.ring.bin_edges = {0, 1, 2, 3};
  r.ring.others = {{55, 40.5, 7.25}};
  r.provenance.run = 20;
  r.provenance.time = "2024-05-01T12:00:00Z";
  r.provenance.image_shape = {1, 96, 97};
  r.provenance.counts.rejected["no frame"] = 3;
  return r;
}

TEST(result_file, what_is_written_is_read_back) {
  const Result r = result_from_json_text(to_json_text(some_result()), "test");
  EXPECT_EQ(r.i0_low, 0.5);
  EXPECT_EQ(r.peak_bin, 30);
  EXPECT_EQ(r.verdict, Verdict::check);
  EXPECT_EQ(r.reasons, some_result().reasons);
  EXPECT_EQ(r.ring.window, some_result().ring.window);
  EXPECT_EQ(r.ring.bin_edges, some_result().ring.bin_edges);
  ASSERT_EQ(r.ring.others.size(), 1u);
  EXPECT_EQ(r.ring.others[0].contrast, 7.25);
  EXPECT_EQ(r.provenance.image_shape, some_result().provenance.image_shape);
  EXPECT_EQ(r.provenance.counts.rejected, some_result().provenance.counts.rejected);
  EXPECT_TRUE(std::isnan(r.average_azav[1]));
  EXPECT_EQ(to_json_text(r), to_json_text(some_result()));
}

TEST(result_file, holds_numbers_and_null_and_every_key) {
  const auto json = nlohmann::json::parse(to_json_text(some_result()));
  EXPECT_TRUE(json.at("i0_low").is_number());
  EXPECT_TRUE(json.at("jet_location_mean").is_null());
  EXPECT_TRUE(json.at("average_azav").at(1).is_null());
  for (const char* key :
       {"i0_low",        "i0_high",      "i0_median",        "peak_bin",          "delta_bin",
        "mean_ratio",    "med_ratio",    "std_ratio",        "jet_location_mean", "jet_location_std",
        "jet_peak_mean", "jet_peak_std", "int_low",          "int_median",        "int_high",
        "slope",         "intercept",    "events_with_code", "events_used",       "integrated_intensity",
        "average_azav",  "verdict",      "reasons",          "warnings"})
    EXPECT_TRUE(json.contains(key)) << key;
  for (const char* key : {"model", "radius", "radius_unit", "radius_err", "q", "window", "bin_edges",
                          "center", "contrast", "baseline", "ratio_without_jet", "fit_ok", "others"})
    EXPECT_TRUE(json.at("ring").contains(key)) << key;
  for (const char* key : {"schema_version", "program_version", "hutch", "experiment", "run", "detector", "i0",
                          "image_shape", "constants", "counts", "config_sha256", "time"})
    EXPECT_TRUE(json.at("provenance").contains(key)) << key;
}

TEST(result_file, the_originals_form_is_read_with_none_for_missing) {
  // The values of a real run's file, all written as texts.
  const Result r = result_from_json_text(
      R"({"i0_low": "53345.17", "i0_high": "93364.92", "i0_median": "74307.90", "peak_bin": "12", "delta_bin": "3",
          "mean_ratio": "0.14532", "jet_location_mean": "None", "jet_peak_mean": "30354.92",
          "average_azav": "[ 1.5  2.5\n nan]"})",
      "test");
  EXPECT_EQ(r.i0_low, 53345.17);
  EXPECT_EQ(r.peak_bin, 12);
  EXPECT_EQ(r.mean_ratio, 0.14532);
  EXPECT_TRUE(std::isnan(r.jet_location_mean));
  EXPECT_EQ(r.jet_peak_mean, 30354.92);
}

TEST(result_file, what_is_no_result_is_refused_by_name) {
  for (const char* text :
       {"", "[]", "{}", "{\"peak_bin\": \"twelve\"}", "{\"peak_bin\": 1.5}", "{\"peak_bin\": 1e300}",
        "{\"peak_bin\": 3, \"ring\": 4}", "{\"peak_bin\": 3, \"ring\": {\"window\": [1]}}"})
    EXPECT_THROW(result_from_json_text(text, "here"), jt::SetupError) << text;
}

TEST(result_file, an_earlier_result_moves_to_previous_with_its_time) {
  const jt::test::TempDir folder;
  const OutputPlaces places = output_places(folder.path(), {20});
  Result first = some_result(), second = some_result();
  second.peak_bin = 31;
  write_result(first, places);
  write_result(second, places);
  EXPECT_EQ(places.result, folder.path() / "calib" / "jt_results" / "jt_cal_20_results");
  EXPECT_EQ(read_result(places.result).peak_bin, 31);
  EXPECT_EQ(read_result(places.previous / "jt_cal_20_results-20240501T120000Z").peak_bin, 30);
  write_result(second, places);  // the same time again: both are kept
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(places.previous), {}), 2);
}

TEST(result_file, a_file_that_is_not_there_is_named) {
  EXPECT_THROW(read_result("/nowhere/jt_cal_1_results"), jt::SetupError);
}

}  // namespace
