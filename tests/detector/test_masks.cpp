// Masks against the reference: status over gain ranges, edges, seams, unbonded pixels, neighbours.
#include "detector/masks.hpp"

#include "golden.hpp"

namespace {

using namespace jt;
using namespace jt::detector;
using nlohmann::json;

void expect_masks(const char* file, Shape shape, std::size_t ranges_used, const Mask& pixel_mask,
                  std::span<const std::uint16_t> status) {
  const json golden = test::golden_json(file)["masks"];
  const Mask by_status = status_mask(status, shape.pixels(), ranges_used);
  const Mask unbonded = unbonded_mask(shape);
  EXPECT_EQ(test::crc32_of(pixel_mask), golden["calib"]["crc32"]) << file;
  EXPECT_EQ(test::crc32_of(by_status), golden["status"]["crc32"]) << file;
  EXPECT_EQ(test::crc32_of(edge_mask(shape)), golden["edges"]["crc32"]) << file;
  EXPECT_EQ(test::crc32_of(seam_mask(shape)), golden["central"]["crc32"]) << file;
  EXPECT_EQ(test::crc32_of(unbonded), golden["unbond"]["crc32"]) << file;
  // The reference grows each chip by itself, and its four neighbours of a corner leave out the corner itself.
  Mask four = grow(unbonded, shape, Neighbours::four), eight = grow(unbonded, shape, Neighbours::eight);
  if (shape.cols == 388)
    for (std::size_t first = 0; first < shape.pixels(); first += shape.panel_pixels()) {
      for (const std::size_t pixel : {0u, 194u, 193u}) four[first + pixel] = 1;
      for (const std::size_t pixel : {193u, 388u + 193u}) eight[first + pixel] = 1;
    }
  EXPECT_EQ(test::crc32_of(four), golden["unbondnbrs"]["crc32"]) << file;
  EXPECT_EQ(test::crc32_of(eight), golden["unbondnbrs8"]["crc32"]) << file;
  Mask all = pixel_mask;
  combine(all, by_status);
  combine(all, edge_mask(shape));
  EXPECT_EQ(test::crc32_of(all), golden["mask_calib_status_edges"]["crc32"]) << file;
}

TEST(Masks, of_every_family_are_those_of_the_reference) {
  const auto status = [](std::size_t ranges, Shape shape, std::uint32_t every) {
    return test::golden_status(ranges * shape.pixels(), every);
  };
  const Shape quad{4, 352, 384}, epix{16, 352, 384}, jungfrau{1, 512, 1024}, jungfrau4m{8, 512, 1024},
      cspad{32, 185, 388};
  expect_masks("calib/epix10kaquad.json", quad, 5, test::golden_mask(quad.pixels()), status(7, quad, 5000));
  expect_masks("calib/epix10ka2m.json", epix, 5, test::golden_mask(epix.pixels()), status(7, epix, 5000));
  expect_masks("calib/jungfrau05m.json", jungfrau, 3, test::golden_mask(jungfrau.pixels()),
               status(3, jungfrau, 5000));
  expect_masks("calib/jungfrau4m.json", jungfrau4m, 3, test::golden_mask(jungfrau4m.pixels()),
               status(3, jungfrau4m, 5000));
  expect_masks("calib/cspad.json", cspad, 1, test::golden_mask(cspad.pixels()), status(1, cspad, 2000));
}

TEST(Masks, status_is_merged_over_the_ranges_that_count) {
  const json golden = test::golden_json("calib/small_cases.json")["status_to_mask"];
  const auto status = golden["status"].get<std::vector<std::uint16_t>>();
  EXPECT_EQ(status_mask<std::uint16_t>(status, 24, 5), golden["merged_0_1_2_3_4"].get<Mask>());
  EXPECT_EQ(status_mask<std::uint16_t>(status, 24, 3), golden["merged_0_1_2"].get<Mask>());
}

TEST(Masks, bad_pixels_spread_to_four_or_eight_neighbours) {
  const json golden = test::golden_json("calib/small_cases.json")["neighbours"];
  const Shape shape{golden["shape"][0], golden["shape"][1], golden["shape"][2]};
  const Mask mask = golden["mask"].get<Mask>();
  EXPECT_EQ(grow(mask, shape, Neighbours::four), golden["four"].get<Mask>());
  EXPECT_EQ(grow(mask, shape, Neighbours::eight), golden["eight"].get<Mask>());
}

}  // namespace
