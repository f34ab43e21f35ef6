// Geometry: files, poses, sensors and picture layout, against the reference and by hand.
#include "detector/geometry.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "detector/image_layout.hpp"
#include "detector/masks.hpp"
#include "golden.hpp"

namespace {

using namespace jt;
using namespace jt::detector;
using nlohmann::json;
using testing::HasSubstr;

std::string refusal(const std::string& text) {
  try {
    pose_pixels(parse_geometry(text));
  } catch (const Unreadable& error) {
    return error.what();
  }
  return "no refusal";
}

std::vector<std::uint32_t> rows_of(const ImageLayout& layout) {
  return test::generate<std::uint32_t>(layout.cell.size(),
                                       [&](std::size_t i) { return layout.cell[i] / layout.cols; });
}
std::vector<std::uint32_t> cols_of(const ImageLayout& layout) {
  return test::generate<std::uint32_t>(layout.cell.size(),
                                       [&](std::size_t i) { return layout.cell[i] % layout.cols; });
}

void expect_samples(const std::vector<double>& values, const json& index, const json& wanted,
                    const std::string& what) {
  for (std::size_t k = 0; k < index.size(); ++k)
    EXPECT_NEAR(values[index[k].get<std::size_t>()], wanted[k].get<double>(), 1e-6)
        << what << " " << index[k];
}

// Extremes and sums of the coordinates; a sum of n numbers is compared within 1e-9 of what was added up.
void expect_extent(const PixelPositions& positions, const json& golden, const std::string& tag) {
  for (const auto& [axis, values] :
       {std::pair{'x', &positions.x}, {'y', &positions.y}, {'z', &positions.z}}) {
    const auto [least, most] = std::minmax_element(values->begin(), values->end());
    EXPECT_NEAR(*least, golden[fmt::format("{}min", axis)].get<double>(), 1e-6) << tag << axis;
    EXPECT_NEAR(*most, golden[fmt::format("{}max", axis)].get<double>(), 1e-6) << tag << axis;
    double sum = 0, added_up = 0;
    for (const double value : *values) {
      sum += value;
      added_up += std::abs(value);
    }
    EXPECT_NEAR(sum, golden[fmt::format("sum_{}", axis)].get<double>(), 1e-9 * added_up + 1e-3)
        << tag << axis;
  }
}

void expect_layout(const ImageLayout& layout, const json& golden, const std::string& tag) {
  EXPECT_EQ(layout.rows, golden["image_shape"][0].get<std::size_t>()) << tag;
  EXPECT_EQ(layout.cols, golden["image_shape"][1].get<std::size_t>()) << tag;
  const auto rows = rows_of(layout), cols = cols_of(layout);
  EXPECT_EQ(test::crc32_of(rows), golden["crc32_rows_u32le"]) << tag;
  EXPECT_EQ(test::crc32_of(cols), golden["crc32_cols_u32le"]) << tag;
  for (std::size_t k = 0; k < golden["sample_index"].size(); ++k) {
    const auto i = golden["sample_index"][k].get<std::size_t>();
    EXPECT_EQ(rows[i], golden["sample_row"][k]) << tag << " " << i;
    EXPECT_EQ(cols[i], golden["sample_col"][k]) << tag << " " << i;
  }
  std::vector<std::size_t> in_cell(layout.cells(), 0);
  for (const std::uint32_t cell : layout.cell) ++in_cell[cell];
  const auto cells_with_more_than = [&](std::size_t n) {
    return std::count_if(in_cell.begin(), in_cell.end(), [&](std::size_t count) { return count > n; });
  };
  EXPECT_EQ(cells_with_more_than(0), golden["n_image_cells_hit"]) << tag;
  EXPECT_EQ(cells_with_more_than(1), golden["n_image_cells_multi"]) << tag;
  const auto numbers = test::generate<float>(layout.cell.size(), [](std::size_t i) { return i % 65521; });
  std::vector<float> image(layout.cells());
  assemble<float>(layout, numbers, image);
  EXPECT_EQ(test::crc32_of(image), golden["image_of_index_mod_65521"]["crc32_f32le"]) << tag;
}

void expect_masks(Shape shape, const json& golden, const std::string& tag) {
  const auto crc = [&](const char* key) { return golden[key]["crc32_u8"]; };
  Mask both = edge_mask(shape);
  EXPECT_EQ(test::crc32_of(both), crc("mask_mbits_1")) << tag;
  EXPECT_EQ(test::crc32_of(seam_mask(shape)), crc("mask_mbits_2")) << tag;
  combine(both, seam_mask(shape));
  EXPECT_EQ(test::crc32_of(both), crc("mask_mbits_3")) << tag;
  EXPECT_EQ(test::crc32_of(unbonded_mask(shape)), crc("mask_mbits_4")) << tag;
}

void expect_geometry(const std::filesystem::path& folder, const std::string& tag) {
  const json golden = json::parse(test::read_text(folder / (tag + ".json")));
  const auto convention = tag.starts_with("l2_") ? SensorConvention::lcls2 : SensorConvention::lcls1;
  const std::string file = golden["file"];
  const PixelPositions positions = pose_pixels(parse_geometry(test::read_text(folder / file)), convention);
  EXPECT_EQ(positions.x.size(), golden["n_pixels"].get<std::size_t>()) << tag;
  EXPECT_EQ(positions.shape.panels, golden["n_segments"].get<std::uint32_t>()) << tag;
  EXPECT_DOUBLE_EQ(positions.pitch, golden["pixel_scale_size_um"].get<double>()) << tag;
  expect_samples(positions.x, golden["sample_index"], golden["sample_x"], tag + " x");
  expect_samples(positions.y, golden["sample_index"], golden["sample_y"], tag + " y");
  expect_samples(positions.z, golden["sample_index"], golden["sample_z"], tag + " z");
  if (test::bit_exact) {
    EXPECT_EQ(test::crc32_of(positions.x), golden["crc32_x_f64le"]) << tag;
    EXPECT_EQ(test::crc32_of(positions.y), golden["crc32_y_f64le"]) << tag;
    EXPECT_EQ(test::crc32_of(positions.z), golden["crc32_z_f64le"]) << tag;
  }
  expect_extent(positions, golden, tag);
  const ImageLayout layout = lay_out(positions);
  expect_layout(layout, golden, tag);
  if (tag.starts_with("l2_")) return;  // the masks of the other generation are its own
  expect_masks(positions.shape, golden, tag);
}

TEST(Geometry, every_golden_file_gives_the_pixels_and_pictures_of_the_reference) {
  JT_NEEDS_LARGE_GOLDEN();
  const auto folder = *test::large_golden() / "detector/geometry";
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    expect_geometry(folder, entry.path().stem().string());
    ++files;
  }
  EXPECT_EQ(files, 19u);
}

