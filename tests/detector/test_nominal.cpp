// Our own nominal geometries: pixels and pictures by arithmetic that is not the program's
// (nominal_results.py), near to the field's own files, centred on the beam, no panel over another.
#include "detector/nominal.hpp"

#include <cmath>
#include <numeric>

#include "detector/geometry.hpp"
#include "detector/image_layout.hpp"
#include "golden.hpp"

namespace {

using namespace jt;
using namespace jt::detector;

ImageLayout picture(PanelFamily family, std::uint32_t panels) {
  return lay_out(pose_pixels(*nominal_geometry(family, panels)));
}

struct Kind {
  const char* name;  // of the files
  PanelFamily family;
  std::uint32_t panels;
};
constexpr std::array<Kind, 5> kinds{{{"epix10ka", PanelFamily::epix10ka, 1},
                                     {"epix10kaquad", PanelFamily::epix10ka, 4},
                                     {"epix10ka2m", PanelFamily::epix10ka, 16},
                                     {"jungfrau4m", PanelFamily::jungfrau, 8},
                                     {"cspad", PanelFamily::cspad, 32}}};

void expect_results(const PixelPositions& positions, const test::json& wanted, const std::string& what) {
  EXPECT_EQ(positions.x.size(), wanted["n_pixels"]) << what;
  EXPECT_EQ(positions.pitch, wanted["pixel_scale_size_um"]) << what;
  for (std::size_t k = 0; k < wanted["sample_index"].size(); ++k) {
    const auto i = wanted["sample_index"][k].get<std::size_t>();
    EXPECT_NEAR(positions.x[i], wanted["sample_x"][k].get<double>(), 1e-6) << what << i;
    EXPECT_NEAR(positions.y[i], wanted["sample_y"][k].get<double>(), 1e-6) << what << i;
    EXPECT_NEAR(positions.z[i], wanted["sample_z"][k].get<double>(), 1e-6) << what << i;
  }
  const ImageLayout layout = lay_out(positions);
  EXPECT_EQ(layout.rows, wanted["image_shape"][0]) << what;
  EXPECT_EQ(layout.cols, wanted["image_shape"][1]) << what;
  const auto along = [&](auto of_cell) {
    return test::crc32_of(test::generate<std::uint32_t>(
        layout.cell.size(), [&](std::size_t i) { return of_cell(layout.cell[i]); }));
  };
  EXPECT_EQ(along([&](auto cell) { return cell / layout.cols; }), wanted["crc32_rows_u32le"]) << what;
  EXPECT_EQ(along([&](auto cell) { return cell % layout.cols; }), wanted["crc32_cols_u32le"]) << what;
  std::vector<float> image(layout.cells());
  assemble<float>(layout, test::generate<float>(layout.cell.size(), [](std::size_t i) { return i % 65521; }),
                  image);
  EXPECT_EQ(test::crc32_of(image), wanted["crc32_image_f32le"]) << what;
}

TEST(NominalGeometry, pixels_and_pictures_are_those_of_another_implementation) {
  const auto folder = test::testdata() / "nominal";
  const test::json wanted = test::json::parse(test::read_text(folder / "nominal.json"));
  for (const Kind& kind : kinds) {
    const auto nominal = *nominal_geometry(kind.family, kind.panels);
    const auto file = parse_geometry(test::read_text(folder / (std::string(kind.name) + ".data")));
    // The file is what the other implementation has read.
    EXPECT_EQ(format_geometry(nominal, ""), format_geometry(file, "")) << kind.name;
    expect_results(pose_pixels(nominal), wanted[kind.name], kind.name);
  }
}

struct Place {
  double x, y;
};
std::vector<Place> places_about_centre(const PixelPositions& positions, double degrees) {
  const auto n = static_cast<double>(positions.x.size());
  const double x = std::accumulate(positions.x.begin(), positions.x.end(), 0.0) / n;
  const double y = std::accumulate(positions.y.begin(), positions.y.end(), 0.0) / n;
  const double c = std::cos(degrees * M_PI / 180), s = std::sin(degrees * M_PI / 180);
  std::vector<Place> places;
  for (std::size_t i = 0; i < positions.x.size(); ++i) {
    const double dx = positions.x[i] - x, dy = positions.y[i] - y;
    places.push_back({c * dx - s * dy, s * dx + c * dy});
  }
  return places;
}

// docs/decisions/0060 states these distances.
TEST(NominalGeometry, pixels_lie_as_near_to_those_of_the_fields_files_as_it_is_documented) {
  JT_NEEDS_LARGE_GOLDEN();
  constexpr std::array<double, 5> rms_um{1e-6, 1e-6, 235, 0.7, 149}, worst_um{1e-6, 1e-6, 490, 1.1, 452};
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    const Kind& kind = kinds[k];
    const auto text = test::read_text(*test::large_golden() / "detector/geometry" /
                                      (std::string("l1_") + kind.name + ".data"));
    // The field's CSPAD file is turned by 10 degrees.
    const double turned = kind.family == PanelFamily::cspad ? -10.01 : 0;
    const auto field = places_about_centre(pose_pixels(parse_geometry(text)), turned);
    const auto ours = places_about_centre(pose_pixels(*nominal_geometry(kind.family, kind.panels)), 0);
    ASSERT_EQ(ours.size(), field.size());
    double sum = 0, worst = 0;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const double distance = std::hypot(ours[i].x - field[i].x, ours[i].y - field[i].y);
      sum += distance * distance;
      worst = std::max(worst, distance);
    }
    EXPECT_LE(std::sqrt(sum / static_cast<double>(ours.size())), rms_um[k]) << kind.name;
    EXPECT_LE(worst, worst_um[k]) << kind.name;
  }
}

