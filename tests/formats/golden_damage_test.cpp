// Golden run 23: seventeen kinds of damage, each told apart; truncated runs; what is whole is used.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "formats/golden.hpp"

namespace jt::formats::xtc {
namespace {

using test::GoldenData;
using test::Json;

// What the decoder says of a shot, in the words of the manifest. `none` when it has nothing to say.
std::string kind_of_damage(const Decoder& decoder) {
  using enum Refusal;
  const auto said = [&](Refusal cause, Level level) {
    const auto refused = decoder.refused();
    return std::any_of(refused.begin(), refused.end(),
                       [&](const Refused& one) { return one.cause == cause && one.src.level() == level; });
  };
  if (said(empty, Level::event)) return "empty_root";
  if (said(incomplete_contribution, Level::event)) return "root_incomplete_contribution";
  if (said(incomplete_contribution, Level::segment)) return "segment_incomplete_not_descended";
  if (said(incomplete_contribution, Level::source)) return "detector_incomplete_truncated_payload";
  if (said(dropped_contribution, Level::event)) return "detector_segment_missing";
  if (said(dropped_contribution, Level::source)) return "detector_dropped_any_no_payload";
  if (said(dropped_contribution, Level::reporter)) return "bld_dropped_contribution_any";
  if (said(out_of_order, Level::source)) return "detector_out_of_order";
  if (said(user_damage_kept, Level::reporter)) return "ebeam_user_damage";
  if (said(zero_extent, Level::source)) return "child_extent_zero";
  if (said(bad_extent, Level::source)) return "child_extent_past_end";
  if (said(unknown_version, Level::source)) return "detector_wrong_version";
  if (said(payload_too_short, Level::source)) return "frame_header_larger_than_payload";
  if (said(no_fiducial, Level::event)) return "fiducial_0x1FFFF";
  if (said(no_event_codes, Level::event)) return "evr_missing";
  if (said(absent_source, Level::reporter)) return "bld_missing";
  if (said(clock_went_back, Level::event)) return "clock_goes_back_1s";
  return "none";
}

struct Run23 {
  GoldenData data{test::committed_runs(), {"xcs/xcsjt1236", "e1236-r0023"}};
  Decoder decoder;
  Event event;
  Run23() { decoder.configure(test::datagrams(data.files().begin()->second).front()); }
  // Decodes all events up to the first of this kind of damage.
  const Json& decode_until(std::string_view kind) {
    for (const Json& one : data.manifest()["events"]) {
      decoder.decode(data.datagram(one), event);
      if (one["case"] == kind) return one;
    }
    throw std::runtime_error("no event of this kind");
  }
  [[nodiscard]] bool has_frame() const {
    return event.frame(*decoder.run().find_detector("smallray")) != nullptr;
  }
  [[nodiscard]] bool has(std::string_view monitor, std::string_view quantity) const {
    return event.reading(*find_quantity(decoder.run(), monitor, quantity)).has_value();
  }
};

TEST(DamagedRun, has_each_kind_of_damage_told_apart_and_counted) {
  Run23 run;
  std::map<std::string, int> expected, counted;
  for (const Json& one : run.data.manifest()["events"]) {
    run.decoder.decode(run.data.datagram(one), run.event);
    const std::string kind = kind_of_damage(run.decoder);
    EXPECT_EQ(kind, one["case"]) << one["index"];
    ++counted[kind];
    ++expected[one["case"]];
  }
  EXPECT_EQ(counted, expected);
  EXPECT_EQ(counted.size(), 1u + 17u);
}

TEST(DamagedRun, shows_no_frame_that_is_damaged_cut_or_unknown) {
  for (const char* kind :
       {"detector_segment_missing", "detector_incomplete_truncated_payload", "detector_out_of_order",
        "child_extent_zero", "empty_root", "segment_incomplete_not_descended",
        "detector_dropped_any_no_payload", "detector_wrong_version", "child_extent_past_end",
        "frame_header_larger_than_payload", "root_incomplete_contribution"}) {
    Run23 run;
    run.decode_until(kind);
    EXPECT_FALSE(run.has_frame()) << kind;
  }
}

TEST(DamagedRun, shows_the_frame_when_something_else_is_damaged) {
  for (const char* kind : {"bld_missing", "bld_dropped_contribution_any", "ebeam_user_damage", "evr_missing",
                           "fiducial_0x1FFFF", "clock_goes_back_1s"}) {
    Run23 run;
    const Json& expected = run.decode_until(kind);
    ASSERT_TRUE(run.has_frame()) << kind;
    const auto bytes = test::frame_bytes(*run.event.frame(*run.decoder.run().find_detector("smallray")));
    EXPECT_EQ(test::crc32_text(bytes), expected["frames"]["smallray"]["crc32"]);
  }
}

TEST(DamagedRun, keeps_the_readings_that_lie_before_a_broken_contribution) {
  for (const char* kind :
       {"child_extent_zero", "child_extent_past_end", "segment_incomplete_not_descended"}) {
    Run23 run;
    run.decode_until(kind);
    EXPECT_TRUE(run.has("FEEGasDetEnergy", "f_12_ENRC")) << kind;
    EXPECT_TRUE(run.event.has_code({40})) << kind;
  }
}

TEST(DamagedRun, keeps_an_electron_beam_with_its_own_damage_as_psana_does) {
  Run23 run;
  const Json& expected = run.decode_until("ebeam_user_damage");
  const auto energy = find_quantity(run.decoder.run(), "EBeam", "ebeamPhotonEnergy");
  EXPECT_EQ(run.event.reading(*energy), expected["ebeam"]["photonEnergy"].get<double>());
}

TEST(DamagedRun, has_no_reading_of_a_missing_monitor) {
  for (const char* kind : {"bld_missing", "bld_dropped_contribution_any"}) {
    Run23 run;
    run.decode_until(kind);
    EXPECT_FALSE(run.has("FEEGasDetEnergy", "f_12_ENRC")) << kind;
    EXPECT_TRUE(run.has("XCS-SB2-BMMON", "TotalIntensity")) << kind;
  }
}

TEST(DamagedRun, still_has_the_codes_of_a_shot_without_a_valid_fiducial) {
  Run23 run;
  run.decode_until("fiducial_0x1FFFF");
  EXPECT_THAT(run.event.codes, testing::ElementsAre(EventCode{40}, EventCode{140}, EventCode{137}));
  EXPECT_EQ(run.event.refusals[Refusal::stale_event_code], 2u);  // two entries of fiducial 28
}

TEST(TruncatedRun, is_whole_up_to_the_cut) {
  const auto folder = test::committed_runs() / "xcs/xcsjt1236";
  const Json manifest = Json::parse(test::read_text(folder / "manifest/truncated.json"));
  for (const char* run : {"r0025", "r0026"}) {
    const auto file = test::read_bytes(folder / "xtc" / ("e1236-" + std::string(run) + "-s00-c00.xtc"));
    EXPECT_EQ(file.size(), manifest[run]["cut_at"]);
    Decoder decoder;
    Event event;
    int shots = 0;
    for (const Bytes datagram : test::datagrams(file)) {
      const Transition service = read_header(datagram)->service;
      if (service == Transition::configure) decoder.configure(datagram);
      if (service != Transition::l1_accept) continue;
      decoder.decode(datagram, event);
      EXPECT_EQ(event.frames.size(), 1u);
      ++shots;
    }
    EXPECT_EQ(shots, manifest[run]["complete_L1Accept"]);
  }
}

TEST(TruncatedRun, of_no_bytes_has_no_header) {
  const auto file = test::read_bytes(test::committed_runs() / "xcs/xcsjt1236/xtc/e1236-r0029-s00-c00.xtc");
  EXPECT_TRUE(file.empty());
  EXPECT_FALSE(read_header(file));
}

}  // namespace
}  // namespace jt::formats::xtc