TEST(Geometry, the_golden_files_that_are_ours_give_the_pixels_and_pictures_of_the_reference) {
  for (const char* tag : {"l1x_rayonix_mtrxV1", "l1x_rayonix_mtrxV2"})
    expect_geometry(test::testdata() / "golden/detector/geometry", tag);
}

TEST(Geometry, a_sensor_is_turned_and_then_moved) {
  // A matrix of 2 x 3 pixels of 10 x 10 um, turned by 90 degrees: its y axis points to -x.
  const auto positions = pose_pixels(parse_geometry("IP 0 MTRX:2:3:10:10 0  100 200 -5  90 0 0  0 0 0\n"));
  ASSERT_EQ(positions.shape, (Shape{1, 2, 3}));
  EXPECT_NEAR(positions.x[5], 100 - 20, 1e-9);  // pixel (1, 2) lay at (10, 20)
  EXPECT_NEAR(positions.y[5], 200 + 10, 1e-9);
  EXPECT_NEAR(positions.z[5], -5, 1e-9);
}

TEST(Geometry, a_positive_distance_below_ip_is_against_the_beam) {
  const auto lines =
      parse_geometry("IP:V1 0 MTRX:2:2:1:1 0 0 0 1000 0 0 0 0 0 0\nCAM 0 A 0 0 0 1000 0 0 0 0 0 0\n");
  EXPECT_EQ(lines[0].z, -1000);
  EXPECT_EQ(lines[1].z, 1000);
}

