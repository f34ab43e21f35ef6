// Every golden run agrees with its manifest: headers, contributions, codes, i0 values, frames.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "formats/golden.hpp"
#include "formats/xtc/bld.hpp"

namespace jt::formats::xtc {
namespace {

using test::GoldenData;
using test::GoldenRun;
using test::Json;

const std::vector<GoldenRun> committed = {
    {"xcs/xcsjt1236", "e1236-r0020"},        {"xcs/xcsjt1236", "e1236-r0021"},
    {"xcs/xcsjt1236", "e1236-r0022"},        {"xcs/xcsjt1236", "e1236-r0023"},
    {"xcs/xcsjt1236", "e1236-r0024"},        {"xcs/xcsjt1236", "e1236-r0027"},
    {"xcs/xcsjt1236", "e1236-r0028"},        {"xcs/xcsjt1236", "e1236-r0040"},
    {"mfx/mfxl1038923", "mfxl1038923-r0030"}};

const std::vector<GoldenRun> large = {{"mfx/mfxjt1234", "e1234-r0010"}, {"mfx/mfxjt1234", "e1234-r0011"},
                                      {"mfx/mfxjt1234", "e1234-r0012"}, {"cxi/cxijt1235", "e1235-r0013"},
                                      {"cxi/cxijt1235", "e1235-r0014"}, {"cxi/cxijt1235", "e1235-r0015"},
                                      {"cxi/cxijt1235", "e1235-r0016"}, {"cxi/cxijt1235", "e1235-r0017"}};

void expect_headers(const GoldenData& run) {
  std::map<std::string, std::size_t> end_of_last;
  for (const Json& expected : run.manifest()["datagrams"]) {
    const auto header = read_header(run.datagram(expected));
    ASSERT_TRUE(header) << expected;
    EXPECT_EQ(header->size(), expected["size"]);
    EXPECT_EQ(name(header->service), expected["service"]);
    EXPECT_EQ(header->time, (ShotTime{expected["sec"], expected["nsec"]}));
    EXPECT_EQ(header->fiducial.value, expected["fid"]);
    EXPECT_EQ(header->ticks, expected["ticks"]);
    EXPECT_EQ(header->vector, expected["vector"]);
    EXPECT_EQ(header->env, expected["env"]);
    EXPECT_EQ(header->root.damage, expected["damage"]);
    EXPECT_EQ(header->root.extent, expected["extent"]);
    auto& end = end_of_last[expected["file"]];
    EXPECT_EQ(end, expected["offset"]) << "datagrams follow each other without a gap";
    end = expected["offset"].get<std::size_t>() + header->size();
  }
  for (const auto& [file, bytes] : run.files()) EXPECT_EQ(end_of_last[file], bytes.size()) << file;
}

void configure(Decoder& decoder, const GoldenData& run) {
  for (const auto& [file, bytes] : run.files()) {
    const auto all = test::datagrams(bytes);
    if (read_header(all.front())->service == Transition::configure) decoder.configure(all.front());
  }
}

void expect_contributions(Bytes datagram, const Json& event) {
  std::vector<Json> found;
  walk(
      datagram,
      [&](const Leaf& leaf) {
        if (leaf.header.type.id() == type_ipimb_data) return;  // the manifests leave the raw digitiser out
        found.push_back({{"src", psana_text(leaf.header.src)},
                         {"type", type_name(leaf.header.type.id())},
                         {"version", leaf.header.type.version()},
                         {"damage", leaf.header.damage},
                         {"size", leaf.payload.size()},
                         {"crc32", test::crc32_text(leaf.payload)}});
      },
      [&](Refusal refusal, Src) { ADD_FAILURE() << name(refusal); });
  const std::vector<Json> expected = event["contributions"];
  EXPECT_THAT(found, testing::UnorderedElementsAreArray(expected));
}

double reading(const Decoder& decoder, const Event& event, std::string_view monitor,
               std::string_view quantity) {
  const auto found = find_quantity(decoder.run(), monitor, quantity);
  if (!found) throw std::runtime_error("no quantity " + std::string(quantity));
  return event.reading(*found).value();
}

// Version 0 (run 12) has no 63 and 64; the manifest tells what they would have been.
void expect_gas_detector(const Decoder& decoder, const Event& event, const Json& expected,
                         bool is_version_0) {
  for (const auto& [quantity, value] : expected.items()) {
    const double found = reading(decoder, event, "FEEGasDetEnergy", quantity);
    if (is_version_0 && (quantity == "f_63_ENRC" || quantity == "f_64_ENRC"))
      EXPECT_TRUE(std::isnan(found)) << quantity;
    else
      EXPECT_EQ(found, value) << quantity;
  }
}

bool has_old_gas_detector(const Json& event) {
  return std::any_of(event["contributions"].begin(), event["contributions"].end(),
                     [](const Json& one) { return one["type"] == "FEEGasDetEnergy" && one["version"] == 0; });
}

void expect_beam_monitors(const Decoder& decoder, const Event& event, const Json& expected) {
  for (const auto& [monitor, values] : expected.items()) {
    for (const char* quantity : {"TotalIntensity", "X_Position", "Y_Position"})
      EXPECT_EQ(reading(decoder, event, monitor, quantity), values[quantity]) << monitor << quantity;
    EXPECT_EQ(reading(decoder, event, monitor, "peakA[0]"), values["peakA0"]);
  }
}

void expect_ebeam(const Decoder& decoder, const Event& event, const Json& expected) {
  for (const auto& [quantity, value] : expected.items())
    EXPECT_EQ(reading(decoder, event, "EBeam", quantity), value) << quantity;
}

// The beam-line copy and the local one are written alike. The manifest prints its floats with 9 digits.
void expect_ipm(const Decoder& decoder, const Event& event, const Json& expected) {
  const auto as_float = [](double value) { return static_cast<float>(value); };
  for (const char* monitor : {"XCS-IPM-03", "xcs_usr_ipm"}) {
    for (const char* quantity : {"sum", "xpos", "ypos"})
      EXPECT_EQ(reading(decoder, event, monitor, quantity), as_float(expected[quantity]));
    for (std::size_t i = 0; i < 4; ++i)
      EXPECT_EQ(reading(decoder, event, monitor, "channel[" + std::to_string(i) + "]"),
                as_float(expected["channel"][i]));
  }
}

void expect_readings(const Decoder& decoder, const Event& event, const Json& expected) {
  if (expected.contains("gasdet"))
    expect_gas_detector(decoder, event, expected["gasdet"], has_old_gas_detector(expected));
  if (expected.contains("bmmon")) expect_beam_monitors(decoder, event, expected["bmmon"]);
  if (expected.contains("ebeam")) expect_ebeam(decoder, event, expected["ebeam"]);
  if (expected.contains("ipmfex")) expect_ipm(decoder, event, expected["ipmfex"]);
}

void expect_frame(const Frame& frame, const Json& expected) {
  const std::vector<std::byte> bytes = test::frame_bytes(frame);
  EXPECT_EQ(test::crc32_text(bytes), expected["crc32"]);
  EXPECT_EQ(frame.type == PixelType::i16   ? "int16"
            : frame.type == PixelType::u16 ? "uint16"
                                           : "uint8",
            expected["dtype"]);
  const std::size_t pixels = bytes.size() / bytes_per_pixel(frame.type);
  std::size_t expected_pixels = 1;
  for (const auto& side : expected["shape"]) expected_pixels *= side.get<std::size_t>();
  ASSERT_EQ(pixels, expected_pixels);
  std::int64_t sum = 0, least = 1 << 20, most = -(1 << 20);
  for (std::size_t i = 0; i < pixels; ++i) {
    const std::int64_t value = test::pixel_at(frame, bytes, i);
    sum += value;
    least = std::min(least, value);
    most = std::max(most, value);
  }
  EXPECT_EQ(sum, expected["sum"]);
  EXPECT_EQ(least, expected["min"]);
  EXPECT_EQ(most, expected["max"]);
  for (const Json& pixel : expected["pixels"])
    EXPECT_EQ(test::pixel_at(frame, bytes, pixel[0]), pixel[1]) << "pixel " << pixel[0];
}

void expect_shape(const DetectorInfo& info, const Json& expected) {
  const Shape shape{info.kind == DetectorKind::cspad ? 32u : expected["nseg"].get<std::uint32_t>(),
                    expected["rows"], expected["cols"]};
  EXPECT_EQ(info.shape, shape);
  EXPECT_EQ(info.source, expected["src"]);
  EXPECT_EQ(info.alias, expected["alias"]);
  std::string config_type = expected["config_type"];
  std::replace(config_type.begin(), config_type.end(), '_', ' ');
  EXPECT_EQ(info.config_type, config_type);
}

void expect_events(const GoldenData& run) {
  Decoder decoder;
  configure(decoder, run);
  EXPECT_EQ(decoder.configure_refusals().total(), 0u);
  Event event;
  for (const Json& expected : run.manifest()["events"]) {
    if (expected["case"] != "none") continue;
    SCOPED_TRACE(expected["index"].dump());
    const Bytes datagram = run.datagram(expected);
    expect_contributions(datagram, expected);
    decoder.decode(datagram, event);

    std::vector<int> codes;
    for (const EventCode code : event.codes) codes.push_back(code.value);
    EXPECT_EQ(codes, expected["event_codes_this_fiducial"].get<std::vector<int>>());
    expect_readings(decoder, event, expected);
    for (const auto& [detector, frame] : expected["frames"].items()) {
      const auto index = decoder.run().find_detector(detector);
      ASSERT_TRUE(index) << detector;
      ASSERT_NE(event.frame(*index), nullptr) << detector;
      expect_frame(*event.frame(*index), frame);
    }
    if (expected.contains("jetcam"))
      expect_frame(*event.frame(*decoder.run().find_detector("opal_1")), expected["jetcam"]["frame"]);
    if (expected.contains("epics_jet_x")) {
      ASSERT_EQ(event.pvs.size(), 1u);
      EXPECT_EQ(event.pvs[0].value, expected["epics_jet_x"]);
    } else {
      EXPECT_TRUE(event.pvs.empty());
    }
    const auto fifo = expected["fifo_events_fid_code"];
    const auto stale = std::count_if(fifo.begin(), fifo.end(),
                                     [&](const Json& entry) { return entry[0] != expected["fiducial"]; });
    EXPECT_EQ(event.refusals[Refusal::stale_event_code], static_cast<std::uint64_t>(stale));
  }
  for (const Json& detector : run.manifest()["detectors"])
    expect_shape(decoder.run().detectors.at(*decoder.run().find_detector(std::string(detector["src"]))),
                 detector);
}

class CommittedRun : public testing::TestWithParam<GoldenRun> {};
std::string test_name(const testing::TestParamInfo<GoldenRun>& info) {
  return info.param.name.substr(info.param.name.size() - 5);
}
INSTANTIATE_TEST_SUITE_P(Golden, CommittedRun, testing::ValuesIn(committed), test_name);

TEST_P(CommittedRun, has_the_headers_of_its_manifest) {
  expect_headers(GoldenData(test::committed_runs(), GetParam()));
}
TEST_P(CommittedRun, has_the_events_of_its_manifest) {
  expect_events(GoldenData(test::committed_runs(), GetParam()));
}

class LargeRun : public testing::TestWithParam<GoldenRun> {};
INSTANTIATE_TEST_SUITE_P(Golden, LargeRun, testing::ValuesIn(large), test_name);

TEST_P(LargeRun, agrees_with_its_manifest) {
  JT_NEEDS_LARGE_GOLDEN();
  const GoldenData run(*test::large_golden() / "xtc", GetParam());
  expect_headers(run);
  expect_events(run);
}

}  // namespace
}  // namespace jt::formats::xtc
