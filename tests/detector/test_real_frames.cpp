// Frames that real detectors recorded (large golden set): Epix10kaQuad and Jungfrau 0.5M, with simple
// constants, against what the field's own software makes of them.
#include "detector/gain_switching.hpp"
#include "golden.hpp"

namespace {

using namespace jt;
using namespace jt::detector;
using nlohmann::json;

std::filesystem::path real_folder() { return *test::large_golden() / "detector/realdata"; }

std::vector<std::uint16_t> read_words(const std::string& file) {
  const auto bytes = test::read_bytes(real_folder() / file);
  std::vector<std::uint16_t> words(bytes.size() / 2);
  std::memcpy(words.data(), bytes.data(), words.size() * 2);
  return words;
}

json real_json(const char* file) { return json::parse(test::read_text(real_folder() / file)); }

std::vector<float> codes_of(const std::vector<std::uint16_t>& words) {
  return test::generate<float>(words.size(), [&](std::size_t i) { return words[i] & 0x3fff; });
}

// The two recorded frames of a detector, as they are in the set.
std::array<std::vector<std::uint16_t>, 2> read_frames(const json& of) {
  std::array<std::vector<std::uint16_t>, 2> frames;
  for (std::size_t k = 0; k < 2; ++k) {
    frames[k] = read_words(of["events"][k]["file"]);
    EXPECT_EQ(test::crc32_of(frames[k]), of["events"][k]["raw"]["crc32"]) << k;
  }
  return frames;
}

// The codes as a picture, with the geometry of the other generation's software, which these frames are of.
void expect_pictures(const json& of, const char* geometry) {
  const auto layout = test::golden_layout(geometry);
  ASSERT_TRUE(layout);
  for (const json& event : of["events"]) {
    std::vector<float> image(layout->cells());
    assemble<float>(*layout, codes_of(read_words(event["file"])), image);
    const json& wanted = event["image_raw14_last_wins"];
    EXPECT_EQ(layout->rows, wanted["shape"][0].get<std::size_t>());
    EXPECT_EQ(layout->cols, wanted["shape"][1].get<std::size_t>());
    EXPECT_EQ(test::crc32_of(image), wanted["crc32"]);  // whole numbers: exact everywhere
  }
}

std::vector<float> run(const GainTable& table, const std::vector<std::uint16_t>& raw, Shape shape,
                       const std::vector<double>& common_mode, BankLayout banks) {
  std::vector<float> values(raw.size());
  const std::vector<std::uint8_t> all(shape.panel_pixels(), 1);
  for (std::size_t first = 0; first < raw.size(); first += shape.panel_pixels())
    table.calibrate(reinterpret_cast<const std::byte*>(raw.data() + first), first,
                    {values.data() + first, shape.rows, shape.cols}, all,
                    read_median_common_mode(common_mode), banks, false);
  return values;
}

// `dark`: the first range's pedestals; the constants that the golden file states.
GainConstants constants_of(const std::vector<std::vector<float>>& pedestals,
                           const std::vector<float>& gains) {
  GainConstants constants;
  for (std::size_t range = 0; range < gains.size(); ++range) {
    constants.pedestals.insert(constants.pedestals.end(), pedestals[range].begin(), pedestals[range].end());
    constants.gains.insert(constants.gains.end(), pedestals[range].size(), gains[range]);
  }
  return constants;
}

TEST(RealFrames, of_a_jungfrau_are_calibrated_as_the_reference_calibrates_them) {
  JT_NEEDS_LARGE_GOLDEN();
  const json recorded = real_json("realdata.json")["jungfrau05m"],
             golden = real_json("realdata_calib_lcls1.json");
  const auto frames = read_frames(recorded);
  const Shape shape{1, 512, 1024};
  for (std::size_t k = 0; k < 2; ++k)
    for (unsigned bits = 0; bits < 4; ++bits)
      EXPECT_EQ(
          std::count_if(frames[k].begin(), frames[k].end(), [&](auto word) { return word >> 14 == bits; }),
          recorded["events"][k]["gain_bits_pixels"][std::to_string(bits)])
          << bits;
  expect_pictures(recorded, "l2_jungfrau05M.data");

  // The first frame is the dark one; its pixels outside of the high gain are bad.
  GainConstants constants = constants_of({codes_of(frames[0]), std::vector<float>(shape.pixels(), 14500.0f),
                                          std::vector<float>(shape.pixels(), 14600.0f)},
                                         {41.5f, -1.39f, -0.11f});
  const GainTable all = GainTable::jungfrau(constants, shape.pixels());
  constants.status = test::generate<std::uint8_t>(
      shape.pixels(), [&](std::size_t i) { return frames[0][i] < 16384 ? 1 : 0; });
  const GainTable good = GainTable::jungfrau(constants, shape.pixels());
  for (const auto& [table, common_mode, name] :
       {std::tuple{&all, std::vector<double>{}, "jungfrau05m_ev1_cm_off_nomask"},
        {&good, std::vector<double>{7, 1, 100, 0}, "jungfrau05m_ev1_cm_7_1_100_0_mask"},
        {&good, std::vector<double>{7, 7, 100, 10}, "jungfrau05m_ev1_cm_7_7_100_10_mask"}})
    test::expect_golden(run(*table, frames[1], shape, common_mode, jungfrau_banks), golden[name], name);
}

TEST(RealFrames, of_an_epix10ka_quad_are_calibrated_as_the_reference_calibrates_them) {
  JT_NEEDS_LARGE_GOLDEN();
  const json recorded = real_json("realdata.json")["epixquad"],
             golden = real_json("realdata_calib_lcls1.json");
  const auto frames = read_frames(recorded);
  const Shape shape{4, 352, 384};
  // As recorded: every pixel word is 8 and every trbit 0, fixed low gain.
  const auto words = test::read_bytes(real_folder() / "epixquad_asicPixelConfig_4x4x176x192_u8.bin");
  const auto trbits = test::read_bytes(real_folder() / "epixquad_trbit_4x4_u8.bin");
  EXPECT_EQ(std::count(words.begin(), words.end(), std::byte{8}),
            static_cast<std::ptrdiff_t>(shape.pixels()));
  EXPECT_EQ(std::count(trbits.begin(), trbits.end(), std::byte{0}), 16);
  for (std::size_t k = 0; k < 2; ++k) {
    const json& counts = recorded["events"][k]["gain_range_pixels"];
    std::array<std::size_t, 7> found{};
    for (const std::uint16_t word : frames[k]) {
      const int range = epix10ka_range(8, 0, (word >> 14) & 1u);
      ASSERT_GE(range, 0);
      ++found[static_cast<std::size_t>(range)];
    }
    for (std::size_t range = 0; range < 7; ++range) EXPECT_EQ(found[range], counts[range]) << range;
  }
  expect_pictures(recorded, "l2_epix10kaquad.data");

  const GainConstants constants = constants_of(std::vector(7, codes_of(frames[0])),
                                               {16.4f, 5.466f, 0.164f, 16.4f, 5.466f, 0.164f, 0.164f});
  struct Setting {
    std::uint16_t word;
    std::uint8_t trbit;
    const char* name;
  };
  for (const Setting& of : {Setting{8, 0, "epixquad_ev1_as_recorded_FL_cm_7_2_30_10"},
                            {12, 1, "epixquad_ev1_as_if_FH_cm_7_2_30_10"},
                            {0, 1, "epixquad_ev1_as_if_AHL_cm_7_2_30_10"}}) {
    using Bits = std::array<std::uint8_t, 4>;
    const Epix10kaConfig config{std::vector<std::uint16_t>(shape.pixels(), of.word),
                                std::vector<Bits>(4, Bits{of.trbit, of.trbit, of.trbit, of.trbit})};
    const GainTable table = GainTable::epix10ka(constants, config);
    test::expect_golden(run(table, frames[1], shape, {7, 2, 30, 10}, epix10ka_banks), golden[of.name],
                        of.name);
  }
}

}  // namespace