TEST(Geometry, a_bad_line_is_named) {
  EXPECT_THAT(refusal("# comment\n\nIP 0 MTRX:2:2:1:1 0 0 0 0 0 0 0 0 0\n"),
              HasSubstr("line 3: 12 words, not 13"));
  EXPECT_THAT(refusal("IP 0 MTRX:2:2:1:1 0 0 zero 0 0 0 0 0 0 0\n"),
              HasSubstr("line 1: 'zero' is not a number"));
  EXPECT_THAT(refusal("IP 0 MTRX:2:2:1:1 0 0 inf 0 0 0 0 0 0 0\n"),
              HasSubstr("line 1: 'inf' is not a number"));
  EXPECT_THAT(refusal("IP 0.5 MTRX:2:2:1:1 0 0 0 0 0 0 0 0 0 0\n"), HasSubstr("'0.5'"));
  EXPECT_THAT(refusal("# nothing\n"), HasSubstr("no object"));
}

TEST(Geometry, a_cycle_in_the_hierarchy_is_refused) {
  EXPECT_THAT(refusal("B 0 A 0 0 0 0 0 0 0 0 0 0\nA 0 B 0 0 0 0 0 0 0 0 0 0\n"),
              HasSubstr("is its own ancestor"));
  EXPECT_THAT(refusal("C 0 A 0 0 0 0 0 0 0 0 0 0\nA 0 B 0 0 0 0 0 0 0 0 0 0\n"
                      "B 0 C 0 0 0 0 0 0 0 0 0 0\nIP 0 MTRX:2:2:1:1 0 0 0 0 0 0 0 0 0 0\n"),
              HasSubstr("is its own ancestor"));
}

TEST(Geometry, sensors_that_make_no_sense_are_refused) {
  EXPECT_THAT(refusal("IP 0 CAMERA 0 0 0 0 0 0 0 0 0 0\n"), HasSubstr("no sensor"));
  EXPECT_THAT(refusal("IP 0 MTRX:0:2:1:1 0 0 0 0 0 0 0 0 0 0\n"), HasSubstr("has no size"));
  EXPECT_THAT(refusal("IP 0 MTRX:99999:99999:1:1 0 0 0 0 0 0 0 0 0 0\n"), HasSubstr("has no size"));
  EXPECT_THAT(refusal("IP 0 MTRX:2:2:1:1 0 0 0 0 0 0 0 0 0 0\nIP 0 SENS2X1:V1 1 0 0 0 0 0 0 0 0 0\n"),
              HasSubstr("line 2: a SENS2X1:V1 among sensors of kind MTRX:2:2:1:1"));
  std::string many;
  for (int i = 0; i < 65; ++i) many += "IP 0 MTRX:2:2:1:1 " + std::to_string(i) + " 0 0 0 0 0 0 0 0 0\n";
  EXPECT_THAT(refusal(many), HasSubstr("more than 64"));
}

TEST(Geometry, what_a_hostile_file_could_cost_is_bounded) {
  std::string deep, large;
  for (int i = 0; i < 40; ++i) deep += fmt::format("A{} 0 A{} 0 0 0 0 0 0 0 0 0 0\n", i + 1, i);
  EXPECT_THAT(refusal(deep + "A0 0 MTRX:1:1:1:1 0 0 0 0 0 0 0 0 0 0\n"), HasSubstr("more than 32 levels"));
  for (int i = 0; i < 8; ++i) large += fmt::format("IP 0 MTRX:8192:8192:1:1 {} 0 0 0 0 0 0 0 0 0\n", i);
  EXPECT_THAT(refusal(large), HasSubstr("8 sensors of 8192 x 8192 pixels are too many"));
  EXPECT_THAT(refusal("IP 0 MTRX:2:2:1:1 0 1e10 0 0 0 0 0 0 0 0\n"),
              HasSubstr("line 1: 1e10 is too large for um or degrees"));
  EXPECT_THAT(refusal(fmt::format("IP 0 {:A>61} 0 0 0 0 0 0 0 0 0 0\n", "")),
              HasSubstr("line 1: 'AAAAAAAAAAAAAAAAAAAA...' is no name of an object"));
  EXPECT_THAT(refusal(" #P 0 MTRX:2:2:1:1 0 0 0 0 0 0 0 0 0 0\n"), HasSubstr("'#P' is no name"));
}

