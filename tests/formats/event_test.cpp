#include "formats/event.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace jt::formats {
namespace {

RunDescription a_run() {
  RunDescription run;
  run.detectors.resize(2);
  run.detectors[0].source = "DetInfo(XcsEndstation.0:Rayonix.0)";
  run.detectors[1].source = "DetInfo(XcsEndstation.0:Opal1000.1)";
  run.detectors[1].alias = "opal_1";
  run.monitors = {{"FEEGasDetEnergy", "BldInfo(FEEGasDetEnergy)", MonitorKind::gas_detector},
                  {"XCS-SB2-BMMON", "BldInfo(XCS-SB2-BMMON)", MonitorKind::beam_monitor},
                  {"EBeam", "BldInfo(EBeam)", MonitorKind::ebeam},
                  {"xcs_usr_ipm", "DetInfo(XcsEndstation.1:Ipimb.0)", MonitorKind::ipm}};
  run.aliases = {{"rayonix_alias", "DetInfo(XcsEndstation.0:Rayonix.0)"}};
  return run;
}

TEST(RunDescription, a_detector_is_found_by_alias_and_by_source) {
  const RunDescription run = a_run();
  EXPECT_EQ(run.find_detector("opal_1"), 1u);
  EXPECT_EQ(run.find_detector("DetInfo(XcsEndstation.0:Opal1000.1)"), 1u);
  EXPECT_EQ(run.find_detector("XcsEndstation.0:Rayonix.0"), 0u);
  EXPECT_EQ(run.find_detector("rayonix_alias"), 0u);
  EXPECT_EQ(run.find_detector("Opal_1"), std::nullopt);  // letter case counts
  EXPECT_EQ(run.find_detector(""), std::nullopt);        // not the detector without an alias
}

TEST(Quantities, are_found_by_monitor_and_name) {
  const RunDescription run = a_run();
  const auto total = find_quantity(run, "XCS-SB2-BMMON", "TotalIntensity");
  ASSERT_TRUE(total);
  EXPECT_EQ(total->monitor, 1u);
  EXPECT_EQ(total->quantity, 0u);
  EXPECT_EQ(find_quantity(run, "BldInfo(FEEGasDetEnergy)", "f_64_ENRC")->quantity, 5u);
  EXPECT_EQ(find_quantity(run, "XCS-SB2-BMMON", "peakA[15]")->quantity, 18u);
  EXPECT_EQ(find_quantity(run, "xcs_usr_ipm", "sum")->quantity, 4u);
  EXPECT_EQ(find_quantity(run, "XcsEndstation.1:Ipimb.0", "channel[3]")->quantity, 3u);
  EXPECT_FALSE(find_quantity(run, "XCS-SB2-BMMON", "sum"));
  EXPECT_FALSE(find_quantity(run, "XCS-SB1-BMMON", "TotalIntensity"));
}

TEST(Quantities, of_the_electron_beam_have_psanas_names_too) {
  const RunDescription run = a_run();
  for (const char* charge : {"charge", "ebeamCharge"})
    EXPECT_EQ(find_quantity(run, "EBeam", charge)->quantity, 0u);
  for (const char* energy : {"PhotonEnergy", "photonEnergy", "ebeamPhotonEnergy"})
    EXPECT_EQ(find_quantity(run, "EBeam", energy)->quantity, 17u);
  EXPECT_FALSE(find_quantity(run, "EBeam", "energy"));
}

TEST(Event, answers_for_what_is_there_and_for_what_is_not) {
  Event event;
  event.codes = {{40}, {137}};
  event.readings.push_back({1, {2.5, 3.5}});
  EXPECT_TRUE(event.has_code({137}));
  EXPECT_FALSE(event.has_code({162}));
  EXPECT_EQ(event.reading({1, 1}), 3.5);
  EXPECT_EQ(event.reading({0, 0}), std::nullopt);
  EXPECT_EQ(event.frame(0), nullptr);
  event.clear();
  EXPECT_FALSE(event.has_code({137}));
  EXPECT_EQ(event.reading({1, 1}), std::nullopt);
}

TEST(Frame, of_a_twelve_bit_camera_saturates_at_4095) {
  Frame frame;
  frame.depth = 12;
  EXPECT_EQ(frame.raw().saturated_from, 4095u);
  frame.depth = 16;
  EXPECT_EQ(frame.raw().saturated_from, 65535u);
}

TEST(Refusals, every_one_has_a_name_of_its_own) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < RefusalCounts::size; ++i) names.push_back(name(static_cast<Refusal>(i)));
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
  EXPECT_FALSE(names.front().empty());
}

}  // namespace
}  // namespace jt::formats