TEST(NominalGeometry, pictures_have_the_known_sizes_where_the_field_has_no_measured_tilts) {
  const auto jungfrau = picture(PanelFamily::jungfrau, 8), quad = picture(PanelFamily::epix10ka, 4),
             single = picture(PanelFamily::epix10ka, 1);
  EXPECT_EQ(std::pair(jungfrau.rows, jungfrau.cols), (std::pair<std::size_t, std::size_t>{2203, 2299}));
  EXPECT_EQ(std::pair(quad.rows, quad.cols), (std::pair<std::size_t, std::size_t>{774, 790}));
  EXPECT_EQ(std::pair(single.rows, single.cols), (std::pair<std::size_t, std::size_t>{355, 387}));
}

TEST(NominalGeometry, panels_lie_around_the_beam_and_not_over_each_other) {
  for (const auto& [family, panels] :
       {std::pair{PanelFamily::jungfrau, 8u}, {PanelFamily::epix10ka, 16u}, {PanelFamily::cspad, 32u}}) {
    const PixelPositions positions = pose_pixels(*nominal_geometry(family, panels));
    EXPECT_EQ(positions.shape.panels, panels);
    const auto count = static_cast<double>(positions.x.size());
    EXPECT_NEAR(std::accumulate(positions.x.begin(), positions.x.end(), 0.0) / count, 0, 1) << panels;
    EXPECT_NEAR(std::accumulate(positions.y.begin(), positions.y.end(), 0.0) / count, 0, 1) << panels;
    EXPECT_EQ(find_overlap(lay_out(positions), positions.shape).pixels, 0u) << panels;
  }
}

TEST(NominalGeometry, an_arrangement_of_the_experiments_own_choice_has_none) {
  EXPECT_FALSE(nominal_geometry(PanelFamily::jungfrau, 1));
  EXPECT_FALSE(nominal_geometry(PanelFamily::jungfrau, 2));
  EXPECT_FALSE(nominal_geometry(PanelFamily::epix10ka, 2));
  EXPECT_FALSE(nominal_geometry(PanelFamily::cspad, 26));
}

}  // namespace