TEST(Geometry, its_shape_is_known_without_making_a_pixel) {
  EXPECT_EQ(shape_of(parse_geometry(
                "IP 0 EPIX10KA:V1 0 0 0 0 0 0 0 0 0 0\nIP 0 EPIX10KA:V1 1 0 0 0 0 0 0 0 0 0\n")),
            (Shape{2, 352, 384}));
  for (const char* sensor :
       {"SENS2X1:V1", "EPIX10KA:V2", "JUNGFRAU:V1", "JUNGFRAU:V2", "MTRX:V2:3:5:44:44"}) {
    const auto lines = parse_geometry(fmt::format("IP 0 {} 0 0 0 0 0 0 0 0 0 0\n", sensor));
    EXPECT_EQ(shape_of(lines), pose_pixels(lines).shape) << sensor;
  }
}

TEST(Geometry, in_a_picture_the_later_pixel_wins_and_gaps_are_zero) {
  // Two sensors of 1 x 2 pixels of 10 um; the second begins on the last pixel of the first, one row is free.
  const auto positions =
      pose_pixels(parse_geometry("IP 0 MTRX:1:2:10:10 0  0 0 0 0 0 0 0 0 0\n"
                                 "IP 0 MTRX:1:2:10:10 1  0 10 0 0 0 0 0 0 0\n"
                                 "IP 0 MTRX:1:2:10:10 2  20 0 0 0 0 0 0 0 0\n"));
  const ImageLayout layout = lay_out(positions);
  ASSERT_EQ(layout.rows, 3u);
  ASSERT_EQ(layout.cols, 3u);
  std::vector<float> image(9, -1.0f);
  assemble<float>(layout, std::vector<float>{1, 2, 3, 4, 5, 6}, image);
  EXPECT_EQ(image, (std::vector<float>{1, 3, 4, 0, 0, 0, 5, 6, 0}));
  const Overlap overlap = find_overlap(layout, positions.shape);
  EXPECT_EQ(overlap.pixels, 1u);
  EXPECT_EQ(overlap.panel, 0u);
  EXPECT_EQ(overlap.other_panel, 1u);
}

TEST(Geometry, panels_that_lie_absurdly_far_apart_are_refused) {
  EXPECT_THROW(lay_out(pose_pixels(parse_geometry("IP 0 MTRX:1:2:10:10 0 0 0 0 0 0 0 0 0 0\n"
                                                  "IP 0 MTRX:1:2:10:10 1 1e9 0 0 0 0 0 0 0 0\n"))),
               Unreadable);
  EXPECT_THROW(lay_out(pose_pixels(parse_geometry("IP 0 MTRX:1:2:10:10 0 0 0 0 0 0 0 0 0 0\n"
                                                  "IP 0 MTRX:1:2:10:10 1 1e6 1e6 0 0 0 0 0 0 0\n"))),
               Unreadable);
}

TEST(Geometry, what_is_written_reads_back_the_same) {
  const std::string text = "IP:V1 0 CAM:V1 2 1.5 -2.25 0.1 90 180 270 0.123456789 -1e-7 3\n";
  const auto lines = parse_geometry(text), back = parse_geometry(format_geometry(lines, "test"));
  ASSERT_EQ(back.size(), 1u);
  EXPECT_EQ(back[0].parent, "IP:V1");
  EXPECT_EQ(back[0].object_index, 2);
  EXPECT_EQ(back[0].z, -0.1);
  EXPECT_EQ(back[0].tilt_z, 0.123456789);
  EXPECT_EQ(back[0].tilt_y, -1e-7);
}

}  // namespace
