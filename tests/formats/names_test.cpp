#include "formats/xtc/names.hpp"

#include <gtest/gtest.h>

namespace jt::formats::xtc {
namespace {

TEST(Names, a_source_reads_as_psana_writes_it) {
  // log = level << 24, phy = detector << 24 | id << 16 | device << 8 | id
  EXPECT_EQ(psana_text({0x01000000, 0x00000100}), "DetInfo(NoDetector.0:Evr.0)");
  EXPECT_EQ(psana_text({0x01001f41, 0x00000101}), "DetInfo(NoDetector.0:Evr.1)");  // the pid does not show
  EXPECT_EQ(psana_text({0x01000000, 0x30003000}), "DetInfo(MfxEndstation.0:Epix10ka2M.0)");
  EXPECT_EQ(psana_text({0x01000000, 0x30001e00}), "DetInfo(MfxEndstation.0:Rayonix.0)");
  EXPECT_EQ(psana_text({0x01000000, 0x20002b00}), "DetInfo(CxiDs1.0:Jungfrau.0)");
  EXPECT_EQ(psana_text({0x01000000, 0x24000a00}), "DetInfo(CxiDsd.0:Cspad.0)");
  EXPECT_EQ(psana_text({0x01000000, 0x19000301}), "DetInfo(XcsEndstation.0:Opal1000.1)");
  EXPECT_EQ(psana_text({0x01000000, 0x09000000}), "DetInfo(EpicsArch.0:NoDevice.0)");
  EXPECT_EQ(psana_text({0x01000000, 0x00000400}), "DetInfo(NoDetector.0:Tm6740.0)");
  EXPECT_EQ(psana_text({0x06000000, 0}), "BldInfo(EBeam)");
  EXPECT_EQ(psana_text({0x06000000, 79}), "BldInfo(XCS-SB2-BMMON)");
  EXPECT_EQ(psana_text({0x02000000, 0xac150a0b}), "ProcInfo(172.21.10.11)");
}

TEST(Names, an_unknown_number_shows_as_a_number) {
  EXPECT_EQ(psana_text({0x06000000, 96}), "BldInfo(#96)");
  EXPECT_EQ(psana_text({0x01000000, 0x35003a00}), "DetInfo(#53.0:#58.0)");
  EXPECT_EQ(type_name(124), "");
}

TEST(Names, a_text_becomes_the_source_again) {
  EXPECT_EQ(parse_src("DetInfo(XcsEndstation.0:Opal1000.1)"), (Src{0x01000000, 0x19000301}));
  EXPECT_EQ(parse_src("XcsEndstation.0:Opal1000.1"), (Src{0x01000000, 0x19000301}));
  EXPECT_EQ(parse_src("MfxEndstation-0|Epix10ka2M-0"), (Src{0x01000000, 0x30003000}));
  EXPECT_EQ(parse_src("BldInfo(FEEGasDetEnergy)"), (Src{0x06000000, 2}));
  EXPECT_EQ(parse_src("HXX-DG1-BMMON-01"), (Src{0x06000000, 95}));
  for (const char* wrong :
       {"", "DetInfo()", "XcsEndstation.0", "XcsEndstation.256:Evr.0", "XcsEndstation.0:Evr.",
        "BldInfo(nothing)", "DetInfo(XcsEndstation.0:Evr.0", "xcsEndstation.0:Evr.0"})
    EXPECT_EQ(parse_src(wrong), std::nullopt) << wrong;
}

TEST(Names, sources_are_the_same_whatever_their_process_id) {
  EXPECT_EQ((Src{0x01001f41, 0x100}), (Src{0x01000000, 0x100}));
  EXPECT_FALSE((Src{0x01000000, 0x2}) == (Src{0x06000000, 0x2}));  // but not whatever their level
}

TEST(Names, type_numbers_and_names_agree) {
  EXPECT_EQ(type_name(2), "Frame");
  EXPECT_EQ(type_name(15), "EBeamBld");
  EXPECT_EQ(type_name(98), "BeamMonitorBldData");
  EXPECT_EQ(type_name(118), "Epix10kaArray");
  EXPECT_EQ(type_name(123), "VimbaFrame");
  EXPECT_EQ(type_number("SmlDataProxy"), 91);
  EXPECT_EQ(device_number("Alvium"), 57);
  EXPECT_EQ(detector_number("DetLab"), 52);
}

}  // namespace
}  // namespace jt::formats::xtc
